"""Log-mel spectrogram as Whisper defines it: one picture of sound that transcription and end of turn both read."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ

BANDS = 80
"""Of most Whisper models; the third generation of the large one has 128."""
HOP_SAMPLES = 160
"""10 ms a column."""

_FFT_SAMPLES = 400
_TOP_HZ = MIC_RATE_HZ / 2
_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_LOG_FROM_HZ = 1_000.0
_LOG_STEP = np.log(6.4) / 27.0
"""Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, then 27 steps for each factor of 6.4."""
_FLOOR_POWER = 1e-10
_QUIET_PEAK, _LIFTED_PEAK = 0.1, 0.3
"""A voice below the first is brought to the second."""
_MOST_LIFT = 10.0
_DYNAMIC_RANGE = 8.0
"""In powers of ten below the loudest cell, after Whisper (Radford and others, 2022, and its reference code)."""


def log_mel(samples: NDArray[np.float32], *, bands: int = BANDS) -> NDArray[np.float32]:
    """(`bands`, n) float32 features of (m,) float32 sound at 16 kHz, with n = m // 160 columns of 10 ms.

    Columns are centred on multiples of 10 ms and the ends are mirrored, so `samples` needs at least 201 values.
    Values are about -1 to 1.5; everything more than 80 dB below the loudest cell is flattened.
    """
    half = _FFT_SAMPLES // 2
    mirrored = np.pad(samples, (half, half), mode="reflect")
    frames = sliding_window_view(mirrored, _FFT_SAMPLES)[::HOP_SAMPLES][: len(samples) // HOP_SAMPLES]
    spectrum = np.fft.rfft(frames * _HANN, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    cells = np.log10(np.maximum(_triangles(bands) @ power.T, _FLOOR_POWER))
    result: NDArray[np.float32] = (np.maximum(cells, cells.max() - _DYNAMIC_RANGE) + 4.0) / 4.0
    return result


def lifted(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same (n,) sound, louder if it is quiet: the features depend on it, and Whisper with them."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak >= _QUIET_PEAK or peak == 0.0:
        return samples
    return samples * np.float32(min(_LIFTED_PEAK / peak, _MOST_LIFT))


def _mel(frequency_hz: float) -> float:
    if frequency_hz < _LOG_FROM_HZ:
        return frequency_hz / _LINEAR_HZ_PER_MEL
    return float(_LOG_FROM_HZ / _LINEAR_HZ_PER_MEL + np.log(frequency_hz / _LOG_FROM_HZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL
    above: NDArray[np.float64] = _LOG_FROM_HZ * np.exp(_LOG_STEP * (np.maximum(mels, knee) - knee))
    return np.where(mels < knee, mels * _LINEAR_HZ_PER_MEL, above)


@lru_cache(maxsize=2)
def _triangles(bands: int) -> NDArray[np.float32]:
    """(`bands`, 201) triangular filters, evenly spaced in mel, each of the same area."""
    edges_hz = _hertz(np.linspace(0.0, _mel(_TOP_HZ), bands + 2))
    bins_hz = np.fft.rfftfreq(_FFT_SAMPLES, 1 / MIC_RATE_HZ)
    low, centre, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    heights = 2.0 / (high - low)
    return (heights * np.maximum(0.0, np.minimum(rising, falling))).astype(np.float32)


_HANN = np.hanning(_FFT_SAMPLES + 1)[:-1].astype(np.float32)
