"""The voice is a soft witness: it fades, it never outvotes a clear face, and where it contradicts that is said."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, Finding, VoiceEmotionValue
from agent.core.speech import VOICE_EMOTIONS, VoiceEmotionReading
from agent.core.types import ExpressionReading, read_only
from agent.fusion import fusion
from agent.fusion.fusion import FusionState
from agent.fusion.voice_emotion import COUNTED
from tests.fusion.readings import expressed, frame, stamp

SMILE = expressed(happiness=0.9)
TORN = expressed(anger=0.42, neutral=0.4)


def said(label: str, prob: float = 0.9, *, at_ms: float = 6_000) -> VoiceEmotionReading:
    """An utterance that sounded like `label`, and ended at `at_ms`."""
    values = np.full(len(VOICE_EMOTIONS), (1 - prob) / (len(VOICE_EMOTIONS) - 1), np.float32)
    values[VOICE_EMOTIONS.index(label)] = prob
    return VoiceEmotionReading(
        call_id="call",
        utterance_id=3,
        stamp=stamp(at_ms),
        valid=True,
        reason=None,
        label=label if prob >= 0.51 else "unknown",
        probabilities=read_only(values),
    )


def played(
    expression: ExpressionReading | None,
    *voices: VoiceEmotionReading,
    until_ms: int = 7_000,
    reads_voices: bool = True,
) -> list[Finding]:
    """All findings of a face that shows one thing for seconds, and of what was said meanwhile."""
    state, told = FusionState(reads_faces=True, reads_voices=reads_voices), list[Finding]()
    waiting = list(voices)
    for at_ms in range(1_000, until_ms, 66):
        while waiting and waiting[0].stamp.media_ms <= at_ms:
            state, findings = fusion.hear(state, waiting.pop(0))
            told += findings
        state, findings = fusion.see(state, frame(at_ms, expression=expression), at_ms * NS_PER_MS)
        told += findings
    return told


def affect_of(findings: Sequence[Finding]) -> tuple[AffectValue, Finding]:
    """The last affect signal."""
    last = [finding for finding in findings if isinstance(finding.value, AffectValue)][-1]
    assert isinstance(last.value, AffectValue)
    return last.value, last


def test_an_utterance_becomes_one_signal_that_claims_less_than_the_model() -> None:
    """The confidence is what the model was worth on recordings of a kind it never heard."""
    (finding,) = [one for one in played(None, said("anger")) if isinstance(one.value, VoiceEmotionValue)]
    assert isinstance(finding.value, VoiceEmotionValue)
    assert finding.valid and finding.value.label == "anger" and finding.value.utterance_id == 3
    assert finding.confidence is not None and 1 / 9 < finding.confidence < 0.5
    assert sum(finding.value.probabilities.values()) == pytest.approx(1, abs=1e-3)


def test_an_utterance_that_was_refused_says_why() -> None:
    """No emotion is made up for a noisy line."""
    noisy = VoiceEmotionReading(
        call_id="call",
        utterance_id=1,
        stamp=stamp(2_000),
        valid=False,
        reason="too noisy",
        label="unknown",
        probabilities=None,
    )
    (finding,) = [one for one in played(None, noisy) if isinstance(one.value, VoiceEmotionValue)]
    assert (finding.valid, finding.reason, finding.confidence) == (False, "too noisy", None)


@pytest.mark.parametrize("face", [SMILE, TORN, None])
def test_without_consent_the_voice_changes_nothing(face: ExpressionReading | None) -> None:
    """Every finding is what it was before there was emotion in the voice, and there is none of it."""
    assert played(face, said("anger"), reads_voices=False) == played(face)


def test_a_voice_that_agrees_makes_surer_and_one_that_differs_less_sure() -> None:
    """Sad and frightened are both unpleasant: that is doubt, not contradiction."""
    face = expressed(sadness=0.6)
    confidence = {
        voice: affect_of(played(face, said(voice)))[1].confidence or 0 for voice in ("sadness", "fear", "calm")
    }
    assert confidence["sadness"] > confidence["calm"] > confidence["fear"]
    assert confidence["calm"] == affect_of(played(face))[1].confidence, "of calm it is not measured what it is worth"


def test_a_voice_decides_where_the_face_is_between_two() -> None:
    """Half angry and half neutral in the face, angry in the voice: angry. The sources say who was asked."""
    assert affect_of(played(TORN))[0].label == "unknown"
    value, finding = affect_of(played(TORN, said("anger")))
    assert value.label == "anger" and value.conflict is None
    assert finding.sources == ("expression", "voice_emotion")


def test_a_smile_with_an_angry_voice_is_a_conflict_and_no_average() -> None:
    """Label and valence stay those of the face, less sure, and the voice is named."""
    alone, before = affect_of(played(SMILE))
    value, finding = affect_of(played(SMILE, said("anger")))
    assert (value.label, value.conflict) == ("happiness", "anger")
    assert (value.valence, value.arousal) == (alone.valence, alone.arousal)
    assert finding.confidence is not None and before.confidence is not None
    assert finding.confidence < before.confidence


@settings(deadline=None)
@given(
    voice=st.sampled_from(VOICE_EMOTIONS),
    prob=st.floats(0.12, 1.0),
    face=st.sampled_from(["happiness", "anger", "sadness", "neutral", "surprise", "fear"]),
    clear=st.floats(0.5, 1.0),
)
def test_no_voice_outvotes_a_clear_face(voice: str, prob: float, face: str, clear: float) -> None:
    """Whatever is heard, and however surely, a clear face gives the label."""
    value, finding = affect_of(played(expressed(**{face: clear}), said(voice, prob, at_ms=3_500), until_ms=4_600))
    assert value.label == face
    assert finding.confidence is not None and 0 <= finding.confidence <= 1
    assert value.valence is not None and -1 <= value.valence <= 1


def test_what_was_said_a_while_ago_counts_no_more() -> None:
    """Ten seconds later the face is alone again, and its signals say so."""
    value, finding = affect_of(played(SMILE, said("anger", at_ms=3_000), until_ms=13_000))
    assert value.conflict is None and finding.sources == ("expression",)
    assert finding.confidence == pytest.approx(affect_of(played(SMILE, until_ms=13_000))[1].confidence)


def test_a_voice_alone_is_no_affect() -> None:
    """Without a readable face it is unknown how the customer feels: right once in three times is too little to tell."""
    value, finding = affect_of(played(None, said("anger")))
    assert not finding.valid and value.label == "unknown" and value.conflict is None


@pytest.mark.parametrize("voice", [said("anger", 0.4), said("boredom"), said("calm"), said("surprise")])
def test_a_voice_that_is_unsure_or_unmeasured_counts_nothing(voice: VoiceEmotionReading) -> None:
    """It is told, and affect is what it was."""
    assert voice.label not in COUNTED
    assert affect_of(played(TORN, voice))[1] == affect_of(played(TORN))[1]


def test_what_was_heard_is_forgotten_on_withdrawal() -> None:
    """The anger just heard weighs no more with the next frame, and no later utterance is taken in."""
    state = FusionState(reads_faces=True, reads_voices=True)
    state, _ = fusion.hear(state, said("anger"))
    state, (finding,) = fusion.go_deaf(state, stamp(6_100), "consent withdrawn")
    assert (finding.valid, finding.reason) == (False, "consent withdrawn")
    assert state.voice.faded(6_100 * NS_PER_MS) is None
    assert fusion.hear(state, said("anger", at_ms=6_200)) == (state, [])
    assert fusion.go_deaf(state, stamp(6_300), "consent withdrawn") == (state, [])
