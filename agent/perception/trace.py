"""What one frame's analysis cost: milliseconds by stage and runs by model."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.inference.runtime import Model


class FrameTrace:
    """Filled while one frame is analysed, by one thread."""

    def __init__(self, clock_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        """`clock_ns` says what a stage's milliseconds are: passing time, or with `time.thread_time_ns` this thread's
        processor time."""
        self._clock_ns = clock_ns
        self.stage_ms: dict[str, float] = {}
        self.model_runs: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time until the block ends, by failure too, to the stage `name`."""
        started_ns = self._clock_ns()
        try:
            yield
        finally:
            took_ms = (self._clock_ns() - started_ns) / NS_PER_MS
            self.stage_ms[name] = self.stage_ms.get(name, 0.0) + took_ms

    def run(self, model: Model, *arrays: NDArray[Any]) -> list[NDArray[Any]]:
        """Runs the model and counts it, before it runs, so that a run that fails counts as well."""
        self.model_runs[model.name] += 1
        return model.run(*arrays)
