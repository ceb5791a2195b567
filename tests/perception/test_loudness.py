"""Loudness and pitch of sounds whose loudness and pitch are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.speech import MIC_RATE_HZ
from agent.perception.loudness import PITCH_SAMPLES, SILENCE_DB, energy_db, pitch_hz
from tests.perception.sound import noises

AT_S = np.arange(PITCH_SAMPLES) / MIC_RATE_HZ


@given(st.floats(70, 390), st.floats(0.01, 0.9), st.floats(0, 6))
def test_pitch_of_a_voice_like_tone_is_its_fundamental(tone_hz: float, level: float, phase: float) -> None:
    """A tone with harmonics, of any loudness, is read to within a hundredth."""
    tone = sum(np.sin(2 * np.pi * tone_hz * n * AT_S + n * phase) / n for n in range(1, 8))
    found_hz = pitch_hz((level * np.asarray(tone) / 3).astype(np.float32))
    assert found_hz == pytest.approx(tone_hz, rel=0.01)


def test_hiss_and_silence_have_no_pitch() -> None:
    """What does not repeat has no pitch, rather than some value."""
    hiss = dict(noises(0.2))["hiss"][:PITCH_SAMPLES]
    assert pitch_hz(hiss) is None
    assert pitch_hz(np.zeros(PITCH_SAMPLES, np.float32)) is None


def test_energy_is_relative_to_full_scale() -> None:
    """A full-scale square wave is 0 dB, a tenth of it -20, and silence the lowest value there is."""
    square = np.where(AT_S % 0.01 < 0.005, 1.0, -1.0).astype(np.float32)
    assert energy_db(square) == pytest.approx(0.0)
    assert energy_db(square * np.float32(0.1)) == pytest.approx(-20.0, abs=1e-4)
    assert energy_db(np.zeros(100, np.float32)) == SILENCE_DB
    assert energy_db(np.zeros(0, np.float32)) == SILENCE_DB
