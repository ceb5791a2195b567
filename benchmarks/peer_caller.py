"""The customer of a peer: sends a loop of numbered, encoded pictures and silence, and notes what comes back when.

Run as `python -m benchmarks.peer_caller URL MEDIA`, where URL takes offers and MEDIA is a file of
`benchmarks.encoded_media` whose pictures are numbered. Prints a JSON line when the first result has come, or why none
came; hangs up when standard input closes, and then prints every result.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from av import Packet

from agent.core.errors import AgentError
from agent.media.caller import Caller
from agent.media.clips import ArraySource
from benchmarks.encoded_media import EncodedMedia, load
from benchmarks.face import face_picture
from benchmarks.load_caller import EncodedCamera, EncodedMicrophone

FIRST_RESULT_WITHIN_S = 30.0
TOKEN = "anybody"
"""Peers let everyone in."""


class PeerResult(msgspec.Struct, frozen=True, array_like=True):
    """One analysed frame, in nanoseconds of this machine's monotonic clock."""

    handed_ns: int
    """When its packet was handed to the sender."""
    finished_ns: int
    """When the peer knew what is in it."""
    received_ns: int
    """When the customer got to know."""
    face: bool
    """Whether an expression was read."""


class NumberedCamera(EncodedCamera):
    """Remembers when it last handed over each picture of its loop."""

    def __init__(self, media: EncodedMedia) -> None:
        super().__init__(media, 0.0)
        self.handed_ns: dict[int, int] = {}
        self._numbers = {frame: number for number, frame in enumerate(media.pictures[0].frames)}

    async def recv(self) -> "Packet[Any]":  # type: ignore[override]
        packet = await super().recv()
        self.handed_ns[self._numbers[bytes(packet)]] = time.monotonic_ns()
        return packet


class Results:
    """What came back over the data channel. A peer that is a whole loop behind would seem to be that much quicker."""

    def __init__(self, camera: NumberedCamera) -> None:
        self.first = asyncio.Event()
        self.all: list[PeerResult] = []
        self._camera = camera

    def take(self, text: str) -> None:
        received_ns = time.monotonic_ns()
        seen = json.loads(text)
        # Peers' libraries send messages of their own, too.
        if not isinstance(seen, dict) or "finished_ns" not in seen:
            return
        handed_ns = self._camera.handed_ns.get(seen["frame"])
        if handed_ns is not None:
            self.all.append(PeerResult(handed_ns, seen["finished_ns"], received_ns, seen["expression"] is not None))
            self.first.set()


async def _run(url: str, media: EncodedMedia) -> None:
    camera = NumberedCamera(media)
    results = Results(camera)
    frames = ArraySource(face_picture, fps=media.pictures[0].fps)
    caller = Caller(url, TOKEN, frames=frames, voice=False, on_message=results.take)
    caller.camera = camera
    caller.voice = EncodedMicrophone(media.hush, 0.0)  # type: ignore[assignment]
    async with caller.call():
        for transceiver in caller.transceivers:
            if transceiver.kind == "video":
                camera.sent_by(transceiver.sender)
        async with asyncio.timeout(FIRST_RESULT_WITHIN_S):
            await results.first.wait()
        print(json.dumps({"connected": True}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(msgspec.json.encode(results.all).decode(), flush=True)


async def _main() -> None:
    try:
        await _run(sys.argv[1], load(Path(sys.argv[2])))
    except (AgentError, TimeoutError, OSError) as error:
        print(json.dumps({"failed": str(error) or "no result came"}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
