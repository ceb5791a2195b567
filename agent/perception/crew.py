"""Threads that take work when there is some, each with tools of its own; one that hangs or dies is replaced."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.core.clock import NS_PER_S, Clock

logger = logging.getLogger(__name__)

Tools = TypeVar("Tools")
Job = TypeVar("Job")

LOOK_EVERY_S = 1.0
MOST_STUCK = 8
"""A thread that hangs cannot be ended. While so many do, no more are started in their place."""
OPEN_AGAIN_S = 10.0
"""After a new thread's tools could not be opened."""
NICE = 3
"""Lowers the threads' priority below that of hearing, words, speech and the event loop, so that on two cores two of
these threads leave one of speech a core of its own. Beside ten busy processes, that one got 1.4 to 2.5 times the
processor time that it got without, pictures at most 16 % less, and the loop was as punctual; with 10 instead of 3 the
loop at times waited longer for the interpreter that a lowered thread held. Pinning each thread to a core gained
nothing, and made the loop less punctual."""


@dataclass(slots=True, eq=False)
class _Worker(Generic[Job]):
    """A thread; all but `thread` is touched only under the crew's lock."""

    wanted: threading.Condition
    thread: threading.Thread | None = None
    job: Job | None = None
    began_ns: int = 0
    lost: bool = False

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


class Crew(Generic[Tools, Job]):
    """Started and looked after on one event loop. Of the idle threads the one that worked last goes on first."""

    def __init__(
        self,
        size: int,
        *,
        open_tools: Callable[[], Tools],
        take: Callable[[], Job | None],
        do: Callable[[Tools, Job], None],
        on_lost: Callable[[Job], None],
        hang_ns: int,
        clock: Clock,
    ) -> None:
        """`open_tools` and `do` are called in the threads; `take` too, under `lock`, and it must not wait. `on_lost`
        is called on the loop with the work of a thread that has had it for `hang_ns`, or died of it."""
        self.size = size
        self.lock = threading.Lock()
        self.lost = 0
        """Threads that hung or died so far."""
        self._open_tools = open_tools
        self._take = take
        self._do = do
        self._on_lost = on_lost
        self._hang_ns = hang_ns
        self._clock = clock
        self._workers: list[_Worker[Job]] = []
        self._stuck: list[_Worker[Job]] = []
        self._idle: list[_Worker[Job]] = []
        self._stopping = False
        self._looked_ns = self._open_again_ns = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def working(self) -> int:
        """Threads that work or wait for work."""
        return sum(worker.alive for worker in self._workers)

    async def start(self) -> None:
        """Returns when each thread has its tools. Raises what opening them raised."""
        self._loop = asyncio.get_running_loop()
        outcomes = await asyncio.gather(*(self._add() for _ in range(self.size)), return_exceptions=True)
        faults = [outcome for outcome in outcomes if outcome is not None]
        if faults:
            await self.stop()
            raise faults[0]
        self._looked_ns = self._clock.now_ns()
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look_again)

    async def stop(self) -> None:
        """Ends the threads after the work that they are at; those that hang are left to end with the process."""
        if self._timer is not None:
            self._timer.cancel()
        with self.lock:
            self._stopping = True
            for worker in self._idle:
                worker.wanted.notify()
        for worker in self._workers:
            if worker.thread is not None:
                await asyncio.to_thread(worker.thread.join, self._hang_ns / NS_PER_S)

    def wake(self) -> None:
        """Lets an idle thread look for work; to be called under `lock`."""
        if self._idle:
            self._idle.pop().wanted.notify()

    def look(self) -> None:
        """Gives up threads that hang or have died, and starts others in their place."""
        now_ns = self._clock.now_ns()
        # Where this look itself comes late, the whole process stood still, and no thread is to blame.
        on_time = now_ns - self._looked_ns < 3 * LOOK_EVERY_S * NS_PER_S
        self._looked_ns = now_ns
        for worker in list(self._workers):
            with self.lock:
                job = worker.job
                hangs = on_time and job is not None and now_ns - worker.began_ns > self._hang_ns
                worker.lost = hangs or not worker.alive
            if worker.lost:
                self._lose(worker, job)
        self._stuck = [worker for worker in self._stuck if worker.alive]
        missing = min(self.size - len(self._workers), MOST_STUCK - len(self._stuck))
        if not self._stopping and now_ns >= self._open_again_ns:
            for _ in range(missing):
                self._add().add_done_callback(self._note_opened)

    def _look_again(self) -> None:
        self.look()
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look_again)

    def _lose(self, worker: _Worker[Job], job: Job | None) -> None:
        self.lost += 1
        self._workers.remove(worker)
        self._stuck.append(worker)
        logger.error("a perception thread %s; another takes its place", "hangs" if worker.alive else "died")
        if job is not None:
            self._on_lost(job)

    def _add(self) -> "asyncio.Future[None]":
        """Starts a thread; the future is done when its tools are open."""
        opened: asyncio.Future[None] = self._loop.create_future()
        worker: _Worker[Job] = _Worker(wanted=threading.Condition(self.lock))
        name = f"perception-{len(self._workers) + self.lost}"
        worker.thread = threading.Thread(name=name, daemon=True, target=self._work, args=(worker, opened))
        self._workers.append(worker)
        worker.thread.start()
        return opened

    def _note_opened(self, opened: "asyncio.Future[None]") -> None:
        error = opened.exception()
        if error is not None:
            self._open_again_ns = self._clock.now_ns() + round(OPEN_AGAIN_S * NS_PER_S)
            logger.error("a new perception thread cannot open its models: %s", error)

    def _work(self, worker: _Worker[Job], opened: "asyncio.Future[None]") -> None:
        try:
            tools = self._open_tools()
        except Exception as error:
            self._loop.call_soon_threadsafe(_settle, opened, error)
            return
        self._loop.call_soon_threadsafe(_settle, opened, None)
        _let_others_go_first()
        while (job := self._next(worker)) is not None:
            self._do(tools, job)
            with self.lock:
                worker.job = None
                if worker.lost:
                    return

    def _next(self, worker: _Worker[Job]) -> Job | None:
        """Waits for work; None when the crew stops."""
        with self.lock:
            while not self._stopping:
                worker.job = self._take()
                if worker.job is not None:
                    worker.began_ns = self._clock.now_ns()
                    return worker.job
                self._idle.append(worker)
                worker.wanted.wait()
                if worker in self._idle:
                    self._idle.remove(worker)
            return None


def _let_others_go_first() -> None:
    """Only Linux gives threads of one process priorities of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _settle(opened: "asyncio.Future[None]", error: Exception | None) -> None:
    """Says how opening went, unless nobody waits for it any more."""
    if opened.done():
        return
    if error is None:
        opened.set_result(None)
    else:
        opened.set_exception(error)
