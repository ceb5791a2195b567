"""Analyses the camera frames of all calls in a few threads, the most urgent frame first, never a frame too late."""

import asyncio
import heapq
import itertools
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from agent.core.clock import NS_PER_MS, Clock
from agent.core.consent import Consent
from agent.core.errors import CallNotFound
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import CameraFrame, VisionReading
from agent.inference.runtime import Runtime
from agent.perception.vision import VisionAnalyser, VisionState, unread

logger = logging.getLogger(__name__)

ANALYSED = "analysed"
TOO_OLD = "too old"
CALL_CLOSED = "call closed"
STOPPED = "stopped"
FAILED = "models failed"


class FrameAnalyser(Protocol):
    """What a perception thread needs; `VisionAnalyser` is it."""

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading: ...

    def search(self, state: VisionState) -> None: ...


@dataclass(slots=True)
class _Call:
    state: VisionState
    waiting: bool = False
    """A frame was submitted whose reading has not come back; touched on the event loop only."""
    closed: bool = False
    failing: bool = False
    """The last frame failed; touched only by the thread that has the call in hand."""
    in_hand: threading.Lock = field(default_factory=threading.Lock)
    """Held by the thread that uses `state`: a frame may come while the one before is still being searched for hands."""


@dataclass(slots=True, order=True)
class _Job:
    deadline_ns: int
    number: int
    frame: CameraFrame = field(compare=False)
    call: _Call = field(compare=False)
    preview: bool = field(compare=False)
    submitted_ns: int = field(compare=False)
    answer: "asyncio.Future[VisionReading]" = field(compare=False)


class VisionPool:
    """Perception threads behind one `submit`. All methods are called on one event loop and none of them blocks it.

    Each thread owns one analyser with sessions of its own. A call's state goes with its frame to whichever thread is
    free, and a call has at most one frame here, so that nothing is shared and no more frames wait than there are calls.
    Of the free threads the one that worked last goes on, as its models are still in its core's caches.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: VisionSettings,
        clock: Clock,
        *,
        perception: PerceptionSettings | None = None,
        open_analyser: Callable[[], FrameAnalyser] | None = None,
    ) -> None:
        """`open_analyser` is called once in each thread; by default it opens a `VisionAnalyser` on the backend that
        `perception` names."""
        self.outcomes: Counter[str] = Counter()
        """Frames by what became of them: `ANALYSED`, or why they were not."""
        self._open_analyser = open_analyser or (lambda: VisionAnalyser(runtime, settings, clock, perception=perception))
        self._clock = clock
        self._calls: dict[str, _Call] = {}
        self._closing: set[asyncio.Future[None]] = set()
        self._numbers = itertools.count()
        self._waiting: list[_Job] = []
        self._lock = threading.Lock()
        self._idle: list[threading.Condition] = []
        """Of the threads that wait for a frame, the one that fell idle last at the end."""
        self._stopping = False
        self._thread_count = settings.threads or _cores()
        self._threads: list[threading.Thread] = []

    async def start(self) -> None:
        """Starts the threads and waits until each has loaded and warmed its models. Raises what loading raises."""
        self._loop = asyncio.get_running_loop()
        opened: list[asyncio.Future[None]] = [self._loop.create_future() for _ in range(self._thread_count)]
        for number, future in enumerate(opened):
            thread = threading.Thread(name=f"perception-{number}", daemon=True, target=self._work, args=(future,))
            self._threads.append(thread)
            thread.start()
        outcomes = await asyncio.gather(*opened, return_exceptions=True)
        faults = [outcome for outcome in outcomes if outcome is not None]
        if faults:
            await self.stop()
            raise faults[0]

    async def stop(self) -> None:
        """Ends the threads after the frames that they are at; frames that wait come back unread."""
        with self._lock:
            self._stopping = True
            waiting, self._waiting = self._waiting, []
            for idle in self._idle:
                idle.notify()
        for job in waiting:
            self._finish(job, self._skip(job, STOPPED), STOPPED)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        await asyncio.gather(*self._closing, *(asyncio.to_thread(_close, call) for call in self._calls.values()))

    def open_call(self, call_id: str, consent: Consent) -> None:
        """Takes frames of this call from here on, and reads of them what `consent` allows."""
        self._calls[call_id] = _Call(VisionState(consent))

    def close_call(self, call_id: str) -> None:
        """Takes no more frames of this call; one that is here still comes back. Does nothing for a call not open."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            call.closed = True
            # A backend takes milliseconds to close, and a frame may be in hand: neither is for the event loop.
            closing = asyncio.get_running_loop().run_in_executor(None, _close, call)
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def withdraw(self, call_id: str, consent: Consent) -> None:
        """The consent that stands from now on: frames whose analysis has not begun are read under it.

        Raises `CallNotFound` for a call that is not open, as do `submit` and `model_runs`.
        """
        self._call(call_id).state.consent = consent

    def model_runs(self, call_id: str) -> dict[str, int]:
        """How often each model has run for this call; models that never ran are absent."""
        return dict(self._call(call_id).state.model_runs)

    def submit(
        self, call_id: str, frame: CameraFrame, deadline_ns: int, *, preview: bool = False
    ) -> "asyncio.Future[VisionReading]":
        """The frame's reading, to be awaited before the call's next frame is submitted.

        A frame whose analysis could not begin by `deadline_ns` on the clock comes back unread; so does one on which a
        model failed. `preview` asks for the picture itself as JPEG.
        """
        call = self._call(call_id)
        if call.waiting:
            raise RuntimeError(f"call {call_id} has a frame in the pool already; await its reading first")
        job = _Job(
            deadline_ns=deadline_ns,
            number=next(self._numbers),
            frame=frame,
            call=call,
            preview=preview,
            submitted_ns=self._clock.now_ns(),
            answer=asyncio.get_running_loop().create_future(),
        )
        call.waiting = True
        with self._lock:
            stopping = self._stopping
            if not stopping:
                heapq.heappush(self._waiting, job)
                if self._idle:
                    self._idle.pop().notify()
        if stopping:
            self._finish(job, self._skip(job, STOPPED), STOPPED)
        return job.answer

    def _call(self, call_id: str) -> _Call:
        try:
            return self._calls[call_id]
        except KeyError:
            raise CallNotFound(f"perception knows no open call {call_id}") from None

    def _skip(self, job: _Job, reason: str) -> VisionReading:
        return unread(job.frame, reason, now_ns=self._clock.now_ns())

    def _finish(self, job: _Job, reading: VisionReading, outcome: str) -> None:
        """On the event loop: hands the reading to whoever still waits for it."""
        self.outcomes[outcome] += 1
        job.call.waiting = False
        if not job.answer.done():
            job.answer.set_result(reading)

    def _work(self, opened: "asyncio.Future[None]") -> None:
        """A perception thread: opens its analyser, then serves frames until the pool stops."""
        try:
            analyser = self._open_analyser()
        except Exception as error:
            self._loop.call_soon_threadsafe(_settle, opened, error)
            return
        self._loop.call_soon_threadsafe(_settle, opened, None)
        wanted = threading.Condition(self._lock)
        while (job := self._next(wanted)) is not None:
            with job.call.in_hand:
                reading, outcome = self._serve(analyser, job)
                self._loop.call_soon_threadsafe(self._finish, job, reading, outcome)
                if outcome == ANALYSED:
                    self._search(analyser, job)

    def _next(self, wanted: threading.Condition) -> _Job | None:
        """Waits for the frame with the earliest deadline; None when the pool stops."""
        with self._lock:
            while not self._waiting and not self._stopping:
                self._idle.append(wanted)
                wanted.wait()
                if wanted in self._idle:
                    self._idle.remove(wanted)
            return None if self._stopping else heapq.heappop(self._waiting)

    def _serve(self, analyser: FrameAnalyser, job: _Job) -> tuple[VisionReading, str]:
        """The frame's reading, and what became of the frame. The border that no failure of a model crosses."""
        began_ns = self._clock.now_ns()
        if job.call.closed:
            return self._skip(job, CALL_CLOSED), CALL_CLOSED
        if began_ns > job.deadline_ns:
            return self._skip(job, TOO_OLD), TOO_OLD
        try:
            reading = analyser.analyse(job.frame, job.call.state, preview=job.preview, search=False)
        except Exception as error:
            self._note_failure(job, error)
            return self._skip(job, f"{FAILED}: {type(error).__name__}"), FAILED
        job.call.failing = False
        queued_ms = (began_ns - job.submitted_ns) / NS_PER_MS
        return replace(reading, stage_ms={"queued": queued_ms, **reading.stage_ms}), ANALYSED

    def _search(self, analyser: FrameAnalyser, job: _Job) -> None:
        """Looks for new hands, now that nobody waits for the frame any more."""
        try:
            analyser.search(job.call.state)
        except Exception as error:
            self._note_failure(job, error)

    def _note_failure(self, job: _Job, error: Exception) -> None:
        """Logs the first of a row of failures, and begins the call's tracking anew."""
        if not job.call.failing:
            frame = f"call {job.frame.call_id}, frame {job.frame.stamp.frame_id}"
            logger.warning("%s: vision models failed: %s", frame, type(error).__name__, exc_info=True)
        job.call.failing = True
        job.call.state.forget()


def _close(call: _Call) -> None:
    """In any thread: frees a closed call's state, once nobody uses it."""
    with call.in_hand:
        call.state.close()


def _settle(opened: "asyncio.Future[None]", error: Exception | None) -> None:
    """Says how opening went, unless nobody waits for it any more."""
    if opened.done():
        return
    if error is None:
        opened.set_result(None)
    else:
        opened.set_exception(error)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
