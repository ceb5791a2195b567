"""A crew works off what there is, and outlives threads that hang, die or cannot be opened."""

import asyncio
import os
import queue
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from agent.core.clock import NS_PER_S, FakeClock
from agent.perception.crew import MOST_STUCK, NICE, OPEN_AGAIN_S, Crew

PATIENCE_S = 15.0
HANG_NS = 5 * NS_PER_S

Work = Callable[[], None]


class Workplace:
    """Work is a function to call; what was lost and how often tools were opened, in vain or not, is noted."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self.lost: list[Work] = []
        self.tried = self.opened = 0
        self.broken = False

    def take(self) -> Work | None:
        try:
            return self.waiting.get_nowait()
        except queue.Empty:
            return None

    def open_tools(self) -> int:
        self.tried += 1
        if self.broken:
            raise OSError("no memory for models")
        self.opened += 1
        return self.opened

    def do(self, tools: int, work: Work) -> None:
        work()


class Hang:
    """Work that lasts until it is let go, in as many threads as are given it."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.threads: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()

    def __call__(self) -> None:
        self.threads.put(threading.current_thread())
        self.let_go.wait()


@pytest.fixture
def hang() -> Iterator[Hang]:
    hang = Hang()
    yield hang
    hang.let_go.set()


@asynccontextmanager
async def crew_of(size: int, place: Workplace, clock: FakeClock) -> AsyncIterator[Crew[int, Work]]:
    crew: Crew[int, Work] = Crew(
        size,
        open_tools=place.open_tools,
        take=place.take,
        do=place.do,
        on_lost=place.lost.append,
        hang_ns=HANG_NS,
        clock=clock,
    )
    await crew.start()
    try:
        yield crew
    finally:
        await crew.stop()


def give(crew: Crew[int, Work], place: Workplace, work: Work) -> None:
    place.waiting.put(work)
    with crew.lock:
        crew.wake()


async def hangs(crew: Crew[int, Work], place: Workplace, hang: Hang) -> threading.Thread:
    """The thread that has taken it."""
    give(crew, place, hang)
    return await asyncio.to_thread(hang.threads.get, timeout=PATIENCE_S)


async def comes(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, PATIENCE_S)


def seconds_pass(crew: Crew[int, Work], clock: FakeClock, seconds: int) -> None:
    """As the crew lives through them: it looks every second."""
    for _ in range(seconds):
        clock.advance(ms=1_000)
        crew.look()


async def test_a_thread_that_hangs_is_replaced_and_its_work_told(clock: FakeClock, hang: Hang) -> None:
    """After the time that work may take, the crew has a new thread with tools of its own, and the next work is done."""
    place, done = Workplace(), threading.Event()
    async with crew_of(1, place, clock) as crew:
        await hangs(crew, place, hang)
        seconds_pass(crew, clock, 5)
        assert (crew.lost, place.lost) == (0, [])
        seconds_pass(crew, clock, 1)
        assert (crew.lost, place.lost) == (1, [hang])
        give(crew, place, done.set)
        await comes(done)
        assert (crew.working, place.opened) == (1, 2)


async def test_a_thread_that_comes_back_late_takes_no_more_work(clock: FakeClock, hang: Hang) -> None:
    """A thread that was given up ends as soon as its work lets it, and is not counted as one of the crew."""
    place = Workplace()
    async with crew_of(1, place, clock) as crew:
        late = await hangs(crew, place, hang)
        seconds_pass(crew, clock, 6)
        hang.let_go.set()
        await asyncio.to_thread(late.join, PATIENCE_S)
        assert not late.is_alive()
        assert crew.working == 1


async def test_a_process_that_stood_still_blames_no_thread(clock: FakeClock, hang: Hang) -> None:
    """When the look itself comes a minute late, as after a laptop slept, work in hand is not taken for hanging."""
    place = Workplace()
    async with crew_of(1, place, clock) as crew:
        await hangs(crew, place, hang)
        clock.advance(ms=60_000)
        crew.look()
        assert crew.lost == 0
        hang.let_go.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_dies_is_replaced(clock: FakeClock) -> None:
    """An error that nobody caught ends one thread, not the crew."""
    place, done = Workplace(), threading.Event()

    def die() -> None:
        raise SystemExit

    async with crew_of(1, place, clock) as crew:
        give(crew, place, die)
        async with asyncio.timeout(PATIENCE_S):
            while crew.working:
                await asyncio.sleep(0)
        crew.look()
        assert place.lost == [die]
        give(crew, place, done.set)
        await comes(done)


async def test_a_new_thread_that_cannot_open_its_tools_is_tried_again_later(
    clock: FakeClock, hang: Hang, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged, nothing is tried for a while, and then another thread takes up the work that waits."""
    place, done = Workplace(), threading.Event()
    async with crew_of(1, place, clock) as crew:
        await hangs(crew, place, hang)
        place.broken = True
        seconds_pass(crew, clock, 6)
        async with asyncio.timeout(PATIENCE_S):
            while crew.working or "cannot open its models" not in caplog.text:
                await asyncio.sleep(0)
        place.broken = False
        give(crew, place, done.set)
        seconds_pass(crew, clock, round(OPEN_AGAIN_S) - 1)
        assert (crew.working, place.tried) == (0, 2)
        assert not done.is_set()
        seconds_pass(crew, clock, 1)
        await comes(done)
        assert (crew.working, place.tried, place.opened) == (1, 3, 2)


async def test_the_number_of_threads_that_hang_is_bounded(clock: FakeClock, hang: Hang) -> None:
    """Work that always hangs costs so many threads and no more."""
    place = Workplace()
    async with crew_of(1, place, clock) as crew:
        for _ in range(MOST_STUCK):
            await hangs(crew, place, hang)
            seconds_pass(crew, clock, 6)
        assert (crew.lost, crew.working) == (MOST_STUCK, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
async def test_threads_step_back_behind_the_rest_of_the_process(clock: FakeClock) -> None:
    """The priority is lowered for the crew's threads, and for no other."""
    place, told, priorities = Workplace(), threading.Event(), []

    def tell() -> None:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        told.set()

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    async with crew_of(1, place, clock) as crew:
        give(crew, place, tell)
        await comes(told)
    assert priorities == [max(before, NICE)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
