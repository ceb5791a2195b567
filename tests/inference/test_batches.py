"""Rows of several threads go together, in order, each with its own answer or its own error."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.inference.batches import Batcher, NoAnswer


class Gpu:
    """Doubles numbers, says in which batches, and can be held so that rows gather meanwhile."""

    def __init__(self, *, held: bool = False, fits: int = 1_000) -> None:
        self.batches: list[list[int]] = []
        self.free = threading.Event()
        self.asked = threading.Semaphore(0)
        self._fits = fits
        self._alone = threading.Lock()
        if not held:
            self.free.set()

    def run(self, rows: Sequence[int]) -> list[int]:
        assert self._alone.acquire(blocking=False), "two runs at once"
        try:
            self.batches.append(list(rows))
            self.asked.release()
            assert self.free.wait(10)
            if len(rows) > self._fits:
                raise MemoryError("out of memory")
            if any(row < 0 for row in rows):
                raise ValueError("negative")
            return [2 * row for row in rows]
        finally:
            self._alone.release()


def gathered(batcher: Batcher[int, int], gpu: Gpu, rows: Sequence[int]) -> list[int | Exception]:
    """Answers or errors of rows that arrive one after the other, all of them while the first is held on the GPU."""

    def ask(row: int) -> int | Exception:
        try:
            return batcher.run(row)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(rows)) as threads:
        asked = []
        for place, row in enumerate(rows):
            asked.append(threads.submit(ask, row))
            if place == 0:
                assert gpu.asked.acquire(timeout=10)
            else:
                wait_until_waiting(batcher, place)
        gpu.free.set()
        return [one.result(timeout=10) for one in asked]


def wait_until_waiting(batcher: Batcher[int, int], rows: int) -> None:
    """Returns once so many rows wait in the batcher."""
    while len(batcher._waiting) < rows:
        threading.Event().wait(0.001)


def test_runs_a_row_at_once_where_nothing_runs() -> None:
    """Nobody waits for company that may not come."""
    gpu = Gpu()
    batcher = Batcher(gpu.run, most=8)
    assert [batcher.run(row) for row in (1, 2, 3)] == [2, 4, 6]
    assert gpu.batches == [[1], [2], [3]]


def test_joins_what_arrives_during_a_run_oldest_first() -> None:
    """Who came first is in the next batch, however many came after, and each gets its own answer."""
    gpu = Gpu(held=True)
    answers = gathered(Batcher(gpu.run, most=4), gpu, range(10))
    assert gpu.batches == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]
    assert answers == [2 * row for row in range(10)]


def test_a_bad_row_fails_alone() -> None:
    """The rows that shared a batch with it are run again, without it."""
    gpu = Gpu(held=True)
    batcher = Batcher(gpu.run, most=8)
    first, good, bad, other = gathered(batcher, gpu, [0, 1, -1, 2])
    assert (first, good, other) == (0, 2, 4) and isinstance(bad, ValueError)
    assert gpu.batches == [[0], [1, -1, 2], [1], [-1], [2]]
    assert batcher.most == 8, "the size was not at fault"


def test_a_batch_too_large_is_not_tried_again() -> None:
    """When memory suffices for each row but not for all of them, later batches are half as large."""
    gpu = Gpu(held=True, fits=2)
    batcher = Batcher(gpu.run, most=8)
    assert gathered(batcher, gpu, range(5)) == [0, 2, 4, 6, 8]
    assert batcher.most == 2


def test_an_error_leaves_the_way_free() -> None:
    """After a run that fails, the next one runs as if nothing had been."""
    batcher = Batcher(Gpu().run, most=8)
    with pytest.raises(ValueError, match="negative"):
        batcher.run(-1)
    assert batcher.run(3) == 6


def test_gives_up_a_run_that_hangs() -> None:
    """Those who wait behind it, or in it, are told in time; once it is over, all goes on."""
    gpu = Gpu(held=True)
    batcher = Batcher(gpu.run, most=8, patience_s=0.05)
    with ThreadPoolExecutor(1) as threads:
        hung = threads.submit(batcher.run, 1)
        assert gpu.asked.acquire(timeout=10)
        for _ in range(2):
            with pytest.raises(NoAnswer, match=r"0\.05 s"):
                batcher.run(2)
        gpu.free.set()
        assert hung.result(timeout=10) == 2
    assert batcher.run(3) == 6
    assert gpu.batches == [[1], [3]], "rows that were given up are not run"


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(-1, 100), max_size=20), min_size=1, max_size=8), st.sampled_from([1, 2, 8]))
def test_every_row_gets_its_own_answer(work: list[list[int]], most: int) -> None:
    """Whatever the threads ask and however it falls together: each row is answered, or refused, by itself."""
    gpu = Gpu()
    batcher = Batcher(gpu.run, most=most)

    def ask(row: int) -> int | None:
        try:
            return batcher.run(row)
        except ValueError:
            return None

    with ThreadPoolExecutor(len(work)) as threads:
        answers = list(threads.map(lambda rows: [ask(row) for row in rows], work))
    assert answers == [[2 * row if row >= 0 else None for row in rows] for rows in work]
    assert all(len(batch) <= most for batch in gpu.batches)
