"""A clause on its way to the wire: its samples, how far it has gone out, and where in it to stop or go on."""

from dataclasses import dataclass

import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from agent.core.speech import SpeechChunk, Viseme

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50


@dataclass(slots=True)
class Clause:
    """Speech that waits to be sent, or is being sent."""

    samples: NDArray[np.float32]
    """(n,) float32 at 48 kHz."""
    text: str
    last: bool
    visemes: tuple[Viseme, ...] = ()
    sent: int = 0


def resampled_speech(chunk: SpeechChunk) -> NDArray[np.float32]:
    """(n,) float32 samples at 48 kHz."""
    if chunk.rate_hz == RATE_HZ:
        return chunk.samples
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    frame = AudioFrame.from_ndarray(chunk.samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = chunk.rate_hz
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([np.asarray(part.to_ndarray(), np.float32).reshape(-1) for part in parts])


def samples_since_quiet(samples: NDArray[np.float32]) -> int:
    """How many samples ago (n,) speech was last at its quietest, over stretches of 20 ms; 0 of less than one."""
    steps = len(samples) // FRAME_SAMPLES
    if steps == 0:
        return 0
    levels = np.square(samples[len(samples) - steps * FRAME_SAMPLES :]).reshape(steps, FRAME_SAMPLES).sum(axis=1)
    return (1 + int(np.argmin(levels[::-1]))) * FRAME_SAMPLES


def spoken_part(clause: Clause) -> str:
    """The words of a clause that had gone out, taking it as spoken at an even pace."""
    if not clause.sent:
        return ""
    reach = round(len(clause.text) * clause.sent / max(1, len(clause.samples)))
    if reach >= len(clause.text):
        return clause.text
    return clause.text[:reach].rpartition(" ")[0]
