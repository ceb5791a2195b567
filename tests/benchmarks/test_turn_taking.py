"""What the ears do in time of sound is turned into cut-offs, waits and onsets, the same ones every time."""

import numpy as np
import pytest

from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from benchmarks.turn_taking import PAUSES_MS, Ears, Heard, measure, report
from benchmarks.voice_sounds import Line, OwnVoice


def _heard(*, whole: bool, final_ms: float | None, answer_ms: float | None = None, onset_ms: float = 80.0) -> Heard:
    return Heard(name="line", whole=whole, text="", onset_ms=onset_ms, final_ms=final_ms, answer_ms=answer_ms)


def test_a_pause_is_cut_off_when_an_answer_is_heard_before_the_customer_goes_on() -> None:
    """Words that are final early split a longer pause; a withheld answer does not cut it off."""
    end = _heard(whole=True, final_ms=300.0, answer_ms=280.0)
    early = _heard(whole=False, final_ms=350.0)
    withheld = _heard(whole=False, final_ms=350.0, answer_ms=1_250.0)
    found = report([end, early, withheld])
    assert found.end_to_final_ms.p50 == 300 and found.end_to_answer_ms.p50 == 500
    assert found.splits_by_pause_ms[300] == 0 and found.splits_by_pause_ms[400] == 100
    assert found.cutoffs_by_pause_ms[400] == 0 and found.cutoffs_by_pause_ms[500] == 50
    assert found.cutoffs_by_pause_ms[PAUSES_MS[-1]] == 100
    assert found.unended == 0


def test_a_line_that_never_ends_is_counted() -> None:
    """It does not pass for a pause that was survived."""
    assert report([_heard(whole=True, final_ms=None), _heard(whole=False, final_ms=None)]).unended == 2


@pytest.mark.timeout(90)
def test_a_line_is_heard_whole_and_broken_off() -> None:
    """With the models that ship: the onset is told within a quarter of a second, every line ends, twice alike."""
    ears, line = Ears(), OwnVoice().line("I would like to return my headphones.")
    found = measure(ears, [line])
    assert [one.whole for one in found] == [True, False, False]
    assert all(one.final_ms is not None for one in found)
    assert found[0].onset_ms is not None and 0 < found[0].onset_ms < 250
    assert measure(ears, [line]) == found


def test_silence_is_nobody() -> None:
    """Where no voice is heard there is neither onset nor end."""
    hush = SpeechChunk(samples=read_only(np.zeros(48_000, np.float32)), rate_hz=48_000, text="", last=True)
    whole, *_ = measure(Ears(), [Line(name="hush", chunk=hush)])
    assert whole.onset_ms is None and whole.final_ms is None
