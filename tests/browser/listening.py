"""What a page heard, from its recording: sound, when there was any, and the words in it."""

import base64
import difflib
import io
import re
from functools import cache

import av
import numpy as np
from av import AudioResampler
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from agent.core.settings import Settings
from agent.core.speech import MIC_RATE_HZ
from agent.inference.registry import Registry

BLOCK_SAMPLES = MIC_RATE_HZ // 50
QUIET_RMS = 0.003


def decoded(webm_base64: str, *, layout: str = "mono") -> NDArray[np.float32]:
    """(channels, n) float32 at 16 kHz of a recording that a page made."""
    resampler = AudioResampler(format="fltp", layout=layout, rate=MIC_RATE_HZ)
    parts = []
    with av.open(io.BytesIO(base64.b64decode(webm_base64)), "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            frame.pts = None
            parts += [part.to_ndarray() for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1)


def sounds(samples: NDArray[np.float32], *, apart_s: float = 0.7) -> list[tuple[float, float]]:
    """Begin and end, in seconds, of each stretch of sound in (n,) samples; silences up to `apart_s` split none."""
    blocks = samples[: len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    loud = np.flatnonzero(np.sqrt(np.square(blocks).mean(axis=1)) > QUIET_RMS)
    block_s = BLOCK_SAMPLES / MIC_RATE_HZ
    stretches = np.split(loud, np.flatnonzero(np.diff(loud) * block_s > apart_s) + 1)
    return [(float(part[0] * block_s), float((part[-1] + 1) * block_s)) for part in stretches if len(part)]


def words_in(samples: NDArray[np.float32]) -> list[str]:
    """What is said in (n,) samples at 16 kHz, by plain faster-whisper with our model: not by the code under test."""
    segments, _ = _whisper().transcribe(np.ascontiguousarray(samples), language="en")
    return words_of(" ".join(segment.text for segment in segments))


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))


def likeness(one: list[str], other: list[str]) -> float:
    """How much two runs of words have in common, letter by letter in order: 1 when they are the same."""
    return difflib.SequenceMatcher(a=" ".join(one), b=" ".join(other), autojunk=False).ratio()


@cache
def _whisper() -> WhisperModel:
    folder = Registry.load(Settings().models.folder).directory("speech_to_text")
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)
