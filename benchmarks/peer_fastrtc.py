"""A call analysed by fastrtc: a video `Stream` whose handler runs the models of the usual way.

    python -m benchmarks.peer_fastrtc EXPRESSION_MODEL

The handler gets every frame of the camera and gives its result as fastrtc's additional outputs, which go back over the
call's data channel. It returns no picture, so that none is encoded. Sound is received and left alone.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
from fastrtc import AdditionalOutputs, Stream
from fastrtc.stream import Body
from numpy.typing import NDArray

from benchmarks.peer_models import Models
from benchmarks.peer_server import serve


def _stream(models: Models) -> Stream:
    def look(bgr: NDArray[np.uint8]) -> AdditionalOutputs:
        return AdditionalOutputs(models.look(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)))

    return Stream(
        handler=look,
        modality="video",
        mode="send",
        allow_extra_tracks=True,
        additional_outputs_handler=lambda _, new: new,
        server_rtc_configuration={"iceServers": []},
    )


async def _tell(stream: Stream, call_id: str) -> None:
    async for outputs in stream.output_stream(call_id):
        channel: Any = stream.data_channels[call_id]
        channel.send(json.dumps(outputs.args[0]))


async def _run(expression: Path) -> None:
    stream = _stream(Models(expression))
    telling: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as tasks:

        async def answer(offer: str) -> str:
            call_id = uuid4().hex
            answered = await stream.offer(Body(sdp=offer, type="offer", webrtc_id=call_id))
            # Without arguments set, fastrtc passes pictures on and does not call the handler.
            stream.set_input(call_id, None)
            telling.append(tasks.create_task(_tell(stream, call_id)))
            return str(answered["sdp"])

        await serve(answer)
        for task in telling:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
