"""A child process that ends is there again soon, and whoever uses it is told of both."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agent.core.clock import SystemClock
from agent.core.errors import ModelMissing
from agent.inference.lasting_process import LastingProcess
from agent.inference.model_process import Link, ModelProcess
from tests.inference.test_model_process import echoing, failing

pytestmark = [pytest.mark.timeout(60), pytest.mark.usefixtures("unblocked_loop")]


class Seen:
    """What was told of a process, in order."""

    def __init__(self, main: Callable[[Link, Any], None], *, silent_s: float = 20.0) -> None:
        self.told: list[object] = []
        self.process = LastingProcess(
            ModelProcess("echoes", main, "setup"), SystemClock(), name="echoes", silent_s=silent_s,
            on_began=lambda first: self.told.append("began"),
            on_message=self.told.append,
            on_ended=lambda: self.told.append("ended"),
        )  # fmt: skip

    async def until(self, *told: object) -> None:
        async with asyncio.timeout(20):
            while self.told != list(told):
                await asyncio.sleep(0.01)


async def test_a_process_that_crashes_is_started_again() -> None:
    """What it is told meanwhile is lost, and nobody who tells it has to know."""
    seen = Seen(echoing)
    await seen.process.start()
    seen.process.tell("one")
    await seen.until("began", "one")
    first = seen.process.process_id
    seen.process.tell("crash")
    await seen.until("began", "one", "ended")
    seen.process.tell("lost")
    await seen.until("began", "one", "ended", "began")
    assert seen.process.process_id != first
    seen.process.tell("two")
    await seen.until("began", "one", "ended", "began", "two")
    await seen.process.stop()
    assert seen.process.stopping and not seen.process.up and seen.told[-1] == "two"


async def test_a_process_that_says_nothing_is_replaced() -> None:
    """It stands still, though it lives."""
    seen = Seen(echoing, silent_s=1.0)
    await seen.process.start()
    first = seen.process.process_id
    await seen.until("began", "ended", "began")
    assert seen.process.up and seen.process.process_id != first
    await seen.process.stop()


async def test_a_process_that_cannot_start_at_first_is_not_tried_again() -> None:
    """Whoever waits for it gets the error that it met."""
    seen = Seen(failing)
    with pytest.raises(ModelMissing, match="setup is not there"):
        await seen.process.start()
    assert seen.process.stopping and seen.told == []
    await seen.process.stop()
