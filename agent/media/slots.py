"""Outgoing tracks that stay for the whole call while what they carry is swapped, so that nothing is renegotiated."""

import asyncio
import time
from fractions import Fraction

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame
from av.frame import Frame

from agent.core.clock import NS_PER_S

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
        self._followed: MediaStreamTrack | None = None
        """Whose sound was passed on last, up to `_followed_pts` of its own time."""
        self._followed_pts = 0
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

    async def recv(self) -> Frame:
        """The next frame of the source. Raises `MediaStreamError` once the slot itself has been stopped."""
        while self.readyState == "live":
            await self._filled.wait()
            source = self._source
            if source is None:
                continue
            frame = await self._from(source)
            if isinstance(frame, AudioFrame | VideoFrame):
                return self._restamped(frame, source)
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

    def _restamped(self, frame: AudioFrame | VideoFrame, source: MediaStreamTrack) -> Frame:
        now_ns = time.monotonic_ns()
        if self._began_ns is None:
            self._began_ns = now_ns
        if isinstance(frame, VideoFrame):
            elapsed = (now_ns - self._began_ns) * VIDEO_CLOCK_HZ // NS_PER_S
            frame.pts = max(self._next_pts, elapsed)
            frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
            self._next_pts = frame.pts + 1
            return frame
        elapsed = (now_ns - self._began_ns) * frame.sample_rate // NS_PER_S
        if elapsed - self._next_pts > frame.sample_rate:
            self._next_pts = elapsed
        left_out = self._left_out(frame, source)
        if left_out:
            # A source that leaves silence out has its time pass all the same, but never faster than time does.
            self._next_pts = max(self._next_pts, min(self._next_pts + left_out, elapsed))
        frame.pts = self._next_pts
        frame.time_base = Fraction(1, frame.sample_rate)
        self._next_pts += frame.samples
        return frame

    def _left_out(self, frame: AudioFrame, source: MediaStreamTrack) -> int:
        """Samples by which this frame begins later on its source's own time than the one before ended."""
        begins = frame.pts if frame.pts is not None else self._followed_pts
        left_out = begins - self._followed_pts if source is self._followed else 0
        self._followed, self._followed_pts = source, begins + frame.samples
        return max(0, left_out)
