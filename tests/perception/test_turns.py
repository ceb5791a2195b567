"""Turns begin, pause and end where they should, told by a scripted voice model and scripted words."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.settings import HearingSettings
from agent.core.speech import HearingFailed, Transcript, VoiceLevel, VoiceStarted, VoiceStopped
from agent.perception.activity import PAUSE_WINDOWS, WINDOW_SAMPLES
from agent.perception.listening import Listener
from agent.perception.transcript import LONGEST_S
from agent.perception.turns import PRE_ROLL_WINDOWS, Outcome
from agent.perception.utterance import LONGEST_UTTERANCE_SAMPLES, Answer, Request, Urgency
from agent.perception.wished import Words
from tests.perception.sound import ScriptedActivity, frames, windows

SETTINGS = HearingSettings(min_silence_ms=240, max_silence_ms=1_000)
VOICE, SILENCE = [0.9], [0.0]


class Call:
    """A listener that is fed frames, with everything that it said and wants."""

    def __init__(self, probs: list[float], *, fails_at: int | None = None, language: str = "en") -> None:
        self.activity = ScriptedActivity(probs, fails_at=fails_at)
        self.listener = Listener("call", self.activity, SETTINGS.model_copy(update={"language": language}))
        self.events: list[object] = []
        self.requests: list[Request] = []
        self.position = 0

    def hear(self, count: int, *, gap_samples: int = 0) -> None:
        """Feeds `count` frames, `gap_samples` after those before."""
        self.position += gap_samples
        for window in windows(frames(count), start_sample=self.position, window_samples=WINDOW_SAMPLES):
            now_ns = window.stamp.captured_ns + 32_000_000
            self.take_in(self.listener.hear(window, now_ns))
        self.position += count * WINDOW_SAMPLES

    def take_in(self, outcome: Outcome) -> None:
        self.events += [event for event in outcome.events if not isinstance(event, VoiceLevel)]
        self.requests += outcome.requests

    def answer(
        self,
        request: Request,
        text: str,
        *,
        finished_prob: float | None = None,
        language: str = "en",
        language_prob: float = 1.0,
    ) -> None:
        words = Words(
            text=text,
            mean_token_logprob=-0.2,
            no_speech_prob=0.01,
            language=language,
            language_prob=language_prob,
            stage_ms={},
        )
        answer = Answer(request=request, words=words, finished_prob=finished_prob, stage_ms={"decode": 10.0})
        self.take_in(self.listener.take(answer, self.position * 62_500))

    def fail(self, request: Request) -> None:
        self.take_in(self.listener.take(Answer(request=request, words=None, failure="broken"), 0))

    def wanted(self, urgency: Urgency) -> list[Request]:
        return [request for request in self.requests if request.urgency is urgency]

    def finals(self) -> list[Transcript]:
        return [event for event in self.events if isinstance(event, Transcript) and event.final]


@pytest.mark.parametrize("onset", [[0.9], [0.5, 0.5]])
def test_a_voice_is_told_at_once_and_dated_at_its_first_frame(onset: list[float]) -> None:
    """Barge-in cannot wait: 32 ms of sure voice are enough or 64 ms of likely, and the event says when they began."""
    call = Call(SILENCE * 20 + onset)
    call.hear(20 + len(onset))
    (started,) = call.events
    assert isinstance(started, VoiceStarted)
    assert started.stamp.captured_ns == 20 * 32_000_000


def test_words_are_not_read_along_when_a_pause_may_be_near() -> None:
    """A weakening voice is not read: the words of the pause would have to wait behind it."""
    steady, weak = Call(VOICE * 20), Call(VOICE * 14 + [0.6] * 6)
    for call in (steady, weak):
        call.hear(20)
    assert len(steady.wanted(Urgency.PARTIAL)) == 1
    assert not weak.wanted(Urgency.PARTIAL)


def test_sound_without_words_does_not_hold_the_turn_open() -> None:
    """Who has given way to a knock goes on after the shortest silence."""
    call = Call(VOICE * 5)
    call.hear(8)
    call.answer(call.wanted(Urgency.PAUSE)[0], "")
    call.hear(5)
    assert [final.text for final in call.finals()] == [""]


def test_words_are_read_early_in_a_pause_and_told_when_the_turn_ends() -> None:
    """The pause is read after 96 ms; once it has lasted 240 ms the words are final without further reading."""
    call = Call(VOICE * 30)
    call.hear(33)
    (pause,) = call.wanted(Urgency.PAUSE)
    call.answer(pause, "Where is my order?", finished_prob=0.9)
    assert not call.finals()
    call.hear(5)
    (final,) = call.finals()
    assert final.text == "Where is my order?"
    assert final.speech_end_ns == 30 * 32_000_000
    assert final.stage_ms["endpoint_wait"] == pytest.approx(256, abs=1)
    assert not call.wanted(Urgency.FINAL)
    assert any(isinstance(event, VoiceStopped) for event in call.events)


def test_a_language_that_was_found_for_sure_is_kept() -> None:
    """A doubtful one only names the words that were read in it; silence tells nothing."""
    call = Call((VOICE * 30 + SILENCE * 40) * 4, language="auto")
    found = [("", "ja", 0.9), ("Bonjour.", "fr", 0.4), ("你好", "zh", 0.9), ("再见", "zh", 1.0)]
    for text, language, prob in found:
        call.hear(33)
        call.answer(call.requests[-1], text, finished_prob=0.9, language=language, language_prob=prob)
        call.hear(37)
    assert [request.language for request in call.wanted(Urgency.PAUSE)] == ["auto", "auto", "auto", "zh"]
    assert [final.language for final in call.finals()][1:] == ["fr", "zh", "zh"]


def test_an_unfinished_turn_is_given_the_longest_silence() -> None:
    """When the model is sure that more comes, the turn ends only after a second."""
    call = Call(VOICE * 30)
    call.hear(33)
    call.answer(call.wanted(Urgency.PAUSE)[0], "My order number is", finished_prob=0.0)
    call.hear(27)
    assert not call.finals()
    call.hear(2)
    assert [final.text for final in call.finals()] == ["My order number is"]


def test_what_was_read_in_a_pause_is_void_when_the_speaker_goes_on() -> None:
    """The early words become a partial transcript; the utterance keeps its id and ends with words of all of it."""
    call = Call(VOICE * 20 + SILENCE * 5 + VOICE * 20)
    call.hear(25)
    first = call.wanted(Urgency.PAUSE)[0]
    call.answer(first, "I want", finished_prob=0.9)
    call.hear(25)
    second = call.wanted(Urgency.PAUSE)[1]
    assert len(second.samples) > len(first.samples)
    call.answer(second, "I want my money back.", finished_prob=0.9)
    call.hear(5)
    transcripts = [event for event in call.events if isinstance(event, Transcript)]
    assert [(one.text, one.final) for one in transcripts] == [
        ("I want", False),
        ("I want my money back.", False),
        ("I want my money back.", True),
    ]
    assert {one.utterance_id for one in transcripts} == {0}


def test_words_that_come_late_are_final_as_soon_as_they_come() -> None:
    """A slow transcriber delays the words, but the sound is not read a second time for it."""
    call = Call(VOICE * 30)
    call.hear(45)
    call.answer(call.wanted(Urgency.PAUSE)[0], "Hello.", finished_prob=0.9)
    assert [final.text for final in call.finals()] == ["Hello."]


def test_a_turn_ends_without_the_model_after_the_longest_silence() -> None:
    """With no answer at all a turn ends after a second, and the answer to either request then gives its words."""
    for urgency in (Urgency.PAUSE, Urgency.FINAL):
        call = Call(VOICE * 30)
        call.hear(65)
        call.answer(call.wanted(urgency)[0], "Hello.")
        assert [final.text for final in call.finals()] == ["Hello."]


def test_the_sound_reaches_back_before_the_voice() -> None:
    """Soft beginnings are kept: 384 ms or more before the first voiced frame, or what a track has by then."""
    late = Call(SILENCE * 20 + VOICE * 10)
    late.hear(33)
    assert len(late.wanted(Urgency.PAUSE)[0].samples) >= (PRE_ROLL_WINDOWS + 10 + PAUSE_WINDOWS) * WINDOW_SAMPLES
    early = Call(VOICE * 10)
    early.hear(13)
    assert len(early.wanted(Urgency.PAUSE)[0].samples) == (10 + PAUSE_WINDOWS) * WINDOW_SAMPLES


def test_a_short_gap_does_not_end_the_turn() -> None:
    """Missing sound restarts the voice model, and the words on both sides stay one utterance."""
    call = Call(VOICE * 40)
    call.hear(20)
    call.hear(20, gap_samples=3_200)
    assert call.activity.resets == 1
    call.hear(35)
    (final,) = call.wanted(Urgency.FINAL)
    assert len(final.samples) >= 40 * WINDOW_SAMPLES


def test_a_long_gap_ends_the_turn_and_keeps_its_words() -> None:
    """What was said before the sound was lost is read; what comes after it is another utterance."""
    call = Call(VOICE * 40)
    call.hear(20)
    call.hear(20, gap_samples=20_000)
    (first,) = call.wanted(Urgency.FINAL)
    call.answer(first, "Before.")
    call.hear(40)
    call.answer(call.wanted(Urgency.FINAL)[1], "After.")
    assert [(final.utterance_id, final.text) for final in call.finals()] == [(0, "Before."), (1, "After.")]


def test_a_track_that_stops_and_returns_is_heard_again() -> None:
    """Silence of the track ends the turn; its return begins another, whose voice is told anew."""
    call = Call(VOICE * 60)
    call.hear(30)
    call.take_in(call.listener.hear_nothing(0))
    assert not call.listener.waits_for_silence
    call.answer(call.wanted(Urgency.FINAL)[0], "Before.")
    call.hear(30, gap_samples=160_000)
    call.hear(45)
    call.answer(call.wanted(Urgency.FINAL)[1], "After.")
    assert [(final.utterance_id, final.text) for final in call.finals()] == [(0, "Before."), (1, "After.")]
    assert sum(isinstance(event, VoiceStarted) for event in call.events) == 2


def test_a_speaker_who_pauses_long_is_waited_for_longer() -> None:
    """After several turns that were taken up again, the same pause no longer ends the turn."""
    pause = SILENCE * 22
    call = Call((VOICE * 40 + pause) * 12)
    asked = 0
    for _ in range(12 * 62):
        call.hear(1)
        while asked < len(call.requests):
            request = call.requests[asked]
            asked += 1
            if request.urgency is not Urgency.PARTIAL:
                call.answer(request, "I sent it back yesterday.", finished_prob=1.0)
    began = [round(final.stamp.media_ms / (62 * 32)) for final in call.finals()]
    assert began[:2] == [0, 1], "at first each stretch is a turn"
    assert len(call.finals()) <= 7, "later several stretches are one"


def test_the_words_of_a_pause_are_told_once_and_counted_as_a_guess() -> None:
    """What the end-of-turn model says later adds no second partial; the final says how long before it was known."""
    call = Call(VOICE * 30)
    call.hear(33)
    (pause,) = call.wanted(Urgency.PAUSE)
    call.answer(pause, "Where is my order?")
    call.answer(pause, "Where is my order?", finished_prob=0.9)
    call.hear(5)
    partial, final = (event for event in call.events if isinstance(event, Transcript))
    assert partial.paused and not partial.final and final.final
    assert final.stage_ms["guessed_ahead"] == pytest.approx(5 * 32, abs=1)


def test_finals_keep_the_order_in_which_they_were_said() -> None:
    """The words of a later turn wait for those of an earlier one."""
    call = Call(VOICE * 10 + SILENCE * 40 + VOICE * 10)
    call.hear(100)
    first, second = call.wanted(Urgency.FINAL)
    call.answer(second, "Second.")
    assert not call.finals()
    call.answer(first, "First.")
    assert [final.text for final in call.finals()] == ["First.", "Second."]


def test_a_long_monologue_is_cut_into_pieces_that_whisper_holds() -> None:
    """Pieces of at most 28 s, no sound lost between them, and one transcript of all of it in the end."""
    count = 2_000
    call = Call(VOICE * count)
    call.hear(count + 40)
    pieces = call.wanted(Urgency.FINAL)
    assert len(pieces) == 3
    assert max(len(piece.samples) for piece in pieces) <= LONGEST_S * 16_000
    assert sum(len(piece.samples) for piece in pieces) >= count * WINDOW_SAMPLES
    for piece, text in zip(pieces, ["One", "two", "three."], strict=True):
        call.answer(piece, text)
    assert [final.text for final in call.finals()] == ["One two three."]


def test_a_piece_is_cut_where_the_voice_is_weakest() -> None:
    """Without a pause the cut falls on the least voiced frames of the last seconds."""
    probs = VOICE * 1_000
    probs[750:753] = [0.4] * 3
    call = Call(probs)
    call.hear(900)
    (piece,) = call.wanted(Urgency.FINAL)
    assert abs(len(piece.samples) // WINDOW_SAMPLES - 752) <= 2


def test_somebody_who_never_stops_is_answered_in_the_end() -> None:
    """After two minutes the turn ends whatever is heard, and the next utterance follows on."""
    count = LONGEST_UTTERANCE_SAMPLES // WINDOW_SAMPLES + 60
    call = Call(VOICE * count)
    call.hear(count + 40)
    ids = {request.utterance_id for request in call.wanted(Urgency.FINAL)}
    assert ids == {0, 1}
    assert sum(len(one.samples) for one in call.wanted(Urgency.FINAL)) >= count * WINDOW_SAMPLES


def test_a_voice_model_that_fails_is_told_and_loses_no_words() -> None:
    """The failure is an event; what was said until then is read, and hearing goes on."""
    call = Call(VOICE * 60, fails_at=30)
    call.hear(60)
    assert any(isinstance(event, HearingFailed) for event in call.events)
    (until,) = call.wanted(Urgency.FINAL)
    assert len(until.samples) >= 29 * WINDOW_SAMPLES
    assert sum(isinstance(event, VoiceStarted) for event in call.events) == 2


def test_words_that_cannot_be_read_are_told_as_a_failure_not_as_silence() -> None:
    """A failed utterance has no transcript, not even an empty one, and those after it are told."""
    call = Call(VOICE * 10 + SILENCE * 40 + VOICE * 10)
    call.hear(100)
    first, second = call.wanted(Urgency.FINAL)
    call.fail(first)
    call.answer(second, "Second.")
    assert [event.reason for event in call.events if isinstance(event, HearingFailed)] == ["broken"]
    assert [final.text for final in call.finals()] == ["Second."]


def test_sound_without_words_ends_as_an_empty_transcript() -> None:
    """Who gave way to a cough must learn that nothing was said."""
    call = Call(VOICE * 5)
    call.hear(45)
    call.answer(call.wanted(Urgency.FINAL)[0], "")
    assert [final.text for final in call.finals()] == [""]


def test_levels_are_told_about_ten_times_a_second() -> None:
    """One level for every three frames, with the loudness of the sound."""
    listener = Listener("call", ScriptedActivity([]), SETTINGS)
    levels = [event for window in windows(frames(30)) for event in listener.hear(window, 0).events]
    assert len(levels) == 10
    assert all(isinstance(level, VoiceLevel) and level.energy_db == pytest.approx(-20, abs=0.1) for level in levels)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 40)), max_size=20),
    st.lists(st.sampled_from([0.0, 0.9, None]), max_size=20),
)
def test_every_utterance_gets_exactly_one_final(runs: list[tuple[float, int]], answers: list[float | None]) -> None:
    """Whatever the voice does and whichever pauses are read in time, finals are one an utterance and in order."""
    call = Call([prob for prob, count in runs for _ in range(count)])
    answered = 0
    for _, count in runs:
        call.hear(count)
        while answered < len(call.requests):
            request = call.requests[answered]
            prob = answers[answered % len(answers)] if answers else 0.9
            answered += 1
            if prob is not None or request.urgency is Urgency.FINAL:
                call.answer(request, "words", finished_prob=prob)
    call.take_in(call.listener.hear_nothing(call.position * 62_500))
    for request in call.requests[answered:]:
        call.answer(replace(request), "words", finished_prob=0.9)
    begun = {request.utterance_id for request in call.requests}
    finals = [final.utterance_id for final in call.finals()]
    assert finals == sorted(set(finals))
    assert begun <= set(finals)
    assert not call.listener.waits_for_silence
    voice = [type(event) for event in call.events if isinstance(event, VoiceStarted | VoiceStopped)]
    assert voice == [VoiceStarted, VoiceStopped] * (len(voice) // 2)
    assert np.all([len(request.samples) <= LONGEST_S * 16_000 for request in call.requests])
