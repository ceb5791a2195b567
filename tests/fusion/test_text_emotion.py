"""Words carry affect where there is no face, share it with one, and are named where they contradict it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, Finding, TextEmotionValue
from agent.core.speech import TEXT_EMOTIONS, HearingEvent, TextEmotionReading, Transcript, VoiceLevel
from agent.core.types import EXPRESSIONS, ExpressionReading, read_only
from agent.fusion import fusion
from agent.fusion.affect import pooled
from agent.fusion.fusion import FusionState
from agent.fusion.witness import Evidence
from tests.fusion.readings import expressed, frame, stamp
from tests.fusion.test_voice_emotion import affect_of
from tests.fusion.test_voice_emotion import said as sounded

NEUTRAL = expressed(neutral=0.9)
SMILE = expressed(happiness=0.9)
AGREED = FusionState(reads_faces=True, reads_voices=True, reads_words=True)


def read(label: str, prob: float = 0.85, *, at_ms: float = 6_000) -> TextEmotionReading:
    """Words that tell of `label`, read at `at_ms`."""
    values = np.full(len(TEXT_EMOTIONS), (1 - prob) / (len(TEXT_EMOTIONS) - 1), np.float32)
    values[TEXT_EMOTIONS.index(label)] = prob
    return TextEmotionReading(stamp=stamp(at_ms), utterance_id=4, label=label, probabilities=read_only(values))


def level(at_ms: float) -> VoiceLevel:
    return VoiceLevel(call_id="call", stamp=stamp(at_ms), speech_prob=0.1, energy_db=-50, pitch_hz=None)


def line(text: str, at_ms: float) -> Transcript:
    """Final words."""
    return Transcript(
        call_id="call",
        utterance_id=4,
        stamp=stamp(at_ms),
        speech_end_ns=round(at_ms * NS_PER_MS),
        text=text,
        final=True,
        language="en",
        mean_token_logprob=-0.2,
        stage_ms={},
        finished_ns=round(at_ms * NS_PER_MS),
    )


def played(
    expression: ExpressionReading | None,
    *words: TextEmotionReading | HearingEvent,
    until_ms: int = 7_000,
    state: FusionState = AGREED,
) -> list[Finding]:
    """All findings of a call with this face in each frame, or without a camera, and of what comes in meanwhile."""
    told, waiting = list[Finding](), list(words)
    for at_ms in range(1_000, until_ms, 66):
        while waiting and waiting[0].stamp.media_ms <= at_ms:
            event = waiting.pop(0)
            step = fusion.read(state, event) if isinstance(event, TextEmotionReading) else fusion.hear(state, event)
            state, findings = step
            told += findings
        if expression is None:
            state, findings = fusion.hear(state, level(at_ms))
        else:
            state, findings = fusion.see(state, frame(at_ms, expression=expression), at_ms * NS_PER_MS)
        told += findings
    return told


def texts(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if isinstance(finding.value, TextEmotionValue)]


def test_a_line_becomes_one_signal_in_the_names_of_all_signals() -> None:
    """What the model calls joy is happiness, as on a face."""
    (finding,) = texts(played(NEUTRAL, read("joy")))
    assert isinstance(finding.value, TextEmotionValue)
    assert (finding.value.label, finding.value.utterance_id) == ("happiness", 4)
    assert finding.confidence == pytest.approx(0.85) and sum(finding.value.probabilities.values()) == pytest.approx(1)


def test_a_line_that_cannot_be_read_says_why() -> None:
    """Words in a language that was not learnt tell nothing, and the signal says so."""
    foreign = TextEmotionReading(
        stamp=stamp(2_000), utterance_id=1, label="unknown", probabilities=None, reason="another language"
    )
    (finding,) = texts(played(NEUTRAL, foreign))
    assert (finding.valid, finding.reason) == (False, "another language")


@pytest.mark.parametrize("face", [NEUTRAL, None])
def test_without_consent_words_change_nothing(face: ExpressionReading | None) -> None:
    """No signal, and every other one is what it was."""
    wordless = FusionState(reads_faces=True)
    assert played(face, read("anger"), state=wordless) == played(face, state=wordless)


def test_words_carry_affect_without_a_camera() -> None:
    """Angry words are enough, and fade: after half a minute of silence nothing is claimed any more."""
    value, finding = affect_of(played(None, read("anger")))
    assert finding.valid and value.label == "anger" and finding.sources == ("text_emotion",)
    assert value.valence is not None and value.valence < -0.2
    value, finding = affect_of(played(None, read("anger"), until_ms=36_000))
    assert not finding.valid and value.label == "unknown"


def test_angry_words_outweigh_a_neutral_face() -> None:
    """Most faces in calls are neutral, whatever is said."""
    assert affect_of(played(NEUTRAL))[0].label == "neutral"
    value, finding = affect_of(played(expressed(neutral=0.5), read("anger", 0.95)))
    assert value.label == "anger" and set(finding.sources) == {"expression", "text_emotion"}


def test_a_smile_with_angry_words_is_a_conflict() -> None:
    """The face gives the label, the words are named, and it is less sure than the smile alone."""
    before, alone = affect_of(played(SMILE))
    value, finding = affect_of(played(SMILE, read("anger")))
    assert (value.label, value.conflict, value.valence) == ("happiness", "anger", before.valence)
    assert finding.confidence is not None and alone.confidence is not None and finding.confidence < alone.confidence
    assert value.uncertainty is not None and before.uncertainty is not None
    assert value.uncertainty > before.uncertainty


def test_witnesses_that_agree_make_surer() -> None:
    """Face, voice and words of one mind leave less doubt than any two of them."""
    face = expressed(sadness=0.6)
    doubts = [
        affect_of(played(face, *witnesses))[0].uncertainty
        for witnesses in ((), (read("sadness"),), (read("sadness"), sounded("sadness")))
    ]
    assert doubts[0] is not None and doubts[1] is not None and doubts[2] is not None
    assert doubts[0] > doubts[1] > doubts[2]


def test_an_angry_voice_contradicts_friendly_words() -> None:
    """Without a camera too, what is said and how are not mixed into something in between."""
    value, _ = affect_of(played(None, sounded("anger"), read("joy")))
    assert (value.label, value.conflict) == ("happiness", "anger")


def test_complaints_are_told_where_no_emotion_is_known() -> None:
    """Words that tell of no emotion can still tell of frustration; the label stays unknown."""
    complaint = "This is the third time I call about it and nobody helps."
    value, finding = affect_of(played(None, line(complaint, 7_000), until_ms=9_000))
    assert finding.valid and value.label == "unknown" and value.valence is None
    assert value.frustration is not None and value.frustration >= 0.3


def test_a_lasting_turn_for_the_worse_is_told_with_its_age() -> None:
    """From friendly to angry is one change, dated to when it began."""
    state, told = FusionState(reads_faces=True), list[tuple[int, AffectValue]]()
    for at_ms in range(1_000, 40_000, 66):
        face = expressed(happiness=0.8) if at_ms < 20_000 else expressed(anger=0.8)
        state, findings = fusion.see(state, frame(at_ms, expression=face), at_ms * NS_PER_MS)
        told += [(at_ms, one.value) for one in findings if isinstance(one.value, AffectValue)]
    assert not [value for at_ms, value in told if at_ms < 20_000 and value.changed is not None]
    found_ms, first = next((at_ms, value) for at_ms, value in told if value.changed is not None)
    assert first.changed == "worse" and found_ms < 25_000
    assert first.changed_s is not None and abs(found_ms - 1_000 * first.changed_s - 20_000) < 2_500


def test_what_was_said_is_forgotten_on_withdrawal() -> None:
    """Nothing that was read from words or remembered of them is left."""
    state, _ = fusion.hear(AGREED, line("I'm fed up with this", 5_000))
    state, _ = fusion.read(state, read("anger"))
    assert state.recent.events and state.words.faded(6_100 * NS_PER_MS) is not None
    state, (finding,) = fusion.go_wordless(state, stamp(6_100), "consent withdrawn")
    assert (finding.valid, finding.reason) == (False, "consent withdrawn")
    assert not state.recent.events and state.words.evidence is None
    assert fusion.read(state, read("anger", at_ms=6_200)) == (state, [])
    assert fusion.typed(state, "I'm fed up", 6_300 * NS_PER_MS) == state


SHARES = st.lists(st.floats(0.001, 1.0), min_size=len(EXPRESSIONS), max_size=len(EXPRESSIONS))


@given(SHARES, SHARES, SHARES)
def test_pooling_does_not_depend_on_the_order_of_witnesses(
    face: list[float], one: list[float], other: list[float]
) -> None:
    """Probabilities that sum to one, and the same whoever is asked first."""
    prior = np.array(face) / sum(face)
    first, second = (Evidence(label="anger", ratios=np.array(each, np.float32)) for each in (one, other))
    both = pooled(prior, first, second)
    assert both.sum() == pytest.approx(1) and (both >= 0).all()
    assert both == pytest.approx(pooled(pooled(prior, second), first), rel=1e-4)
    assert pooled(prior, None) == pytest.approx(prior)
