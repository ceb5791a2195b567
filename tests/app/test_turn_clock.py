"""How long turns waited, as a list of timed happenings and what is noted of them."""

from dataclasses import dataclass, field

from agent.app.turn_clock import Turn, TurnClock
from agent.core.speech import Transcript
from agent.core.types import CaptureOrigin, Stamp

MS = 1_000_000


@dataclass
class Notes:
    waited: list[tuple[str, int]] = field(default_factory=list)
    """Until what, and how many milliseconds."""
    turns: list[Turn] = field(default_factory=list)

    def clock(self) -> TurnClock:
        return TurnClock(
            lambda until, seconds: self.waited.append((until, round(seconds * 1_000))),
            self.turns.append,
        )


def _words(ended_ms: int) -> Transcript:
    stamp = Stamp(
        frame_id=0,
        rtp_timestamp=0,
        arrived_ns=0,
        captured_ns=(ended_ms - 900) * MS,
        captured_error_ns=0,
        captured_from=CaptureOrigin.SENDER,
        media_ms=0,
    )
    return Transcript(
        call_id="c1",
        utterance_id=1,
        stamp=stamp,
        speech_end_ns=ended_ms * MS,
        text="where is my order",
        final=True,
        language="en",
        mean_token_logprob=-0.1,
        stage_ms={"encode": 70.0},
        finished_ns=0,
    )


def test_an_answered_turn_is_timed_from_the_end_of_speech() -> None:
    """Final words, text and sound count from the last voiced sample; growing text and later sound change nothing."""
    notes = Notes()
    clock = notes.clock()
    clock.words(_words(2_000), 2_400 * MS, frame_id=7, frame_spans=())
    clock.reply_text(2_450 * MS)
    clock.reply_text(2_500 * MS)
    clock.audible(2_650 * MS)
    clock.audible(9_000 * MS)
    assert notes.waited == [("final", 400), ("reply_text", 450), ("first_audio", 650)]
    (turn,) = notes.turns
    assert (turn.text_ns, turn.audio_ns, turn.frame_id) == (2_450 * MS, 2_650 * MS, 7)


def test_sound_before_any_text_belongs_to_no_turn() -> None:
    """What the agent was already saying is not taken for the answer."""
    notes = Notes()
    clock = notes.clock()
    clock.words(_words(2_000), 2_400 * MS, frame_id=None, frame_spans=())
    clock.audible(2_410 * MS)
    assert notes.waited == [("final", 400)]


def test_who_goes_on_before_the_answer_begins_a_new_turn() -> None:
    """The first turn is over without sound; the reply counts for the second alone."""
    notes = Notes()
    clock = notes.clock()
    clock.words(_words(2_000), 2_400 * MS, frame_id=None, frame_spans=())
    clock.words(_words(4_000), 4_300 * MS, frame_id=None, frame_spans=())
    clock.reply_text(4_400 * MS)
    clock.audible(4_500 * MS)
    assert notes.waited == [("final", 400), ("final", 300), ("reply_text", 400), ("first_audio", 500)]
    assert [turn.audio_ns for turn in notes.turns] == [None, 4_500 * MS]


def test_a_greeting_and_an_answer_to_chat_are_no_turns() -> None:
    """Replies that no spoken words asked for are not timed."""
    notes = Notes()
    clock = notes.clock()
    clock.reply_text(100 * MS)
    clock.audible(200 * MS)
    clock.words(_words(2_000), 2_400 * MS, frame_id=None, frame_spans=())
    clock.abandon()
    clock.reply_text(5_000 * MS)
    assert notes.waited == [("final", 400)]
    assert len(notes.turns) == 1
