"""The usual way to analyse a call: aiortc as it comes, and the models run where the frames are received.

    python -m benchmarks.peer_usual EXPRESSION_MODEL

It is what one writes after the examples of aiortc (`examples/server`) and of MediaPipe: for each frame of the camera
the models run in the event loop, and the result goes back over the data channel. Sound is received and left alone.
"""

import asyncio
import json
import sys
from pathlib import Path

import numpy as np
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from benchmarks.peer_models import Models
from benchmarks.peer_server import serve


class Call:
    """One customer."""

    def __init__(self, models: Models, tasks: asyncio.TaskGroup) -> None:
        self._models = models
        self._tasks = tasks
        self._channel: RTCDataChannel | None = None
        self._sound = MediaBlackhole()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.on("datachannel", self._take_channel)
        self._connection.on("track", self._take_track)

    async def answer(self, offer: str) -> str:
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        await self._sound.start()
        return str(self._connection.localDescription.sdp)

    async def close(self) -> None:
        await self._sound.stop()
        await self._connection.close()

    def _take_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel

    def _take_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._sound.addTrack(track)
        else:
            self._tasks.create_task(self._analyse(track))

    async def _analyse(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, VideoFrame)
            seen = self._models.look(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
            if self._channel is not None:
                self._channel.send(json.dumps(seen))


async def _run(expression: Path) -> None:
    models = Models(expression)
    calls: list[Call] = []
    async with asyncio.TaskGroup() as tasks:

        async def answer(offer: str) -> str:
            calls.append(Call(models, tasks))
            return await calls[-1].answer(offer)

        await serve(answer)
        for call in calls:
            await call.close()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
