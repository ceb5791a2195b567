"""Speech in windows: a VITS voice whose sound leaves while the rest of the clause has not been computed."""

import threading
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from agent.inference.runtime import Runtime

TEXT, FLOW, DECODER = "voice_text", "voice_flow", "voice_decoder"
FLOW_CONTEXT, DECODER_CONTEXT = 32, 10
"""Frames on either side that a frame depends on: four couplings of four convolutions that reach two frames each, and
the widest path through the decoder's convolutions (VITS, Kim and others, 2021; HiFi-GAN, Kong and others, 2020)."""

FRAME_SAMPLES = 256
"""Samples of sound a frame, at the voice's rate."""
FIRST_FRAMES = 28
"""Of the first window, about a third of a second: what a customer waits for, and listens to until the next is there."""
GROWTH = 3
"""Each window is this many times the one before: a second of sound takes a tenth of one on a quiet machine."""
MOST_FRAMES = 96


def windows(frames: int) -> Iterator[tuple[int, int]]:
    """Start and stop of the stretches in which a clause of so many frames is computed.

    Every joint costs its context again, so what would be left over, being less than a window, joins the one before.
    """
    start, size = 0, FIRST_FRAMES
    while start < frames:
        stop = start + size if frames - start >= 2 * size else frames
        yield start, stop
        start, size = stop, min(size * GROWTH, MOST_FRAMES)


class Vits:
    """The three models of a voice. Any threads may ask; the models run for one of them at a time."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelMissing` or `ModelMismatch` when a model is not what the manifest says."""
        self._text = runtime.open(TEXT)
        self._flow = runtime.open(FLOW)
        self._decoder = runtime.open(DECODER)
        self._alone = threading.Lock()

    def timed(
        self, ids: list[int], *, noise: float, length: float, duration_noise: float
    ) -> tuple[NDArray[np.float32], list[float]]:
        """What `sound` makes sound of, (1, 192, n), and of these n frames how many each phoneme takes.

        `ids` are the clause's phonemes, `length` scales their durations, and the noises say how much chance there is.
        """
        with self._alone:
            prior, durations = self._text.run(
                np.array([ids], np.int64),
                np.array([len(ids)], np.int64),
                np.array([noise, length, duration_noise], np.float32),
            )
        return prior, durations.reshape(-1).tolist()

    def sound(self, prior: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.float32], float]]:
        """Windows of sound, (n,) float32 at the voice's rate, each with the share of the clause done by then.

        Joined, they are what the clause would have been in one piece, up to rounding.
        """
        frames = prior.shape[2]
        latent = np.empty_like(prior)
        known = 0
        for start, stop in windows(frames):
            reach = min(frames, stop + DECODER_CONTEXT)
            with self._alone:
                left, right = max(0, known - FLOW_CONTEXT), min(frames, reach + FLOW_CONTEXT)
                (flowed,) = self._flow.run(np.ascontiguousarray(prior[:, :, left:right]))
                latent[:, :, known:reach] = flowed[:, :, known - left : reach - left]
                left, known = max(0, start - DECODER_CONTEXT), reach
                (output,) = self._decoder.run(np.ascontiguousarray(latent[:, :, left:reach]))
            samples = output.reshape(-1)
            each = len(samples) // (reach - left)
            yield samples[(start - left) * each : (stop - left) * each], stop / frames
