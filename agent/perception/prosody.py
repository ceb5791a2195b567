"""Describes how something was said, whatever was said: pitch, energy, timbre, rate and pauses of an utterance."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ
from agent.perception.log_mel import BANDS, HOP_SAMPLES, log_mel

Floats = NDArray[np.float32]

FRAME_HZ = MIC_RATE_HZ // HOP_SAMPLES
"""Everything is looked at 100 times a second."""
SHORTEST_SAMPLES = MIC_RATE_HZ // 4
"""There is no manner in less than a quarter of a second."""
LONGEST_SAMPLES = 6 * MIC_RATE_HZ
"""Of a longer utterance its end is described: that is what an answer follows on, and time is short."""
SPOKEN_DB = 35.0
"""What is further below the loudest frame, before the first and after the last that is not, is no part of it."""

_PEAK = 0.7
"""Sound is brought to this peak first, so that no microphone counts as calm or upset."""
_FRAME_SAMPLES = 400
_CEPSTRA = 20
_COARSE_BANDS = BANDS // 2
_LOWEST_DB = -80.0
_PAUSE_DB = 25.0
_VOICED_DB = 30.0

_PITCH_RATE_HZ = MIC_RATE_HZ // 2
_PITCH_SAMPLES = 256
"""32 ms at 8 kHz: two periods of the lowest voice."""
_COMPARED_SAMPLES = 384
"""Room to compare them with what is up to one such period later, and a length that is quickly transformed."""
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 500.0
_APERIODIC = 0.25
"""Normalised difference from which on a frame has no pitch."""
_RATE_SPAN_FRAMES = 9
"""90 ms: what is shorter is no syllable."""

_SPREAD = (10, 50, 90)
"""Percentiles that stand beside mean and deviation."""
_STATISTICS = 2 + len(_SPREAD)

PROSODY = _STATISTICS * (_CEPSTRA + 5 + 2) + 2 * _CEPSTRA + 2 * _COARSE_BANDS + 9
"""How many numbers describe an utterance."""


def spoken(samples: Floats) -> slice:
    """The samples from the first to the last frame that is loud enough to be speech; all when none is."""
    energy_db = _energy_db(samples)
    loud = np.flatnonzero(energy_db > energy_db.max(initial=_LOWEST_DB) - SPOKEN_DB)
    if not len(loud):
        return slice(0, len(samples))
    return slice(int(loud[0]) * HOP_SAMPLES, min(len(samples), int(loud[-1]) * HOP_SAMPLES + _FRAME_SAMPLES))


def span_db(samples: Floats) -> float:
    """How far the loud frames of (n,) sound stand out from the quiet ones, which are what is left between words and
    around them: small where there is noise, reverberation or music."""
    quiet, loud = np.percentile(_energy_db(samples), (5, 90))
    return float(loud - quiet)


def prosody(samples: Floats) -> Floats:
    """(`PROSODY`,) float32: how (n,) float32 sound at 16 kHz was said, n at least `SHORTEST_SAMPLES`.

    Mean, deviation and percentiles over time of cepstra, energy, spectral centroid, flatness, roll-off and zero
    crossings, of pitch in octaves and of its clearness; and the rates of syllables, of pauses and of change.
    """
    samples = samples[-LONGEST_SAMPLES:]
    sound = samples * (_PEAK / max(float(np.abs(samples).max()), 1e-5))
    mel = log_mel(sound)
    coarse = mel.reshape(_COARSE_BANDS, 2, -1).mean(axis=1)
    cepstra = _cosines() @ mel
    steps = np.gradient(cepstra, axis=1)
    energy_db = _energy_db(sound)
    frames = min(len(energy_db), mel.shape[1])
    energy_db, mel = energy_db[:frames], mel[:, :frames]
    octaves, unclear = _pitch(sound, energy_db > energy_db.max() - _VOICED_DB)
    tracks = np.vstack([energy_db / 20, _crossings(sound, frames), *_shape_of(mel)])
    return np.concatenate(
        [
            _statistics(cepstra),
            _statistics(tracks),
            _statistics(octaves[None]),
            _statistics(unclear[None]),
            steps.std(axis=1),
            np.abs(steps).mean(axis=1),
            coarse.mean(axis=1),
            coarse.std(axis=1),
            _melody(octaves, frames),
            _rhythm(energy_db),
        ],
        dtype=np.float32,
    )


def _statistics(tracks: Floats) -> Floats:
    """(5 m,) mean, deviation and percentiles of each of (m, n) tracks."""
    spread = percentiles(tracks, _SPREAD).T
    return np.concatenate([tracks.mean(axis=1), tracks.std(axis=1), *spread]).astype(np.float32)


def percentiles(tracks: Floats, percents: tuple[int, ...]) -> Floats:
    """(m, k) of each of (m, n) tracks, between neighbours in proportion: `np.percentile`, several times as fast."""
    ranked = np.sort(tracks, axis=1)
    places = np.array(percents) / 100 * (ranked.shape[1] - 1)
    below = places.astype(np.intp)
    above = np.minimum(below + 1, ranked.shape[1] - 1)
    steps = (places - below).astype(np.float32) * (ranked[:, above] - ranked[:, below])
    return np.asarray(ranked[:, below] + steps, np.float32)


def _energy_db(samples: Floats) -> Floats:
    """Root mean square of each frame, relative to full scale."""
    squares = np.concatenate(([0.0], np.cumsum(np.square(samples, dtype=np.float64))))
    starts = np.arange(0, max(1, len(samples) - _FRAME_SAMPLES + 1), HOP_SAMPLES)
    power = (squares[np.minimum(starts + _FRAME_SAMPLES, len(samples))] - squares[starts]) / _FRAME_SAMPLES
    return (10 * np.log10(np.maximum(power, 10 ** (_LOWEST_DB / 10)))).astype(np.float32)


def _crossings(sound: Floats, frames: int) -> Floats:
    """Share of neighbouring samples of each frame between which the sign changes."""
    changes = np.concatenate(([0], np.cumsum(np.diff(np.signbit(sound)))))
    starts = np.arange(frames) * HOP_SAMPLES
    ends = np.minimum(starts + _FRAME_SAMPLES - 1, len(sound) - 1)
    return ((changes[ends] - changes[starts]) / _FRAME_SAMPLES).astype(np.float32)


def _shape_of(mel: Floats) -> tuple[Floats, Floats, Floats]:
    """Centroid and roll-off at 85 % in bands, 0 to 1, and flatness, of each frame."""
    power = 10.0 ** (4 * mel - 4)
    total = power.sum(axis=0)
    centroid = (np.arange(BANDS) @ power) / total / BANDS
    roll_off = (np.cumsum(power, axis=0) < 0.85 * total).sum(axis=0) / BANDS
    flatness = 4 * mel.mean(axis=0) - np.log10(total)
    return centroid, roll_off, flatness


def _pitch(sound: Floats, loud: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Pitch in octaves above `_LOWEST_HZ` of each loud frame that has one, and how unclear it is, 0 to 1, in each.

    YIN (de Cheveigné and Kawahara, JASA 111, 2002), steps 1 to 4 on sound at 8 kHz.
    """
    slow = sound[: len(sound) // 2 * 2].reshape(-1, 2).mean(axis=1)
    slow = np.pad(slow, (_PITCH_SAMPLES // 2, 2 * _PITCH_SAMPLES))
    starts = np.flatnonzero(loud) * (HOP_SAMPLES // 2)
    frames = sliding_window_view(slow, _COMPARED_SAMPLES)[starts]
    longest, shortest = int(_PITCH_RATE_HZ / _LOWEST_HZ) + 1, int(_PITCH_RATE_HZ / _HIGHEST_HZ)
    spectrum = np.fft.rfft(frames, axis=1)
    first = np.fft.rfft(frames[:, :_PITCH_SAMPLES], _COMPARED_SAMPLES, axis=1)
    products = np.fft.irfft(spectrum * first.conj(), _COMPARED_SAMPLES, axis=1)[:, : longest + 1]
    squares = np.concatenate(([0.0], np.cumsum(np.square(slow, dtype=np.float64))))
    energies = (squares[_PITCH_SAMPLES:] - squares[:-_PITCH_SAMPLES]).astype(np.float32)
    moved = sliding_window_view(energies, longest + 1)[starts]
    difference = np.maximum(moved[:, :1] + moved - 2 * products, 0)[:, 1:]
    mean_so_far = np.cumsum(difference, axis=1) / np.arange(1, longest + 1)
    normalised = difference / np.maximum(mean_so_far, 1e-9)
    within = normalised[:, shortest - 1 :]
    unclear = within.min(axis=1)
    # The first lag that is about as good as the best, lest the pitch fall by an octave.
    lag = shortest + (within <= unclear[:, None] + 0.05).argmax(axis=1)
    octaves = np.log2(_PITCH_RATE_HZ / lag / _LOWEST_HZ)[unclear < _APERIODIC]
    return (octaves if len(octaves) else np.zeros(1)).astype(np.float32), np.minimum(unclear, 1).astype(np.float32)


def _melody(octaves: Floats, frames: int) -> tuple[float, float, float, float]:
    """Range of the pitch, mean and deviation of its steps, and the share of frames that have one."""
    low, high = np.percentile(octaves, (5, 95))
    steps = np.diff(octaves) if len(octaves) > 1 else np.zeros(1)
    # A step of more than a third of an octave within 10 ms is a mistake or another stretch of voice.
    steps = steps[np.abs(steps) < 1 / 3] if (np.abs(steps) < 1 / 3).any() else np.zeros(1)
    return float(high - low), float(np.abs(steps).mean() * 10), float(steps.mean() * 10), len(octaves) / frames


def _rhythm(energy_db: Floats) -> tuple[float, float, float, float, float]:
    """Syllables a second, share of pauses, pauses a second, and rise and fall of energy over the utterance."""
    seconds = len(energy_db) / FRAME_HZ
    smooth = np.convolve(energy_db, np.ones(_RATE_SPAN_FRAMES) / _RATE_SPAN_FRAMES, mode="same")
    inner, top = smooth[1:-1], smooth.max()
    peaks = (inner > smooth[:-2]) & (inner >= smooth[2:]) & (inner > top - _PAUSE_DB)
    quiet = smooth < top - _PAUSE_DB
    falls = int((quiet[1:] & ~quiet[:-1]).sum())
    third = max(1, len(smooth) // 3)
    middle = smooth[third:-third].mean() if len(smooth) > 2 * third else smooth.mean()
    return (
        float(peaks.sum() / seconds),
        float(quiet.mean()),
        falls / seconds,
        float((middle - smooth[:third].mean()) / 20),
        float((smooth[-third:].mean() - middle) / 20),
    )


@lru_cache(maxsize=1)
def _cosines() -> Floats:
    """(20, 80): the first cepstra of a column of log-mel features, by the orthonormal cosine transform (DCT-II)."""
    angles = np.pi / BANDS * np.outer(np.arange(_CEPSTRA), np.arange(BANDS) + 0.5)
    scale = np.full((_CEPSTRA, 1), np.sqrt(2 / BANDS))
    scale[0] = np.sqrt(1 / BANDS)
    return (scale * np.cos(angles)).astype(np.float32)
