"""Outgoing tracks that stay for the whole call while what they carry is swapped, so that nothing is renegotiated."""

import asyncio
import time
from fractions import Fraction

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, Packet, VideoFrame
from av.frame import Frame
from av.stream import Stream

from agent.core.clock import NS_PER_S
from agent.media.clause import FRAME_SAMPLES, RATE_HZ

VIDEO_CLOCK_HZ = 90_000


class Slot(MediaStreamTrack):
    """A track of one kind that passes on the frames of its present source, and waits while there is none.

    Times are written anew, so that they only ever move forward. A source that ends leaves the slot empty, not ended.
    """

    def __init__(self, kind: str, source: MediaStreamTrack | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._source = source
        self._filled = asyncio.Event()
        self._scope: asyncio.Timeout | None = None
        self._began_ns: int | None = None
        self._next_pts = 0
        if source is not None:
            self._filled.set()

    def switch(self, source: MediaStreamTrack | None) -> None:
        """Carries `source` from the next frame on; None leaves the slot empty. The old source is not stopped."""
        self._source = source
        if source is None:
            self._filled.clear()
        else:
            self._filled.set()
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())

    async def recv(self) -> "Frame | Packet[Stream]":
        """The next frame of the source, or 20 ms of sound that it has encoded itself.

        Raises `MediaStreamError` once the slot itself has been stopped.
        """
        while self.readyState == "live":
            await self._filled.wait()
            source = self._source
            if source is None:
                continue
            frame = await self._from(source)
            if isinstance(frame, AudioFrame | VideoFrame | Packet):
                return self._restamped(frame)
        raise MediaStreamError

    async def _from(self, source: MediaStreamTrack) -> object:
        """The source's next frame, or None when it was switched away from, or ended, before it gave one."""
        ended = False
        try:
            async with asyncio.timeout(None) as self._scope:
                return await source.recv()
        except TimeoutError:
            pass
        except MediaStreamError:
            ended = True
        finally:
            self._scope = None
        if ended and self._source is source:
            self.switch(None)
        return None

    def _restamped(self, frame: "AudioFrame | VideoFrame | Packet[Stream]") -> "Frame | Packet[Stream]":
        now_ns = time.monotonic_ns()
        if self._began_ns is None:
            self._began_ns = now_ns
        if self.kind == "video":
            elapsed = (now_ns - self._began_ns) * VIDEO_CLOCK_HZ // NS_PER_S
            frame.pts = max(self._next_pts, elapsed)
            frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
            self._next_pts = frame.pts + 1
            return frame
        assert not isinstance(frame, VideoFrame), "a slot of sound has no source of pictures"
        rate_hz, samples = (RATE_HZ, FRAME_SAMPLES) if isinstance(frame, Packet) else (frame.sample_rate, frame.samples)
        elapsed = (now_ns - self._began_ns) * rate_hz // NS_PER_S
        if elapsed - self._next_pts > rate_hz:
            self._next_pts = elapsed
        frame.pts = self._next_pts
        frame.time_base = Fraction(1, rate_hz)
        self._next_pts += samples
        return frame
