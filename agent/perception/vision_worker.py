"""The process that reads pictures: a `VisionPool`, asked and answered over a link. `VisionProcess` is its other end."""

import asyncio
import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from agent.core.clock import SystemClock
from agent.core.pictures import Layout, Picture
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import CameraFrame, Stamp, VisionReading
from agent.inference.model_process import Link
from agent.inference.runtime import Opened, Runtime
from agent.perception.frame_memory import FrameMemory
from agent.perception.vision_pool import Use, VisionPool

log = logging.getLogger(__name__)

TELLS_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    runtime: Runtime
    vision: VisionSettings
    perception: PerceptionSettings
    memory: int
    """Descriptor of the `FrameMemory`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    threads: int
    models: tuple[Opened, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """What the pool is to be told of a call."""

    method: Literal["open_call", "close_call", "follow", "set_rates"]
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A frame to be read."""

    job: int
    call_id: str
    stamp: Stamp
    layout: Layout
    slot: int
    """Where its picture lies."""
    submitted_ns: int
    deadline_ns: int
    preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the pool fares."""

    busy_ns: int = 0
    lost_threads: int = 0
    fault: str | None = None
    runs: Mapping[str, int] = field(default_factory=dict)
    """Of each model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    job: int
    reading: VisionReading | None
    """None where the picture could not be taken out of the memory."""
    busy_ns: int
    use: Use | None
    """What its call has used; None once it is closed."""


def main(link: Link, setup: Setup) -> None:
    """Serves until the link ends. Raises what loading the models raises."""
    asyncio.run(_Worker(link, setup).run())


class _Worker:
    def __init__(self, link: Link, setup: Setup) -> None:
        self._link = link
        self._memory = FrameMemory(setup.memory)
        self._runtime = setup.runtime
        self._clock = SystemClock()
        self._pool = VisionPool(self._runtime, setup.vision, self._clock, perception=setup.perception)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        await self._pool.start()
        try:
            self._link.send(Ready(threads=self._pool.threads, models=tuple(self._runtime.report())))
            threading.Thread(target=self._listen, name="link", daemon=True).start()
            self._tell_standing()
            await self._over.wait()
        finally:
            await self._pool.stop()

    def _listen(self) -> None:
        """In a thread of its own, until the link ends."""
        try:
            while True:
                self._loop.call_soon_threadsafe(self._take, self._link.receive())
        except (OSError, EOFError):
            self._loop.call_soon_threadsafe(self._over.set)

    def _take(self, message: Tell | Read) -> None:
        if isinstance(message, Read):
            self._read(message)
        else:
            getattr(self._pool, message.method)(*message.arguments)

    def _read(self, asked: Read) -> None:
        """The picture is taken out of the shared memory at once, so that the slot is free for the next one."""
        try:
            picture = Picture.unpacked(asked.layout, self._memory.view(asked.slot, asked.layout.size_bytes))
        except Exception:
            # Whoever waits for this frame would wait for ever, and its call would see no more.
            log.exception("call %s, frame %d: no picture could be made of it", asked.call_id, asked.stamp.frame_id)
            self._answer(asked, None)
            return
        frame = CameraFrame(
            call_id=asked.call_id,
            stamp=asked.stamp,
            width_px=picture.width_px,
            height_px=picture.height_px,
            pixels=picture,
        )
        answer = self._pool.submit(
            asked.call_id, frame, asked.deadline_ns, preview=asked.preview, submitted_ns=asked.submitted_ns
        )
        answer.add_done_callback(lambda answer: self._answer(asked, answer.result()))

    def _answer(self, asked: Read, reading: VisionReading | None) -> None:
        use = self._pool.use_of(asked.call_id)
        self._send(Done(job=asked.job, reading=reading, busy_ns=self._pool.busy_ns, use=use))

    def _tell_standing(self) -> None:
        pool = self._pool
        self._send(
            Standing(
                busy_ns=pool.busy_ns, lost_threads=pool.lost_threads, fault=pool.fault, runs=dict(self._runtime.runs())
            )
        )
        self._loop.call_later(TELLS_EVERY_S, self._tell_standing)

    def _send(self, message: Done | Standing) -> None:
        with suppress(OSError):  # the link's end is noticed where it is listened to
            self._link.send(message)
