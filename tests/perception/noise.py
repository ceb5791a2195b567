"""Sound in which nobody speaks, by name: what rooms, machines, instruments and throats make."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ

Sound = NDArray[np.float64]


def noises(seconds: float) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Each noise for this long, (n,) float32 at 16 kHz, the same every time."""
    count = round(seconds * MIC_RATE_HZ)
    at_s = np.arange(count) / MIC_RATE_HZ
    for name, make in _MAKERS.items():
        sound = make(at_s, np.random.default_rng(11))
        yield name, np.clip(sound, -1, 1).astype(np.float32)


def _coloured(at_s: Sound, random: np.random.Generator, *, slope: float, level: float) -> Sound:
    """Noise whose amplitude falls with this power of frequency: 0 white, 0.5 pink, 1 brown."""
    count = len(at_s)
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / MIC_RATE_HZ), 20) ** slope
    sound = np.fft.irfft(spectrum, count)
    return np.asarray(level * sound / sound.std())


def _hum(at_s: Sound, random: np.random.Generator) -> Sound:
    return np.asarray(sum(0.15 / k * np.sin(2 * np.pi * 50 * k * at_s) for k in range(1, 9)))


def _melody(at_s: Sound, random: np.random.Generator) -> Sound:
    """A note every 300 ms, with overtones that fade as a plucked string's do."""
    steps = random.integers(0, 15, int(at_s[-1] / 0.3) + 1)
    note_hz = 220 * 2 ** (steps[(at_s / 0.3).astype(int)] / 12)
    fade = np.exp(-4 * (at_s % 0.3) / 0.3)
    return np.asarray(sum(0.2 / k * np.sin(2 * np.pi * k * note_hz * at_s) * fade for k in (1, 2, 3, 4)))


def _chords(at_s: Sound, random: np.random.Generator) -> Sound:
    step = 2 ** (np.floor(2 * at_s) % 5 / 12)
    tones = (np.sin(2 * np.pi * base_hz * step * at_s) for base_hz in (220.0, 277.2, 329.6))
    return np.asarray(0.1 * sum(tones) * np.exp(-3 * (2 * at_s % 1)))


def _glide(at_s: Sound, random: np.random.Generator) -> Sound:
    return np.asarray(0.2 * np.sin(2 * np.pi * (400 * at_s + 200 * np.sin(at_s))))


def _bursts(at_s: Sound, random: np.random.Generator, *, every_s: float, fade_s: float, low_hz: float) -> Sound:
    """Short strokes of noise above `low_hz`, not quite regular."""
    count = len(at_s)
    envelope = np.zeros(count)
    for start_s in np.arange(0, at_s[-1], every_s) + random.uniform(
        0, every_s / 4, len(np.arange(0, at_s[-1], every_s))
    ):
        begin = round(start_s * MIC_RATE_HZ)
        length = min(count - begin, round(6 * fade_s * MIC_RATE_HZ))
        envelope[begin : begin + length] += np.exp(-np.arange(length) / (fade_s * MIC_RATE_HZ))
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum[np.fft.rfftfreq(count, 1 / MIC_RATE_HZ) < low_hz] = 0
    return np.asarray(0.3 * np.fft.irfft(spectrum, count) * envelope)


def _drums(at_s: Sound, random: np.random.Generator) -> Sound:
    """A bass drum on every beat, a snare on every other one, hats between."""
    beat_s = at_s % 0.5
    kick = 0.6 * np.sin(2 * np.pi * (50 * beat_s + 8 * (1 - np.exp(-20 * beat_s)))) * np.exp(-8 * beat_s)
    snare = _bursts(at_s, random, every_s=1.0, fade_s=0.05, low_hz=200)
    return np.asarray(kick + snare + 0.5 * _bursts(at_s, random, every_s=0.25, fade_s=0.01, low_hz=5_000))


def _coughs(at_s: Sound, random: np.random.Generator) -> Sound:
    """A burst of breath and a rough, falling voice after it, every two seconds: what comes nearest to speech."""
    phase_s = (at_s + 1.0) % 2.0
    breath = _coloured(at_s, random, slope=0.3, level=0.3) * np.exp(-phase_s / 0.06) * (phase_s < 0.35)
    pitch_hz = 170 * np.exp(-1.5 * np.minimum(phase_s, 0.4))
    voice = np.sign(np.sin(2 * np.pi * pitch_hz * phase_s)) * 0.08
    return np.asarray(breath + voice * (phase_s > 0.06) * np.exp(-phase_s / 0.1) * (phase_s < 0.35))


def _keys(at_s: Sound, random: np.random.Generator) -> Sound:
    return _bursts(at_s, random, every_s=0.17, fade_s=0.004, low_hz=800)


_MAKERS: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "white": lambda at_s, random: _coloured(at_s, random, slope=0.0, level=0.05),
    "pink": lambda at_s, random: _coloured(at_s, random, slope=0.5, level=0.1),
    "brown": lambda at_s, random: _coloured(at_s, random, slope=1.0, level=0.1),
    "hum": _hum,
    "melody": _melody,
    "chords": _chords,
    "glide": _glide,
    "drums": _drums,
    "coughs": _coughs,
    "typing": _keys,
}
