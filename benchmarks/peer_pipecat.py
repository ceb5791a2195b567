"""A call analysed by pipecat: its SmallWebRTC transport, and the models of the usual way as a processor.

    python -m benchmarks.peer_pipecat EXPRESSION_MODEL

The transport gives every frame of the camera and the sound to the pipeline; results go back as its messages.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger
from pipecat.frames.frames import Frame, InputImageRawFrame, OutputTransportMessageUrgentFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner

from benchmarks.peer_models import Models
from benchmarks.peer_server import serve


class Analyst(FrameProcessor):
    """Turns pictures into messages for the customer, and lets everything else pass."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputImageRawFrame):
            width, height = frame.size
            rgb = np.frombuffer(frame.image, np.uint8).reshape(height, width, 3)
            await self.push_frame(OutputTransportMessageUrgentFrame(message=self._models.look(rgb)))
        else:
            await self.push_frame(frame, direction)


async def _converse(connection: Any, models: Models) -> None:
    transport = SmallWebRTCTransport(connection, TransportParams(audio_in_enabled=True, video_in_enabled=True))

    async def look(_: Any, client: Any) -> None:
        await transport.capture_participant_video(client.pc_id, framerate=None)

    transport.add_event_handler("on_client_connected", look)
    worker = PipelineWorker(
        Pipeline([transport.input(), Analyst(models), transport.output()]), idle_timeout_secs=None, enable_rtvi=False
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def _run(expression: Path) -> None:
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    models = Models(expression)
    conversations: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as tasks:

        async def answer(offer: str) -> str:
            connection = SmallWebRTCConnection()
            await connection.initialize(sdp=offer, type="offer")
            conversations.append(tasks.create_task(_converse(connection, models)))
            return str(connection.get_answer()["sdp"])

        await serve(answer)
        for conversation in conversations:
            conversation.cancel()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
