"""Shows how far long work is: bars on a terminal, a line now and then in a log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agent.training.progress import Progress as Heard

LINE_EVERY_S = 15.0
"""Least time between two lines of a log about one stage."""

logger = logging.getLogger(__name__)


@contextmanager
def shown() -> Iterator[Heard]:
    """What to tell progress to while the block runs; standard output is left alone, as JSON may go there."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars)


class _Bars:
    """One bar a stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._by_stage = {task.description: task.id for task in bars.tasks}

    def __call__(self, stage: str, share: float, note: str = "") -> None:
        if stage not in self._by_stage:
            self._by_stage[stage] = self._bars.add_task(stage, total=1.0, note=note)
        self._bars.update(self._by_stage[stage], completed=min(share, 1.0), note=note)


class _Lines:
    """A line whenever a stage has gone on for long enough since the last one."""

    def __init__(self) -> None:
        self._said_s: dict[str, float] = {}

    def __call__(self, stage: str, share: float, note: str = "") -> None:
        now_s = time.monotonic()
        if now_s - self._said_s.setdefault(stage, now_s) >= LINE_EVERY_S:
            self._said_s[stage] = now_s
            logger.info("%s: %.0f %% %s", stage, 100 * min(share, 1.0), note)
