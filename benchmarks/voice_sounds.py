"""What the customer of the voice benchmark says and does: lines, pauses in them, and sounds that are no words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.settings import Settings
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.media.clips import SPEECH_RATE_HZ, read_speech
from agent.synthesis.clauses import clauses
from agent.synthesis.sound import resampled
from agent.synthesis.voice import PiperVoice, Style

LONGEST_LINE_S = 9.0
VOICED_SHARE = 0.03
"""Of the loudest 10 ms: what lies above counts as voiced (-30 dB)."""
OVER_NOISE, NOISE_PERCENTILE = 3.0, 5
"""So far above its quietest moments a recording counts as voiced."""
SPOKEN_RMS = 0.1
STEP = SPEECH_RATE_HZ // 100

OWN_LINES = (
    "Where is my order?",
    "I would like to return my headphones.",
    "The charger does not work, and I want my money back.",
    "Do you have any idea when my blender gets here?",
    "Could I please return the jacket I bought last week?",
    "I need help with something.",
    "What is the procedure for sending something back to you?",
    "You took the money twice, please pay one back.",
    "Can you see where the parcel is at the moment?",
    "I'd like to swap it for a medium.",
)
BACKCHANNELS = ("Uh-huh.", "Yeah.", "Okay.", "Mm-hmm.", "Right.", "I see.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to say; its first and last 10 ms are voiced."""

    name: str
    chunk: SpeechChunk = field(repr=False)

    @property
    def seconds(self) -> float:
        return len(self.chunk.samples) / self.chunk.rate_hz


class OwnVoice:
    """The agent's own voice, for lines that no recording gives."""

    def __init__(self) -> None:
        settings = Settings()
        self._voice = PiperVoice(Runtime(Registry.load(settings.models.folder), "cpu"), settings.voice)

    def line(self, text: str) -> Line:
        sound = np.concatenate([self._voice.synthesize(clause, Style()) for clause in clauses(text)])
        return _line(text, resampled(sound, len(sound) * SPEECH_RATE_HZ // self._voice.rate_hz))


def recorded_lines(manifest: Path) -> list[Line]:
    """The English recordings that are short enough for one turn."""
    rows = json.loads(manifest.read_text(encoding="utf-8"))
    wanted = [row for row in rows if row["lang"] == "en" and row["dur"] <= LONGEST_LINE_S]
    return [_line(row["file"], read_speech(manifest.parent / row["file"]).samples) for row in wanted]


def with_pause(line: Line, seconds: float) -> tuple[Line, float]:
    """The line with a silence at the quietest place of its middle half; and the second at which that begins."""
    samples = line.chunk.samples
    levels = np.convolve(_levels(samples), np.full(4, 0.25), mode="same")
    begin = len(levels) // 4
    cut = (begin + int(np.argmin(levels[begin : 3 * len(levels) // 4]))) * STEP
    fade = np.linspace(1, 0, STEP, dtype=np.float32)
    before, after = samples[:cut].copy(), samples[cut:].copy()
    before[-STEP:] *= fade
    after[:STEP] *= fade[::-1]
    paused = np.concatenate([before, np.zeros(round(seconds * SPEECH_RATE_HZ), np.float32), after])
    return Line(name=line.name, chunk=_chunk(paused)), cut / SPEECH_RATE_HZ


def disturbances(voice: OwnVoice) -> Iterator[Line]:
    """Sounds that are no wish to speak: backchannels, coughs, a knock, rustling, a hiss."""
    for text in BACKCHANNELS:
        yield voice.line(text)
    random = np.random.default_rng(3)
    for name, bursts_s, decay_s in (
        ("cough", (0.0, 0.35), 0.09),
        ("knock", (0.0, 0.18, 0.36), 0.02),
        ("rustle", tuple(np.arange(0, 0.8, 0.07)), 0.03),
        ("hiss", (0.0,), 0.8),
    ):
        yield Line(name=name, chunk=_chunk(_bursts(random, bursts_s, decay_s)))


def _bursts(random: np.random.Generator, starts_s: tuple[float, ...], decay_s: float) -> NDArray[np.float32]:
    """Bursts of noise around 1 kHz that die away."""
    count = round((starts_s[-1] + 4 * decay_s) * SPEECH_RATE_HZ)
    sound = np.zeros(count)
    for start_s in starts_s:
        start = round(start_s * SPEECH_RATE_HZ)
        at_s = np.arange(count - start) / SPEECH_RATE_HZ
        noise = np.convolve(random.standard_normal(count - start), np.hanning(24), mode="same")
        sound[start:] += noise / noise.std() * np.exp(-at_s / decay_s)
    return np.asarray(0.15 * sound / max(1e-9, float(sound.std())), np.float32).clip(-1, 1)


def _line(name: str, samples: NDArray[np.float32]) -> Line:
    """Without silence at either end, at an even loudness. A recording's own noise is silence too."""
    levels = _levels(samples)
    least = max(VOICED_SHARE * float(levels.max()), OVER_NOISE * float(np.percentile(levels, NOISE_PERCENTILE)))
    voiced = np.flatnonzero(levels > least)
    trimmed = samples[voiced[0] * STEP : (voiced[-1] + 1) * STEP]
    loudness = float(np.sqrt(np.mean(np.square(levels[voiced]))))
    return Line(name=name, chunk=_chunk(np.clip(trimmed * (SPOKEN_RMS / loudness), -1, 1)))


def _chunk(samples: NDArray[np.float32]) -> SpeechChunk:
    return SpeechChunk(samples=read_only(samples.astype(np.float32)), rate_hz=SPEECH_RATE_HZ, text="", last=True)


def _levels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square of every 10 ms."""
    whole = samples[: len(samples) // STEP * STEP].reshape(-1, STEP)
    return np.asarray(np.sqrt(np.mean(np.square(whole), axis=1)), np.float32)
