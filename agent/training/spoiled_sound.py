"""Spoils recordings as bad rooms, microphones and lines do, always in the same way, to see what hearing bears."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ

Sound = NDArray[np.float32]
Spoil = Callable[[Sound, int], Sound]
"""Makes the worse version of a recording, (n,) float32 at 16 kHz; the number seeds what is random in it."""

SNR_DB = (15, 10, 5)
QUIET_DB = -20.0
OVERDRIVE = 8.0
TALKERS = 6
_FRAME_SAMPLES = MIC_RATE_HZ // 50
_ACTIVE_DB = -30.0
"""Frames this far below the loudest are pauses and do not count for the level of speech."""
_PHONE_HZ = (300.0, 3_400.0)
_PHONE_RATE_HZ = 8_000
_MU = 255.0


def conditions(recordings: Sequence[Sound]) -> dict[str, Spoil]:
    """Every way to spoil a recording, by name; what other people say at once is made of `recordings`."""
    noises: dict[str, Callable[[int, np.random.Generator], Sound]] = {
        "white": lambda length, random: random.standard_normal(length).astype(np.float32),
        "hum": _hum,
        "babble": lambda length, random: _babble(recordings, length, random),
    }
    noisy = {f"{name} {snr_db} dB": _with_noise(make, snr_db) for name, make in noises.items() for snr_db in SNR_DB}
    return noisy | {
        "quiet": lambda sound, seed: sound * np.float32(10 ** (QUIET_DB / 20)),
        "clipped": lambda sound, seed: np.clip(sound * np.float32(OVERDRIVE), -1.0, 1.0),
        "telephone": lambda sound, seed: _telephone(sound),
    }


def speech_level(sound: Sound) -> float:
    """Root mean square of the frames in which somebody speaks; 0 for silence."""
    frames = sound[: len(sound) // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not len(power) or power.max() == 0:
        return 0.0
    return float(np.sqrt(power[power >= power.max() * 10 ** (_ACTIVE_DB / 10)].mean()))


def _with_noise(make: Callable[[int, np.random.Generator], Sound], snr_db: float) -> Spoil:
    def spoil(sound: Sound, seed: int) -> Sound:
        noise = make(len(sound), np.random.default_rng(seed))
        level = speech_level(sound) * 10 ** (-snr_db / 20)
        scale = level / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-9)
        return np.asarray(np.clip(sound + scale * noise, -1.0, 1.0), np.float32)

    return spoil


def _hum(length: int, random: np.random.Generator) -> Sound:
    """Mains hum with the harmonics of a bad cable."""
    at_s = np.arange(length) / MIC_RATE_HZ
    phases = random.uniform(0, 2 * np.pi, 12)
    waves = (np.sin(2 * np.pi * 50 * k * at_s + phase) / k for k, phase in enumerate(phases, start=1))
    return np.asarray(np.sum(list(waves), axis=0), np.float32)


def _babble(recordings: Sequence[Sound], length: int, random: np.random.Generator) -> Sound:
    """Several people who talk at once, all equally loud."""
    heard = np.zeros(length, np.float32)
    for number in random.integers(0, len(recordings), TALKERS):
        talk = recordings[number] / np.float32(max(speech_level(recordings[number]), 1e-9))
        heard += np.resize(np.roll(talk, int(random.integers(0, len(talk)))), length)
    return heard


def _telephone(sound: Sound) -> Sound:
    """A narrow band in eight bits by the mu-law (ITU-T G.711, in its continuous form), as an 8 kHz line brings it.

    The band falls off as two filters of the fourth order do, and nothing is left above 4 kHz.
    """
    low_hz, high_hz = _PHONE_HZ
    hertz = np.fft.rfftfreq(len(sound), 1 / MIC_RATE_HZ)
    rising = (hertz / low_hz) ** 8
    gain = np.sqrt(rising / (1 + rising) / (1 + (hertz / high_hz) ** 8)) * (hertz < _PHONE_RATE_HZ / 2)
    narrow = np.clip(np.fft.irfft(np.fft.rfft(sound) * gain, len(sound)), -1.0, 1.0)
    steps = np.round(np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU) * 127) / 127
    widened = np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU
    return np.asarray(widened, np.float32)
