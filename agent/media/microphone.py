"""Turns received audio tracks into stamped windows of 16 kHz mono, always drained, every gap accounted for."""

from dataclasses import replace

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S, Clock
from agent.core.mailbox import Mailbox
from agent.core.speech import MIC_RATE_HZ, MicWindow
from agent.core.types import read_only
from agent.media.hardening import PromptReceiver
from agent.media.timeline import Stretch, Timeline

WINDOW_SAMPLES = MIC_RATE_HZ // 50
WINDOWS_KEPT = 100
"""Two seconds: what a listener may fall behind before it loses the oldest."""
TIMELINE_BREAK_S = 5
"""A jump of the track's clock larger than this, or backwards, is a new beginning rather than lost sound."""


class WindowMailbox(Mailbox[MicWindow]):
    """A mailbox whose windows own up to what was dropped before them in `gap_samples`."""

    def __init__(self, capacity: int = WINDOWS_KEPT) -> None:
        super().__init__(capacity)
        self._expected_sample: int | None = None

    async def get(self) -> MicWindow:
        window = await super().get()
        if self._expected_sample is not None and window.start_sample != self._expected_sample + window.gap_samples:
            window = replace(window, gap_samples=window.start_sample - self._expected_sample)
        self._expected_sample = window.start_sample + len(window.samples)
        return window


class Microphone:
    """A customer's microphone: `read` drains one connection's track, and leaves windows in `windows`.

    Takes any rate and layout. A window holds 20 ms or less: what a packet brought is given out with it, not when the
    next one has made it even.
    """

    def __init__(self, timeline: Timeline, *, call_id: str, clock: Clock) -> None:
        self.windows: Mailbox[MicWindow] = WindowMailbox()
        self.decoded = 0
        """Frames that came out of the decoder."""
        self.gap_samples = 0
        """Samples at 16 kHz that never came, over the whole call."""
        self.timeline = timeline
        self._call_id = call_id
        self._clock = clock
        self._format: tuple[int, str, str] | None = None
        self._resampler = AudioResampler(format="s16", layout="mono", rate=MIC_RATE_HZ)
        self._expected_pts = 0
        self._position = 0
        """Sample, gaps counted, at which the next window begins."""
        self._gap = 0
        """Samples missing right before it."""
        self._anchor = (0, 0, MIC_RATE_HZ)
        """A sample, its RTP time, and the RTP clock's ticks a second."""
        self._made = 0

    async def read(self, track: MediaStreamTrack, receiver: PromptReceiver, stretch: Stretch) -> None:
        """Returns when the track has ended."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame) and frame.samples:
                self.take(frame, receiver, stretch)

    def take(self, frame: AudioFrame, receiver: PromptReceiver, stretch: Stretch) -> None:
        """Cuts one decoded frame, whose `pts` is its RTP time in this connection, into windows."""
        arrived_ns = receiver.arrived_ns(frame.pts or 0) or self._clock.now_ns()
        pts = stretch.of(frame.pts or 0)
        clock_hz = round(1 / frame.time_base) if frame.time_base else frame.sample_rate
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        duration_ticks = frame.samples * clock_hz // frame.sample_rate
        if self._format is None:
            self._begin(kind, pts, clock_hz)
        elif kind != self._format or abs(pts - self._expected_pts) > duration_ticks // 2:
            self._give_out(None, arrived_ns)
            self._skip((pts - self._expected_pts) / clock_hz)
            self._begin(kind, pts, clock_hz)
        self._expected_pts = pts + duration_ticks
        frame.pts = None
        self._give_out(frame, arrived_ns)
        self.decoded += 1

    def _begin(self, kind: tuple[int, str, str], pts: int, clock_hz: int) -> None:
        self._format = kind
        self._resampler = AudioResampler(format="s16", layout="mono", rate=MIC_RATE_HZ)
        self._anchor = (self._position, pts, clock_hz)

    def _skip(self, missing_s: float) -> None:
        """Leaves a gap; a clock that went back or far ahead tells nothing of its length, so it is made one window."""
        if missing_s == 0:
            return
        samples = round(missing_s * MIC_RATE_HZ) if 0 < missing_s <= TIMELINE_BREAK_S else WINDOW_SAMPLES
        self._position += samples
        self._gap += samples
        self.gap_samples += samples

    def _give_out(self, frame: AudioFrame | None, arrived_ns: int) -> None:
        """Converts one frame, or with None what the resampler still held before a break."""
        parts = [part.to_ndarray().reshape(-1) for part in self._resampler.resample(frame)]
        if not parts:
            return
        sound = np.multiply(np.concatenate(parts), 1 / 32_768, dtype=np.float32)
        for start in range(0, len(sound), WINDOW_SAMPLES):
            self._emit(sound[start : start + WINDOW_SAMPLES].copy(), arrived_ns)

    def _emit(self, samples: NDArray[np.float32], arrived_ns: int) -> None:
        count = len(samples)
        sample, ticks, clock_hz = self._anchor
        stamp = self.timeline.capture.stamp(
            frame_id=self._made,
            rtp_timestamp=ticks + (self._position - sample) * clock_hz // MIC_RATE_HZ,
            arrived_ns=arrived_ns,
            held_ns=count * NS_PER_S // MIC_RATE_HZ,
        )
        self.windows.put(
            MicWindow(
                call_id=self._call_id,
                stamp=stamp,
                samples=read_only(samples),
                start_sample=self._position,
                gap_samples=self._gap,
            )
        )
        self._made += 1
        self._position += count
        self._gap = 0
