"""Recordings are spoiled by as much as is said, and in the same way every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agent.core.speech import MIC_RATE_HZ
from agent.training.spoiled_sound import SNR_DB, conditions, speech_level

TONE = (0.2 * np.sin(2 * np.pi * 440 * np.arange(MIC_RATE_HZ) / MIC_RATE_HZ)).astype(np.float32)
WAYS = conditions([TONE, TONE[::-1]])


def level_db(sound: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(sound, dtype=np.float64))))


@pytest.mark.parametrize("name", WAYS)
def test_the_same_seed_spoils_alike(name: str) -> None:
    """Length and range are kept, and a second run gives the same sound."""
    spoiled = WAYS[name](TONE, 3)
    assert spoiled.dtype == np.float32 and spoiled.shape == TONE.shape
    assert np.abs(spoiled).max() <= 1.0
    np.testing.assert_array_equal(spoiled, WAYS[name](TONE, 3))
    assert not np.array_equal(spoiled, TONE)


@pytest.mark.parametrize("snr_db", SNR_DB)
@pytest.mark.parametrize("noise", ["white", "hum", "babble"])
def test_noise_is_as_loud_as_it_says(noise: str, snr_db: int) -> None:
    """What was added lies this far below the level of speech."""
    added = WAYS[f"{noise} {snr_db} dB"](TONE, 1) - TONE
    assert level_db(TONE) - level_db(added) == pytest.approx(snr_db, abs=0.3)


def test_pauses_do_not_count_for_the_level() -> None:
    """Half of it silent, speech is as loud as before."""
    assert speech_level(np.concatenate([TONE, np.zeros_like(TONE)])) == pytest.approx(speech_level(TONE))


def test_a_telephone_line_is_narrow() -> None:
    """Next to nothing is left of 100 Hz and of 5 kHz, and nearly all of 1 kHz."""
    at_s = np.arange(MIC_RATE_HZ) / MIC_RATE_HZ
    loss_db = {}
    for hertz in (100, 1_000, 5_000):
        tone = (0.2 * np.sin(2 * np.pi * hertz * at_s)).astype(np.float32)
        loss_db[hertz] = level_db(tone) - level_db(WAYS["telephone"](tone, 0) + np.float32(1e-6))
    assert loss_db[1_000] < 1
    assert loss_db[100] > 30 and loss_db[5_000] > 60


@given(arrays(np.float32, st.integers(1, 2_000), elements=st.floats(-1, 1, width=32)))
def test_any_sound_can_be_spoiled(sound: np.ndarray) -> None:
    """Silence and a single sample among them: numbers come out, within the range of sound."""
    for spoil in WAYS.values():
        spoiled = spoil(sound, 0)
        assert spoiled.shape == sound.shape
        assert np.isfinite(spoiled).all() and np.abs(spoiled).max() <= 1.0
