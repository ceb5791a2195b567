"""Turns end and words come through lost packets, voices behind, and people who speak fast or slowly."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from agent.core.settings import HearingSettings
from agent.core.speech import MicWindow, Transcript
from agent.inference.runtime import Runtime
from agent.perception.recorded import RecordedHearing
from agent.synthesis.sound import resampled
from agent.training.spelling import units
from tests.perception.sound import Say, silence, windows

RETURN = "I would like to return my headphones."
MONEY = "I want my money back."
NEWS = "Tonight on the news the weather will be rather cold in the north, with heavy snow in the mountains."
LONGEST_WAIT_MS = 1_400
"""The longest silence, and a window."""


@pytest.fixture(scope="module")
def hearing(runtime: Runtime) -> RecordedHearing:
    return RecordedHearing(runtime, HearingSettings())


def finals(hearing: RecordedHearing, sound: Iterable[MicWindow]) -> list[Transcript]:
    """Final words; none of them came later than the longest silence after the voice."""
    told = [event for event in hearing.hear(sound) if isinstance(event, Transcript) and event.final]
    assert all(one.finished_ns - one.speech_end_ns <= LONGEST_WAIT_MS * 1_000_000 for one in told)
    return told


def dropped(sound: Iterable[MicWindow], *, share: float, burst: int) -> Iterator[MicWindow]:
    """Without so large a share of the windows, lost so many at a time."""
    random = np.random.default_rng(2)
    left = 0
    for window in sound:
        if left == 0 and random.random() < share / burst:
            left = burst
        if left:
            left -= 1
        else:
            yield window


@pytest.mark.timeout(60)
@pytest.mark.parametrize("burst", [1, 3, 8])
def test_every_tenth_packet_may_be_lost(hearing: RecordedHearing, say: Say, burst: int) -> None:
    """One at a time or 160 ms at once: two lines stay two turns, and no more than two of their words are wrong."""
    sound = np.concatenate([silence(0.5), say(RETURN), silence(1.5), say(MONEY), silence(1.5)])
    first, second = finals(hearing, dropped(windows(sound), share=0.1, burst=burst))
    for told, line in ((first, RETURN), (second, MONEY)):
        assert len(set(units(line)) - set(units(told.text))) <= 2
        assert len(units(told.text)) <= len(units(line)) + 2


@pytest.mark.timeout(60)
@pytest.mark.parametrize("level_db", [-15.0, -20.0])
def test_no_turn_waits_for_the_television_to_end(hearing: RecordedHearing, say: Say, level_db: float) -> None:
    """A voice goes on behind the customer's: the turn ends soon after the line, and the words of the next are read."""
    sound = np.concatenate([silence(0.5), say(RETURN), silence(3.0), say(MONEY), silence(3.0)])
    news = np.resize(say(NEWS), len(sound)) * 10 ** (level_db / 20)
    told = finals(hearing, windows((sound + news).astype(np.float32)))
    ends_s = [one.speech_end_ns / 1e9 for one in told]
    first_end_s = 0.5 + len(say(RETURN)) / 16_000
    assert any(first_end_s / 2 < end_s < first_end_s + 1.5 for end_s in ends_s), "the first turn ended in its pause"
    assert {"money", "back"} <= set(units(" ".join(one.text for one in told)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pace", [0.75, 1.4])
def test_slow_and_fast_talkers_have_their_turns(hearing: RecordedHearing, say: Say, pace: float) -> None:
    """Three quarters and one and a half times as fast, pitch and all: most words are right."""
    spoken = [resampled(say(line), round(len(say(line)) / pace)) for line in (RETURN, MONEY)]
    told = finals(hearing, windows(np.concatenate([silence(0.5), spoken[0], silence(1.6), spoken[1], silence(1.6)])))
    assert 2 <= len(told) <= 3
    said, read = (
        {word for line in lines for word in units(line)} for lines in ((RETURN, MONEY), (t.text for t in told))
    )
    assert len(said & read) >= len(said) * 2 // 3


def test_a_line_that_is_cut_off_in_a_word_and_taken_up_later_is_two_turns(hearing: RecordedHearing, say: Say) -> None:
    """The track stops for three seconds in the middle of a word and returns: what was said before and after is told."""
    line = say(RETURN)
    cut = len(line) // 2
    before = list(windows(np.concatenate([silence(0.5), line[:cut]])))
    resumes = before[-1].start_sample + 3 * 16_000
    after = windows(np.concatenate([line[cut:], silence(1.5)]), start_sample=resumes)
    told = [event for event in hearing.hear([*before, *after]) if isinstance(event, Transcript) and event.final]
    assert [one.utterance_id for one in told] == [0, 1]
    assert units(told[0].text)[:3] == units(RETURN)[:3]
    assert told[1].text
