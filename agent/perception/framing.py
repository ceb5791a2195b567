"""Cuts a track of microphone windows of any length into the even frames that the voice model wants, and dates them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.speech import MIC_RATE_HZ, MicWindow
from agent.core.types import Stamp
from agent.perception.activity import WINDOW_SAMPLES

_RTP_HZ = 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFrame:
    """`WINDOW_SAMPLES` consecutive samples."""

    samples: NDArray[np.float32] = field(repr=False)
    end_sample: int
    """Position in the track just after the last sample."""
    gap_samples: int
    """Samples that are missing before the first one."""


class Framer:
    """The part of one track that does not fill a frame yet."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._next_sample = 0
        """Position in the track of the sample that the next window should begin with."""
        self._gap_samples = 0
        self._window: MicWindow | None = None

    @property
    def started(self) -> bool:
        """Whether a window was ever taken."""
        return self._window is not None

    def frames(self, window: MicWindow) -> Iterator[SoundFrame]:
        """The frames that `window` completes.

        Sound that is cut off by a gap is filled up with zeros, so that none of it is lost. Gaps are found by position,
        whatever the window says of them; a track that jumps back has one too.
        """
        gap_samples = abs(window.start_sample - self._next_sample) if self._window is not None else 0
        if gap_samples and len(self._rest):
            yield self._frame(np.pad(self._rest, (0, WINDOW_SAMPLES - len(self._rest))), self._next_sample)
            self._rest = self._rest[:0]
        self._gap_samples += gap_samples
        self._window = window
        self._next_sample = window.start_sample + len(window.samples)
        sound = np.concatenate((self._rest, window.samples)) if len(self._rest) else window.samples
        start = self._next_sample - len(sound)
        whole = len(sound) - len(sound) % WINDOW_SAMPLES
        self._rest = sound[whole:]
        for begin in range(0, whole, WINDOW_SAMPLES):
            end = begin + WINDOW_SAMPLES
            yield self._frame(sound[begin:end], start + end)

    def stamp_at(self, sample: int) -> Stamp:
        """The stamp of a position near the last window taken, of which there must be one."""
        if self._window is None:
            raise ValueError("no window has been taken yet")
        after = sample - self._window.start_sample
        stamp = self._window.stamp
        after_ns = after * NS_PER_S // MIC_RATE_HZ
        return replace(
            stamp,
            rtp_timestamp=(stamp.rtp_timestamp + after * _RTP_HZ // MIC_RATE_HZ) % (1 << 32),
            arrived_ns=stamp.arrived_ns + after_ns,
            captured_ns=stamp.captured_ns + after_ns,
            media_ms=stamp.media_ms + after * 1_000 / MIC_RATE_HZ,
        )

    def _frame(self, samples: NDArray[np.float32], end_sample: int) -> SoundFrame:
        gap_samples, self._gap_samples = self._gap_samples, 0
        return SoundFrame(samples=samples, end_sample=end_sample, gap_samples=gap_samples)
