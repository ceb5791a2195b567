"""One benchmark customer in a process of its own: a face with the time of capture written into every picture.

Run as `python -m benchmarks.caller URL FPS`; prints the call's id as JSON once connected, hangs up when standard input
closes, and then prints how much processor time it took.
"""

import asyncio
import json
import sys
import time

from av import VideoFrame

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.media.barcode import BITS
from agent.media.clips import BarcodeSource
from benchmarks.face import face_picture

LOOP_S = 7
MICROSECOND_MASK = (1 << BITS) - 1


class PreparedFace:
    """A loop of the moving face, drawn and converted beforehand, so that a frame costs next to nothing when due."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        pictures = (face_picture(index, fps=fps) for index in range(round(LOOP_S * fps)))
        self._frames = [
            VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p") for picture in pictures
        ]

    def picture(self, index: int) -> VideoFrame:
        return self._frames[index % len(self._frames)]


def monotonic_us(index: int) -> int:
    """What the barcode of any frame says: now."""
    return time.monotonic_ns() // 1_000 & MICROSECOND_MASK


async def _call(url: str, fps: float) -> None:
    frames = BarcodeSource(PreparedFace(fps), monotonic_us)
    ticket = await open_call(url, Choice.AGREE)
    customer = Customer(url, ticket, frames=frames, voice=True)
    loop = asyncio.get_running_loop()
    async with customer.caller.call() as caller:
        print(json.dumps({"call_id": ticket.call_id}), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        sent = await caller.report()
    print(json.dumps({"cpu_s": time.process_time(), "frames_sent": sent.frames_sent}), flush=True)


if __name__ == "__main__":
    asyncio.run(_call(sys.argv[1], float(sys.argv[2])))
