"""Small pictures of a call for those who look at many: made of the analysed ones, one a second at most."""

import asyncio

import cv2
import numpy as np

from agent.core.clock import NS_PER_S, Clock
from agent.transport.hub import Hub
from agent.transport.supervisor_messages import GlimpseHeader, encode_picture

EVERY_S = 1.0
WIDTH_PX = 160
QUALITY = 70


class Glimpses:
    """Belongs to a call and to its event loop; pictures are made smaller in a thread."""

    def __init__(self, call_id: str, clock: Clock, hub: Hub) -> None:
        self._call_id = call_id
        self._clock = clock
        self._hub = hub
        self._due_ns = 0

    def wanted(self) -> bool:
        """Whether the next picture is to be a small one too."""
        return self._hub.glanced(self._call_id) and self._clock.now_ns() >= self._due_ns

    async def show(self, *, frame_id: int, captured_at: float, jpeg: bytes) -> None:
        """Makes `jpeg` small, and sends it to those who glance at this call."""
        self._due_ns = self._clock.now_ns() + round(EVERY_S * NS_PER_S)
        small = await asyncio.to_thread(made_small, jpeg)
        if small is not None:
            header = GlimpseHeader(call_id=self._call_id, frame_id=frame_id, captured_at=captured_at)
            self._hub.publish_glimpse(self._call_id, encode_picture(header, small))


def made_small(jpeg: bytes) -> bytes | None:
    """The same picture as a JPEG of `WIDTH_PX`; None for one that cannot be read."""
    # The decoder leaves out what is not needed at a quarter of the size.
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    if picture is None:
        return None
    height_px, width_px = picture.shape[:2]
    if width_px > WIDTH_PX:
        size = WIDTH_PX, max(1, round(height_px * WIDTH_PX / width_px))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    made, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return encoded.tobytes() if made else None
