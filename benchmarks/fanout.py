"""What following a call costs the agent: its hub over real WebSockets, with ever more supervisors."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.client import connect

from agent.core.errors import AgentError
from benchmarks.fanout_worker import CALL_ID
from benchmarks.percentiles import Machine, Percentiles, percentiles, this_machine
from benchmarks.processes import KEY_HEADER, KEY_SETTING, cpu_seconds, ended, first_line
from benchmarks.slopes import Slope, slope

WARM_UP_S = 1.0
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the wished number of supervisors, measured one after the other."""


class FanoutStep(msgspec.Struct, frozen=True, kw_only=True):
    supervisors: int
    cores: float
    """Processor seconds a second of the process that publishes."""
    delivery_ms: Percentiles
    """From making a signal to reading it, over all supervisors; they share one process, whose pace is part of it."""
    received_share: float
    """Signals received of those published, over all supervisors; a slow one gets the latest instead of all."""


class FanoutReport(msgspec.Struct, frozen=True, kw_only=True):
    rate_hz: float
    steps: list[FanoutStep]
    cores_fit: Slope | None
    """Cores by number of supervisors."""
    seconds: float
    machine: Machine


class _Signal(msgspec.Struct):
    seq: int
    captured_at: float


class _Message(msgspec.Struct):
    """What is read of a message; others than signals are skipped."""

    type: str
    signal: _Signal | None = None


_decoder = msgspec.json.Decoder(_Message)


class Supervisors:
    """Connected to one hub, all following its call."""

    def __init__(self) -> None:
        self.delivery_ms: list[float] = []
        self.first_seq: int | None = None
        self.last_seq = 0

    def begin(self) -> None:
        self.delivery_ms.clear()
        self.first_seq = None

    async def follow(self, url: str, connected: asyncio.Semaphore) -> None:
        """One of them, until cancelled; releases `connected` with its first signal."""
        async with connect(url, compression=None, additional_headers=KEY_HEADER) as socket:
            await socket.send(json.dumps({"type": "watch", "call_id": CALL_ID, "pictures": False}))
            while (await self._next(socket.recv)) is None:
                pass
            connected.release()
            while True:
                await self._next(socket.recv)

    async def _next(self, recv: Callable[..., object]) -> int | None:
        """The next message; its number if it is a signal."""
        message = _decoder.decode(await recv(decode=False))  # type: ignore[misc]
        if message.signal is None:
            return None
        self.delivery_ms.append((time.time() - message.signal.captured_at) * 1e3)
        seq: int = message.signal.seq
        self.first_seq = seq if self.first_seq is None else self.first_seq
        self.last_seq = max(self.last_seq, seq)
        return seq


async def measure(*, supervisors: int, rate_hz: float, seconds: float) -> FanoutReport:
    """Measures one supervisor, then ever larger `SHARES` of the wished number, each for `seconds`.

    Raises `AgentError`.
    """
    counts = sorted({max(1, round(share * supervisors)) for share in SHARES} | {1})
    steps = [await _step(count, rate_hz, seconds) for count in counts]
    return FanoutReport(
        rate_hz=rate_hz,
        steps=steps,
        cores_fit=slope([(step.supervisors, step.cores) for step in steps]),
        seconds=seconds,
        machine=this_machine(),
    )


async def _step(count: int, rate_hz: float, seconds: float) -> FanoutStep:
    crowd, connected = Supervisors(), asyncio.Semaphore(0)
    async with _publisher(rate_hz) as (url, pid), asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(crowd.follow(url, connected)) for _ in range(count)]
        for _ in running:
            await connected.acquire()
        await asyncio.sleep(WARM_UP_S)
        cpu_before_s, began_s = cpu_seconds(pid), time.monotonic()
        crowd.begin()
        await asyncio.sleep(seconds)
        took_s, cpu_s = time.monotonic() - began_s, cpu_seconds(pid) - cpu_before_s
        for task in running:
            task.cancel()
    if not crowd.delivery_ms or crowd.first_seq is None:
        raise AgentError("no signal reached a supervisor; is the machine too busy?")
    published = crowd.last_seq - crowd.first_seq + 1
    return FanoutStep(
        supervisors=count,
        cores=round(cpu_s / took_s, 4),
        delivery_ms=percentiles(crowd.delivery_ms),
        received_share=round(min(1.0, len(crowd.delivery_ms) / (published * count)), 4),
    )


@asynccontextmanager
async def _publisher(rate_hz: float) -> AsyncIterator[tuple[str, int]]:
    """The hub in a process of its own; its WebSocket address and process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.fanout_worker",
        str(rate_hz),
        env={**os.environ, **KEY_SETTING},
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        port = (await first_line(process, "the hub"))["port"]
        yield f"ws://127.0.0.1:{port}/ws/supervisor", process.pid
    finally:
        await ended(process, "the hub")
