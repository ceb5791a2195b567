"""Sound at other rates is the same sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.synthesis.sound import RATE_HZ, Resampler, pause_after, resampled
from tests.synthesis.tones import tone

VOICE_RATE_HZ = 22_050


def at_48_khz(samples: NDArray[np.float32], rate_hz: int, cuts: list[int]) -> NDArray[np.float32]:
    resampler = Resampler(rate_hz)
    return np.concatenate([*(resampler.push(part) for part in np.split(samples, sorted(cuts))), resampler.end()])


def strongest_hz(samples: NDArray[np.float32]) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax()) * RATE_HZ / len(samples)


def test_resampling_keeps_the_curve() -> None:
    """A longer tone is the same tone, lower by the ratio of lengths."""
    lower = resampled(tone(1, 0.5, hz=440), round(RATE_HZ * 1.1))
    assert strongest_hz(lower) == pytest.approx(400, abs=1)
    assert np.abs(lower).max() == pytest.approx(0.5, abs=0.02)


@given(st.lists(st.integers(0, VOICE_RATE_HZ // 2), max_size=5))
def test_pieces_are_resampled_as_the_whole(cuts: list[int]) -> None:
    """However the sound was cut, it is the same sample by sample, and as long as it was."""
    samples = tone(0.5, 0.5, hz=440, rate_hz=VOICE_RATE_HZ)
    whole = at_48_khz(samples, VOICE_RATE_HZ, [])
    assert np.array_equal(at_48_khz(samples, VOICE_RATE_HZ, cuts), whole)
    assert len(whole) == pytest.approx(RATE_HZ / 2, abs=2)


def test_another_rate_than_the_true_one_moves_the_pitch() -> None:
    """Sound that is said to be slower than it is comes out longer and lower."""
    lower = at_48_khz(tone(0.5, 0.5, hz=440, rate_hz=VOICE_RATE_HZ), round(VOICE_RATE_HZ / 1.1), [5_000])
    assert strongest_hz(lower) == pytest.approx(400, abs=3)


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 24_000])
def test_nothing_stays_nothing(rate_hz: int) -> None:
    """A resampler that was given no sound has none left at the end."""
    assert len(at_48_khz(np.zeros(0, np.float32), rate_hz, [])) == 0


def test_a_pause_suits_the_mark() -> None:
    """A sentence is followed by a longer silence than a comma, in whatever script."""
    assert pause_after("。") == pause_after(".") > pause_after(",") > pause_after("a") > 0
