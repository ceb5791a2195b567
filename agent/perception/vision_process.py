"""Reads the pictures of all calls in a process of its own, which is started again when it dies."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from av import VideoFrame

from agent.core.budget import Rates
from agent.core.clock import Clock
from agent.core.consent import Consent
from agent.core.errors import CallNotFound
from agent.core.frames import FrameOutcome
from agent.core.pictures import Layout, Picture
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import CameraFrame, VisionReading
from agent.inference.lasting_process import LastingProcess
from agent.inference.model_process import Link, ModelProcess
from agent.inference.runtime import Opened, Runtime
from agent.perception import vision_worker
from agent.perception.frame_memory import SLOT_BYTES, FrameMemory
from agent.perception.vision import unread
from agent.perception.vision_pool import Use
from agent.perception.vision_worker import Done, Read, Ready, Setup, Standing, Tell

SILENT_S = 15.0
"""It says how it fares every second; after so long without a word it hangs as a whole."""
LOST = f"{FrameOutcome.FAILED}: its process ended"
NO_PICTURE = f"{FrameOutcome.FAILED}: no picture could be made of it"
NO_ROOM = f"{FrameOutcome.FAILED}: no memory for a picture of this size"


@dataclass(slots=True, eq=False)
class _Call:
    consent: Consent
    slot: int | None
    rates: Rates = Rates()
    waiting: bool = False
    use: Use = field(default_factory=Use)


@dataclass(slots=True, eq=False)
class _Job:
    frame: CameraFrame
    call: _Call
    answer: "asyncio.Future[VisionReading]"


class VisionProcess:
    """What `VisionPool` offers, from a process of its own: its threads have an interpreter for themselves, and
    what crashes natively takes no call with it. Belongs to one event loop; nothing here blocks it.

    A frame's planes go over in shared memory, its reading comes back over a link. While the process is down, frames
    come back unread. Sending never waits: a message takes a few kB, and a call has one frame here at a time, so that
    even a process that stands still leaves room in the socket's buffer of 200 kB until it is given up.
    """

    def __init__(
        self,
        runtime: Runtime,
        vision: VisionSettings,
        perception: PerceptionSettings,
        clock: Clock,
        *,
        main: Callable[[Link, Any], None] = vision_worker.main,
    ) -> None:
        """Models are opened as `runtime` would open them. `main` is what the process does."""
        self._clock = clock
        self._memory = FrameMemory()
        setup = Setup(runtime=runtime, vision=vision, perception=perception, memory=self._memory.descriptor)
        self._process = LastingProcess(
            ModelProcess("pictures", main, setup, pass_fds=(setup.memory,)),
            clock,
            name="pictures",
            silent_s=SILENT_S,
            on_began=self._began,
            on_message=self._take,
            on_ended=self._ended,
        )
        self._calls: dict[str, _Call] = {}
        self._jobs: dict[int, _Job] = {}
        self._numbers = itertools.count()
        self._ready = Ready(threads=0, models=())
        self._standing = Standing()
        self._lost = 0
        self._worked_ns = 0
        """By processes that have ended."""

    async def start(self) -> None:
        """Starts the process and waits until it has loaded and warmed its models. Raises what loading raises."""
        await self._process.start()

    async def stop(self) -> None:
        """Ends the process; frames that wait come back unread."""
        self._give_up(FrameOutcome.STOPPED)
        await self._process.stop()
        self._memory.close()

    @property
    def threads(self) -> int:
        """How many read pictures."""
        return self._ready.threads

    @property
    def process_id(self) -> int | None:
        return self._process.process_id

    @property
    def models(self) -> tuple[Opened, ...]:
        """Those that the process has opened."""
        return self._ready.models

    @property
    def busy_ns(self) -> int:
        """Time that the threads have worked, all together."""
        return self._worked_ns + self._standing.busy_ns

    @property
    def runs(self) -> Mapping[str, int]:
        """How often each model has run."""
        return self._standing.runs

    @property
    def lost_threads(self) -> int:
        """Threads that hung or died so far, and all of them for each time that the process ended."""
        return self._lost + self._standing.lost_threads

    @property
    def fault(self) -> str | None:
        """What is wrong, in plain words."""
        return self._standing.fault if self._process.up else "the process that reads pictures is being started again"

    def open_call(self, call_id: str, consent: Consent) -> None:
        """Takes frames of this call from here on, and reads of them what `consent` allows."""
        call = self._calls[call_id] = _Call(consent, self._memory.lend())
        self._process.tell(Tell("open_call", (call_id, call.consent)))

    def close_call(self, call_id: str) -> None:
        """Takes no more frames of this call; one that is here still comes back. Does nothing for a call not open."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._process.tell(Tell("close_call", (call_id,)))
            if call.slot is not None and not call.waiting:
                self._memory.give_back(call.slot)

    def follow(self, call_id: str, consent: Consent) -> None:
        """The consent that stands from now on: frames whose analysis has not begun are read under it.

        Raises `CallNotFound` for a call that is not open, as does everything here that is asked about a call.
        """
        self._call(call_id).consent = consent
        self._process.tell(Tell("follow", (call_id, consent)))

    def set_rates(self, call_id: str, rates: Rates) -> None:
        """How often hands and expression of this call are read from now on."""
        self._call(call_id).rates = rates
        self._process.tell(Tell("set_rates", (call_id, rates)))

    def model_runs(self, call_id: str) -> dict[str, int]:
        """How often each model has run for this call; models that never ran are absent."""
        return self._call(call_id).use.model_runs

    def used_ns(self, call_id: str) -> int:
        """Time of threads that this call has used."""
        return self._call(call_id).use.thread_ns

    def submit(
        self, call_id: str, frame: CameraFrame, deadline_ns: int, *, preview: bool = False
    ) -> "asyncio.Future[VisionReading]":
        """The frame's reading, to be awaited before the call's next frame is submitted.

        A frame that could not be read by `deadline_ns` on the clock comes back unread; so does one on which a model
        failed or hung, or whose process ended. `preview` asks for the picture itself as JPEG.
        """
        call = self._call(call_id)
        if call.waiting:
            raise RuntimeError(f"call {call_id} has a frame here already; await its reading first")
        job = _Job(frame, call, asyncio.get_running_loop().create_future())
        number = next(self._numbers)
        self._jobs[number] = job
        call.waiting = True
        picture = _picture(frame)
        layout = picture.layout()
        refused = self._refused(layout)
        if refused is not None or call.slot is None:
            self._finish(number, self._skip(frame, refused or NO_ROOM))
            return job.answer
        picture.copy_into(self._memory.view(call.slot, layout.size_bytes))
        self._process.tell(
            Read(
                job=number,
                call_id=call_id,
                stamp=frame.stamp,
                layout=layout,
                slot=call.slot,
                submitted_ns=self._clock.now_ns(),
                deadline_ns=deadline_ns,
                preview=preview,
            )
        )
        return job.answer

    def _refused(self, layout: Layout) -> str | None:
        """Why a picture is not even handed over."""
        if self._process.stopping:
            return FrameOutcome.STOPPED
        if not self._process.up:
            return LOST
        return NO_ROOM if layout.size_bytes > SLOT_BYTES else None

    def _call(self, call_id: str) -> _Call:
        try:
            return self._calls[call_id]
        except KeyError:
            raise CallNotFound(f"perception knows no open call {call_id}") from None

    def _skip(self, frame: CameraFrame, reason: str) -> VisionReading:
        return unread(frame, reason, now_ns=self._clock.now_ns())

    def _finish(self, number: int, reading: VisionReading) -> None:
        job = self._jobs.pop(number, None)
        if job is None:
            return
        job.call.waiting = False
        if self._calls.get(job.frame.call_id) is not job.call and job.call.slot is not None:
            self._memory.give_back(job.call.slot)
        if not job.answer.done():
            job.answer.set_result(reading)

    def _give_up(self, reason: str) -> None:
        for number, job in list(self._jobs.items()):
            self._finish(number, self._skip(job.frame, reason))

    def _take(self, message: Done | Standing) -> None:
        if isinstance(message, Standing):
            self._standing = message
            return
        self._standing = replace(self._standing, busy_ns=message.busy_ns)
        job = self._jobs.get(message.job)
        if job is None:
            return
        if message.use is not None:
            job.call.use = message.use
        self._finish(message.job, message.reading or self._skip(job.frame, NO_PICTURE))

    def _began(self, ready: Ready) -> None:
        """It learns of all calls, as of each that is opened later."""
        self._ready = ready
        for call_id, call in self._calls.items():
            self._process.tell(Tell("open_call", (call_id, call.consent)))
            self._process.tell(Tell("set_rates", (call_id, call.rates)))

    def _ended(self) -> None:
        self._lost += self.threads + self._standing.lost_threads
        self._worked_ns += self._standing.busy_ns
        self._standing = Standing()
        self._give_up(LOST)


def _picture(frame: CameraFrame) -> Picture:
    if isinstance(frame.pixels, Picture):
        return frame.pixels
    return Picture(VideoFrame.from_ndarray(frame.pixels.rgb(), format="rgb24"))
