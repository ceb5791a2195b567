"""Synthesized samples are cut, levelled and faded."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.synthesis.sound import finished, resampled

RATE_HZ = 22_050


def tone(seconds: float, amplitude: float, hz: float = 200.0) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


@pytest.mark.parametrize("amplitude", [0.01, 0.3, 0.9])
def test_level_is_the_one_asked_for(amplitude: float) -> None:
    """Loud and soft speech come out at the same level, whatever silence stood around it."""
    heard = finished(np.concatenate([silence(0.5), tone(1, amplitude)]), RATE_HZ, level_db=-20, pause_s=0.0)
    middle = heard[RATE_HZ // 4 : -RATE_HZ // 4]
    assert 20 * np.log10(np.sqrt(np.mean(middle**2))) == pytest.approx(-20, abs=0.3)


def test_peaks_never_clip() -> None:
    """A level that would clip is not reached."""
    heard = finished(tone(1, 0.2), RATE_HZ, level_db=0, pause_s=0.0)
    assert np.abs(heard).max() <= 0.9


def test_silence_is_cut_and_a_pause_added() -> None:
    """Silence around the speech goes; the pause after it is as long as asked for."""
    samples = np.concatenate([silence(0.7), tone(1, 0.3), silence(0.7)])
    heard = finished(samples, RATE_HZ, level_db=-20, pause_s=0.25)
    assert len(heard) / RATE_HZ == pytest.approx(1.25 + 0.05, abs=0.03)
    assert not heard[-round(0.25 * RATE_HZ) :].any()


def test_joins_do_not_click() -> None:
    """Speech begins and ends at zero, even when it was cut off."""
    heard = finished(tone(0.5, 0.5, hz=331), RATE_HZ, level_db=-20, pause_s=0.0)
    assert heard[0] == heard[-1] == 0.0


@pytest.mark.parametrize("samples", [silence(0.0), silence(0.001), silence(1.0)])
def test_silence_stays_silence(samples: NDArray[np.float32]) -> None:
    """Nothing audible gives the pause alone, not noise turned up."""
    assert not finished(samples, RATE_HZ, level_db=-20, pause_s=0.1).any()


def test_resampling_keeps_the_curve() -> None:
    """A longer tone is the same tone, lower by the ratio of lengths."""
    lower = resampled(tone(1, 0.5, hz=440), round(RATE_HZ * 1.1))
    strongest_hz = np.abs(np.fft.rfft(lower)).argmax() * RATE_HZ / len(lower)
    assert strongest_hz == pytest.approx(400, abs=1)
    assert np.abs(lower).max() == pytest.approx(0.5, abs=0.02)
