"""Turns received video tracks into stamped camera frames, always drained, the newest one waiting."""

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from agent.core.clock import Clock
from agent.core.mailbox import Mailbox
from agent.core.pictures import Picture
from agent.core.types import CameraFrame
from agent.media.hardening import PromptReceiver
from agent.media.timeline import Stretch, Timeline


class Camera:
    """A customer's camera: `read` drains one connection's track, and leaves the newest frame in `frames`."""

    def __init__(self, timeline: Timeline, *, call_id: str, clock: Clock) -> None:
        self.frames: Mailbox[CameraFrame] = Mailbox(1)
        self.decoded = 0
        self.unwanted = 0
        """Frames that came out of the decoder when nobody might look at them any more."""
        self.timeline = timeline
        self._call_id = call_id
        self._clock = clock

    async def read(self, track: MediaStreamTrack, receiver: PromptReceiver, stretch: Stretch) -> None:
        """Returns when the track has ended."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.unwanted += self.frames.closed
                self.frames.put(self._stamped(frame, receiver, stretch))

    def _stamped(self, frame: VideoFrame, receiver: PromptReceiver, stretch: Stretch) -> CameraFrame:
        pts = frame.pts or 0
        stamp = self.timeline.capture.stamp(
            frame_id=self.decoded,
            rtp_timestamp=stretch.of(pts),
            arrived_ns=receiver.arrived_ns(pts) or self._clock.now_ns(),
        )
        self.decoded += 1
        picture = Picture(frame)
        return CameraFrame(
            call_id=self._call_id,
            stamp=stamp,
            width_px=picture.width_px,
            height_px=picture.height_px,
            pixels=picture,
            passage=receiver.passage(pts),
        )
