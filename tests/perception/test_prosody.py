"""Describing how something was said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ
from agent.perception.prosody import LONGEST_SAMPLES, PROSODY, SHORTEST_SAMPLES, prosody, spoken

Sound = NDArray[np.float32]


def vowel(seconds: float, *, pitch_hz: float, syllables_hz: float = 4.0) -> Sound:
    """A buzz that swells and fades like syllables."""
    time_s = np.arange(round(seconds * MIC_RATE_HZ)) / MIC_RATE_HZ
    buzz = sum(np.sin(2 * np.pi * harmonic * pitch_hz * time_s) / harmonic for harmonic in range(1, 9))
    return np.asarray(0.1 * buzz * (1 - np.cos(2 * np.pi * syllables_hz * time_s)), np.float32)


@settings(deadline=None)
@given(st.integers(SHORTEST_SAMPLES, MIC_RATE_HZ), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-6, 0.1, 1.0]))
def test_any_sound_is_described_by_finite_numbers(samples: int, seed: int, level: float) -> None:
    """Silence, hiss and clipping of any length give as many numbers, none of which is infinite or missing."""
    sound = np.clip(level * np.random.default_rng(seed).normal(size=samples), -1, 1).astype(np.float32)
    described = prosody(sound)
    assert described.shape == (PROSODY,) and described.dtype == np.float32
    assert np.isfinite(described).all()


def test_the_microphone_level_makes_no_difference() -> None:
    """The same words at a twentieth of the level are described the same."""
    sound = vowel(1.5, pitch_hz=140)
    quiet = np.asarray(sound / 20, np.float32)
    np.testing.assert_allclose(prosody(sound), prosody(quiet), atol=1e-3)


def test_a_higher_voice_moves_its_pitch_and_nothing_of_its_rhythm() -> None:
    """An octave up is one octave in the mean of the pitch; syllables and pauses stay as they are."""
    low, high = (prosody(vowel(2.0, pitch_hz=pitch_hz)) for pitch_hz in (110, 220))
    moved = high - low
    assert np.isclose(moved, 1.0, atol=0.05).any()
    np.testing.assert_allclose(moved[-5:], 0, atol=0.3)


@pytest.mark.parametrize("syllables_hz", [3.0, 5.0])
def test_syllables_are_counted(syllables_hz: float) -> None:
    """The rate of syllables is that of the swells."""
    rate = prosody(vowel(3.0, pitch_hz=150, syllables_hz=syllables_hz))[-5]
    assert rate == pytest.approx(syllables_hz, abs=0.5)


def test_silence_around_speech_is_no_part_of_it() -> None:
    """The spoken part begins and ends within a frame or two of where it does."""
    sound = np.concatenate([np.zeros(8000), vowel(1.0, pitch_hz=150), np.zeros(4000)]).astype(np.float32)
    part = spoken(sound)
    assert abs(part.start - 8000) < 800 and abs(part.stop - 24000) < 800


def test_of_long_speech_the_end_counts() -> None:
    """What was said before the last seconds changes nothing."""
    end = vowel(LONGEST_SAMPLES / MIC_RATE_HZ, pitch_hz=120)
    np.testing.assert_array_equal(prosody(np.concatenate([vowel(2.0, pitch_hz=300), end])), prosody(end))
