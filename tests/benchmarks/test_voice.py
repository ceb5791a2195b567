"""The voice benchmark counts what its customers observed, and its room does to sound what it says."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import AgentError
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from benchmarks.room import Loudspeaker, RoomMicrophone
from benchmarks.voice import counted, plot, report
from benchmarks.voice_caller import Observed
from benchmarks.voice_sounds import STEP, Line, with_pause

RATE_HZ = 48_000


def _line(seconds: float) -> Line:
    samples = np.sin(np.arange(round(seconds * RATE_HZ)) / 20).astype(np.float32)
    middle = len(samples) // 2 // STEP * STEP
    samples[middle - 2 * STEP : middle + 2 * STEP] *= 0.01
    return Line(name="tone", chunk=SpeechChunk(samples=read_only(samples), rate_hz=RATE_HZ, text="", last=True))


def test_a_pause_is_put_where_the_line_is_quietest() -> None:
    """The line grows by the pause, and nothing of it is lost but the faded 10 ms on both sides."""
    line = _line(2.0)
    paused, at_s = with_pause(line, 0.7)
    assert paused.seconds == pytest.approx(line.seconds + 0.7, abs=1e-4)
    assert at_s == pytest.approx(1.0, abs=0.05)
    begin = round(at_s * RATE_HZ)
    assert not paused.chunk.samples[begin : begin + round(0.7 * RATE_HZ)].any()
    assert np.array_equal(paused.chunk.samples[: begin - STEP], line.chunk.samples[: begin - STEP])


async def test_the_microphone_hears_the_loudspeaker_late_and_softer() -> None:
    """What is played comes back after the delay at the given loudness, above the hush of the room."""
    microphone = RoomMicrophone(seed=1)
    microphone.echo_db, microphone.echo_delay_ms = -20.0, 40
    microphone.hears(np.full(960, 10_000, np.int16))
    heard = [(await microphone.recv()).to_ndarray().reshape(-1) for _ in range(4)]
    loudness = [float(np.abs(block).mean()) for block in heard]
    assert loudness[2] == pytest.approx(1_000, rel=0.02)
    assert max(loudness[0], loudness[1], loudness[3]) < 30


def test_silence_counts_once_it_has_lasted() -> None:
    """The agent fell silent at the last audible moment before a long enough gap, and not in a shorter one."""
    speaker = Loudspeaker()
    speaker.audible_ns = [at_ms * 1_000_000 for at_ms in (0, 20, 40, 300, 320, 1_000)]
    assert speaker.falls_silent(10_000_000, for_ms=500) == 320_000_000
    assert speaker.falls_silent(10_000_000, for_ms=200) == 40_000_000
    assert speaker.falls_silent(2_000_000_000, for_ms=500) == 2_000_000_000
    assert speaker.first_after(50_000_000) == 300_000_000
    assert speaker.gaps_ms(0, 10**12, at_least_ms=200) == [260.0, 680.0]


def _turn(scene: str, **changes: object) -> Observed:
    times = {"end_to_final_ms": 300.0, "end_to_text_ms": 320.0, "end_to_audio_ms": 500.0, "finals": 1}
    return Observed(scene=scene, what="x", **{**times, **changes})  # type: ignore[arg-type]


def test_turns_are_counted_by_what_went_wrong(tmp_path: Path) -> None:
    """Cut-offs, splits and lost replies are out of a hundred of their own kind; times come from sound turns only."""
    found = report(
        [
            _turn("answer"),
            _turn("answer", end_to_final_ms=-900.0, end_to_audio_ms=5.0, spoke_too_early=True),
            _turn("interruption", interrupt_ms=120.0),
            *[_turn("pause", finals=1 + (number == 0), spoke_too_early=number < 2) for number in range(4)],
            *[_turn("false alarm", reply_lost=number == 0, held_ms=400.0) for number in range(5)],
        ],
        recordings=False,
    )
    assert found.cutoffs_per_100 == 50 and found.splits_per_100 == 25 and found.false_interruptions_per_100 == 20
    assert found.speech_end_to_final_ms.p50 == 300 and found.interrupt_ms.p95 == 120
    assert found.answered_too_early == 1 and found.unanswered == 0 and found.held_ms == 400
    plot(found, tmp_path / "voice.svg")
    assert (tmp_path / "voice.svg").stat().st_size > 1_000


def test_a_scene_in_which_nothing_was_heard_is_refused() -> None:
    """No figure is made of turns that brought no answer."""
    with pytest.raises(AgentError, match="final transcript"):
        report([_turn("answer", end_to_final_ms=None)], recordings=False)


def test_guesses_are_read_from_the_agents_metrics() -> None:
    """A counter is found by its whole name, and one that was never counted is none."""
    told = "# TYPE agent_guesses counter\nagent_guesses_total 12.0\nagent_guesses_right_total 1e+01\n"
    assert [counted(told, name) for name in ("agent_guesses", "agent_guesses_right", "agent_calls")] == [12, 10, 0]
