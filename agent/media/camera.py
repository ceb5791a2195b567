"""Turns a received video track into stamped camera frames, always drained, the newest one waiting."""

import threading

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from agent.core.clock import Clock
from agent.core.mailbox import Mailbox
from agent.core.types import CameraFrame
from agent.media.capture_clock import CaptureClock
from agent.media.hardening import PromptReceiver


class _Converter(threading.local):
    """A thread's own converter. A frame that converts itself sets up a new one, with a thread for every core, each
    time, which takes longer than the conversion."""

    def __init__(self) -> None:
        self.reformatter = VideoReformatter()


_converter = _Converter()


class Picture:
    """A decoded frame of any size and pixel format, turned upright and converted when somebody asks."""

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame
        self._quarters = round(frame.rotation / 90) % 4
        sideways = self._quarters % 2 == 1
        self.width_px = frame.height if sideways else frame.width
        self.height_px = frame.width if sideways else frame.height

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB, upright, contiguous, read-only. Safe from any thread."""
        converted = _converter.reformatter.reformat(self._frame, format="rgb24", threads=1)
        decoded = np.asarray(converted.to_ndarray(), dtype=np.uint8)
        array = np.ascontiguousarray(np.rot90(decoded, self._quarters))
        array.setflags(write=False)
        return array


class Camera:
    """A customer's camera: drains its track for as long as `run` runs, and leaves the newest frame in `frames`."""

    def __init__(
        self,
        track: MediaStreamTrack,
        receiver: PromptReceiver,
        *,
        call_id: str,
        capture: CaptureClock,
        clock: Clock,
    ) -> None:
        self.frames: Mailbox[CameraFrame] = Mailbox(1)
        self.decoded = 0
        self.unwanted = 0
        """Frames that came out of the decoder when nobody might look at them any more."""
        self._track = track
        self._receiver = receiver
        self._call_id = call_id
        self._capture = capture
        self._clock = clock

    async def run(self) -> None:
        """Returns when the track has ended; `frames` is closed then."""
        try:
            while True:
                frame = await self._track.recv()
                if isinstance(frame, VideoFrame):
                    self.unwanted += self.frames.closed
                    self.frames.put(self._stamped(frame))
        except MediaStreamError:
            pass
        finally:
            self.frames.close()

    def _stamped(self, frame: VideoFrame) -> CameraFrame:
        pts = frame.pts or 0
        stamp = self._capture.stamp(
            frame_id=self.decoded,
            rtp_timestamp=pts,
            arrived_ns=self._receiver.arrived_ns(pts) or self._clock.now_ns(),
        )
        self.decoded += 1
        picture = Picture(frame)
        return CameraFrame(
            call_id=self._call_id,
            stamp=stamp,
            width_px=picture.width_px,
            height_px=picture.height_px,
            pixels=picture,
            passage=self._receiver.passage(pts),
        )
