"""Turns a received video track into stamped camera frames, always drained, the newest one waiting."""

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from agent.core.clock import Clock
from agent.core.mailbox import Mailbox
from agent.core.pictures import Picture
from agent.core.types import CameraFrame
from agent.media.capture_clock import CaptureClock
from agent.media.hardening import PromptReceiver


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
