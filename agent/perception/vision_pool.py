"""Analyses the camera frames of all calls in a few threads: none too late, and each call its share of the time."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.budget import Rates
from agent.core.clock import NS_PER_MS, NS_PER_S, Clock
from agent.core.consent import Consent
from agent.core.errors import CallNotFound
from agent.core.frames import FrameOutcome
from agent.core.sentences import tell
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import CameraFrame, VisionReading
from agent.inference.runtime import Runtime
from agent.perception.crew import Crew
from agent.perception.fair_line import FairLine
from agent.perception.frame_job import FrameJob, PooledCall
from agent.perception.vision import FrameAnalyser, VisionAnalyser, VisionState

logger = logging.getLogger(__name__)

HUNG = f"{FrameOutcome.FAILED}: no answer"

THREADS_A_CORE_WITH_GPU = 2
"""While one thread waits for the GPU, another converts colours and fits a head to its mesh. Not measured on a GPU: two
are enough as long as a frame waits no longer than it works, and more would only share the interpreter's lock."""
HANG_DEADLINES, HANG_LEAST_S = 20, 2.0
"""A thread that has one frame in hand for as long as this many deadlines, and this many seconds, hangs."""
MOST_HANGS = 2
"""A call on which models hung this often is not read any more: each time costs a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one call has used so far."""

    thread_ns: int = 0
    """Time of threads."""
    model_runs: dict[str, int] = field(default_factory=dict)
    """By model; those that never ran are absent."""


class VisionPool:
    """Perception threads behind one `submit`. All methods are called on one event loop and none of them blocks it.

    Each thread owns one analyser. A call's state goes with its frame to whichever thread is free, and a call has at
    most one frame here, so that nothing is shared and no more frames wait than there are calls.

    Frames of different calls are read one by one; only a GPU, which all threads share, joins what they ask of a model
    at the same time (`agent.inference.batches`). On the processor, batches of 2 and 4 took 13 and 17 % less for a face
    mesh, 24 and 35 % less for an expression (Xeon, 2026-11): 0.5 and 0.7 of a frame's 7 ms, for which frames would have
    to wait for each other.
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
        self.busy_ns = 0
        """Time that the threads have worked, all together."""
        self.threads = settings.threads or _cores() * (THREADS_A_CORE_WITH_GPU if runtime.on_cuda else 1)
        self._runtime = runtime
        self._clock = clock
        self._calls: dict[str, PooledCall] = {}
        self._closing: set[asyncio.Future[None]] = set()
        self._line: FairLine[FrameJob] = FairLine(self.threads)
        self._stopping = False
        self._crew: Crew[FrameAnalyser, FrameJob] = Crew(
            self.threads,
            open_tools=open_analyser or (lambda: VisionAnalyser(runtime, settings, clock, perception=perception)),
            take=self._take,
            do=self._do,
            on_lost=self._give_up,
            hang_ns=round(max(HANG_DEADLINES * settings.deadline_ms * NS_PER_MS, HANG_LEAST_S * NS_PER_S)),
            clock=clock,
        )

    async def start(self) -> None:
        """Starts the threads and waits until each has loaded and warmed its models. Raises what loading raises."""
        self._loop = asyncio.get_running_loop()
        await self._crew.start()

    async def stop(self) -> None:
        """Ends the threads after the frames that they are at; frames that wait come back unread."""
        with self._crew.lock:
            self._stopping = True
            waiting = self._line.clear()
        for job in waiting:
            self._finish(job, job.unread(FrameOutcome.STOPPED, self._clock))
        await self._crew.stop()
        left = [call.state for call in self._calls.values() if not call.account.in_hand]
        await asyncio.gather(*self._closing, *(asyncio.to_thread(state.close) for state in left))

    def open_call(self, call_id: str, consent: Consent) -> None:
        """Takes frames of this call from here on, and reads of them what `consent` allows."""
        with self._crew.lock:
            self._calls[call_id] = PooledCall(VisionState(consent), self._line.open())

    def close_call(self, call_id: str) -> None:
        """Takes no more frames of this call; one that is here still comes back. Does nothing for a call not open."""
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        with self._crew.lock:
            call.closed = True
            self._line.close(call.account)
            call.left_to_thread = call.account.in_hand
        if not call.left_to_thread:
            # A backend takes milliseconds to close, which is not for the event loop.
            closing = asyncio.get_running_loop().run_in_executor(None, call.state.close)
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def follow(self, call_id: str, consent: Consent) -> None:
        """The consent that stands from now on: frames whose analysis has not begun are read under it.

        Raises `CallNotFound` for a call that is not open, as does everything here that is asked about a call.
        """
        self._call(call_id).state.consent = consent

    def set_rates(self, call_id: str, rates: Rates) -> None:
        """How often hands and expression of this call are read from now on."""
        self._call(call_id).state.rates = rates

    def model_runs(self, call_id: str) -> dict[str, int]:
        """How often each model has run for this call; models that never ran are absent."""
        return dict(self._call(call_id).state.model_runs)

    def used_ns(self, call_id: str) -> int:
        """Time of threads that this call has used."""
        return self._call(call_id).account.used_ns

    def use_of(self, call_id: str) -> Use | None:
        """Both of the last two; None for a call that is not open."""
        call = self._calls.get(call_id)
        if call is None:
            return None
        return Use(thread_ns=call.account.used_ns, model_runs=dict(call.state.model_runs))

    @property
    def fault(self) -> str | None:
        """What is wrong with the pool, in plain words."""
        working = self._crew.working
        enough = working >= self.threads
        stuck = None if enough else tell("threads_lost", count=str(working), threads=str(self.threads))
        return f"{stuck}; {self._runtime.fault}" if stuck and self._runtime.fault else stuck or self._runtime.fault

    @property
    def lost_threads(self) -> int:
        """Threads that hung or died so far."""
        return self._crew.lost

    def look_after_threads(self) -> None:
        """Replaces threads that hang or have died; done every second by itself."""
        self._crew.look()

    def submit(
        self,
        call_id: str,
        frame: CameraFrame,
        deadline_ns: int,
        *,
        preview: bool = False,
        submitted_ns: int | None = None,
    ) -> "asyncio.Future[VisionReading]":
        """The frame's reading, to be awaited before the call's next frame is submitted.

        A frame that could not be read by `deadline_ns` on the clock comes back unread; so does one on which a model
        failed or hung. `preview` asks for the picture itself as JPEG. It has been queued since `submitted_ns`, by
        default since now.
        """
        call = self._call(call_id)
        if call.waiting:
            raise RuntimeError(f"call {call_id} has a frame in the pool already; await its reading first")
        now_ns = self._clock.now_ns()
        job = FrameJob(frame, call, preview, submitted_ns or now_ns, asyncio.get_running_loop().create_future())
        call.waiting = True
        refused = FrameOutcome.STOPPED if self._stopping else HUNG if call.hangs >= MOST_HANGS else None
        if refused is not None:
            self._finish(job, job.unread(refused, self._clock))
            return job.answer
        with self._crew.lock:
            self._line.join(call.account, job, deadline_ns=deadline_ns, now_ns=now_ns)
            self._crew.wake()
        return job.answer

    def _call(self, call_id: str) -> PooledCall:
        try:
            return self._calls[call_id]
        except KeyError:
            raise CallNotFound(f"perception knows no open call {call_id}") from None

    def _finish(self, job: FrameJob, reading: VisionReading) -> None:
        """On the event loop: hands the reading to whoever still waits for it."""
        job.call.waiting = False
        if not job.answer.done():
            job.answer.set_result(reading)

    def _take(self) -> FrameJob | None:
        """In a thread, under the lock: the frame to read now. Those that cannot be read in time any more go back."""
        now_ns = self._clock.now_ns()
        job, late = self._line.take(now_ns)
        for given_up in late:
            unread = given_up.unread(FrameOutcome.OVER_BUDGET, self._clock)
            self._loop.call_soon_threadsafe(self._finish, given_up, unread)
        if job is not None:
            job.began_ns = now_ns
        return job

    def _do(self, analyser: FrameAnalyser, job: FrameJob) -> None:
        """In a thread: reads the frame, tells the reading, and only then searches for new hands."""
        reading, analysed = job.read(analyser, self._clock)
        read_ns = self._clock.now_ns()
        self._tell(job, reading)
        if analysed:
            job.search(analyser)
        call, now_ns = job.call, self._clock.now_ns()
        with self._crew.lock:
            took_ns = read_ns - job.began_ns if analysed else None
            self._line.give_back(call.account, began_ns=job.began_ns, reading_took_ns=took_ns, now_ns=now_ns)
            self.busy_ns += now_ns - job.began_ns
            left_to_thread = call.left_to_thread
        if left_to_thread:
            call.state.close()

    def _tell(self, job: FrameJob, reading: VisionReading) -> None:
        with self._crew.lock:
            told, job.told = job.told, True
        if not told:
            self._loop.call_soon_threadsafe(self._finish, job, reading)

    def _give_up(self, job: FrameJob) -> None:
        """On the event loop: the thread that has this frame is lost. Its call goes on with a state of its own."""
        call, call_id = job.call, job.frame.call_id
        logger.error("call %s: a model does not come back from frame %d", call_id, job.frame.stamp.frame_id)
        if self._calls.get(call_id) is call:
            fresh = VisionState(call.state.consent, rates=call.state.rates)
            with self._crew.lock:
                call.closed = call.left_to_thread = True
                self._line.close(call.account)
                self._calls[call_id] = PooledCall(fresh, self._line.open(), hangs=call.hangs + 1)
        with self._crew.lock:
            told, job.told = job.told, True
        if not told:
            self._finish(job, job.unread(HUNG, self._clock))


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
