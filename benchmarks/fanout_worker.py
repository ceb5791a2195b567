"""An agent's hub and its supervisors' WebSocket alone, with one call whose signals come at a steady rate.

Run as `python -m benchmarks.fanout_worker RATE_HZ`; prints its port as JSON, and ends when standard input closes.
"""

import asyncio
import json
import socket
import sys
import time

import uvicorn
from fastapi import FastAPI

from agent.core.clock import NS_PER_S
from agent.core.settings import load_settings
from agent.core.signals import ExpressionSignal, ExpressionValue
from agent.transport.auth import Doorkeeper
from agent.transport.hub import Hub
from agent.transport.keys import ProgramKeys
from agent.transport.record import nothing_recorded
from agent.transport.supervisor_messages import CallSummary
from agent.transport.supervisors import supervisor_router

CALL_ID = "fanout"


def signal_of(seq: int) -> ExpressionSignal:
    """A signal of usual size, captured now."""
    labels = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
    return ExpressionSignal(
        call_id=CALL_ID,
        seq=seq,
        confidence=0.61,
        valid=True,
        frame_id=seq,
        captured_at=time.time_ns() / NS_PER_S,
        captured_error_ms=1.5,
        captured_from="sender",
        media_ms=seq * 33.3,
        age_ms=17.25,
        sources=("face", "expression"),
        value=ExpressionValue(
            label="neutral", probabilities=dict.fromkeys(labels, 0.125), valence=0.05, arousal=0.125, weight=0.9
        ),
    )


async def _publish(hub: Hub, rate_hz: float) -> None:
    """Publishes until cancelled, leaving out what it is too late for."""
    seq, due_s = 0, time.monotonic()
    while True:
        due_s = max(due_s + 1 / rate_hz, time.monotonic())
        await asyncio.sleep(due_s - time.monotonic())
        hub.publish_signals(CALL_ID, [signal_of(seq)])
        seq += 1


async def _serve(rate_hz: float) -> None:
    hub = Hub()
    summary = CallSummary(call_id=CALL_ID, state="connected", started_at=time.time(), locale="en", purposes=())
    hub.put_call(summary)
    app = FastAPI()
    app.state.doorkeeper = Doorkeeper(ProgramKeys(load_settings().identity))
    app.include_router(supervisor_router(hub, lambda seconds: None, nothing_recorded))
    with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listening:
        config = uvicorn.Config(
            app, log_level="warning", ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(server.serve(sockets=[listening])), tasks.create_task(_publish(hub, rate_hz))]
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
            for task in running:
                task.cancel()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
