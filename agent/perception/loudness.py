"""Reads loudness and pitch off a few milliseconds of sound."""

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ

SILENCE_DB = -100.0
"""Energy of digital silence, and the lowest value given."""

PITCH_SAMPLES = 1_024
"""64 ms: two periods of the lowest voice, and room to compare them."""

_LOWEST_HZ = 65.0
_HIGHEST_HZ = 400.0
_APERIODIC = 0.2
"""Normalised difference from which on a sound has no pitch; YIN's paper uses 0.1 for clean speech."""


def energy_db(samples: NDArray[np.float32]) -> float:
    """Root mean square of (n,) samples in dB relative to full scale, at least `SILENCE_DB`."""
    if not len(samples):
        return SILENCE_DB
    power = float(np.dot(samples, samples)) / len(samples)
    return max(SILENCE_DB, 10.0 * float(np.log10(power))) if power > 0 else SILENCE_DB


def pitch_hz(samples: NDArray[np.float32]) -> float | None:
    """Fundamental frequency of (1024,) samples at 16 kHz, 65 to 400 Hz; None when they have none.

    YIN (de Cheveigné and Kawahara, JASA 111, 2002): steps 1 to 5, over half the samples.
    """
    half = len(samples) // 2
    longest = min(half, int(MIC_RATE_HZ / _LOWEST_HZ) + 1)
    shortest = int(MIC_RATE_HZ / _HIGHEST_HZ)
    sound = samples.astype(np.float64)
    energies = np.concatenate(([0.0], np.cumsum(sound * sound)))
    moved = energies[half : half + longest + 1] - energies[: longest + 1]
    size = 2 * half
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(sound[:half], size)), size)
    difference = moved[0] + moved - 2.0 * products[: longest + 1]
    mean_so_far = np.cumsum(difference[1:]) / np.arange(1, longest + 1)
    if mean_so_far[-1] <= 0.0:
        return None
    normalised = np.concatenate(([1.0], difference[1:] / np.maximum(mean_so_far, 1e-12)))
    below = np.flatnonzero(normalised[shortest:longest] < _APERIODIC)
    if not len(below):
        return None
    lag = shortest + int(below[0])
    while lag + 1 < longest and normalised[lag + 1] < normalised[lag]:
        lag += 1
    return MIC_RATE_HZ / (lag + _parabola_offset(normalised[lag - 1 : lag + 2]))


def _parabola_offset(around: NDArray[np.float64]) -> float:
    """Where, between -1 and 1, a parabola through three neighbouring values has its minimum."""
    left, centre, right = (float(value) for value in around)
    bend = left - 2.0 * centre + right
    return 0.0 if bend <= 0.0 else 0.5 * (left - right) / bend
