"""Children of benchmarks end with them."""

import asyncio
from asyncio.subprocess import PIPE

import pytest

from agent.core.errors import AgentError
from benchmarks.processes import ended


async def test_a_child_ends_when_its_input_closes() -> None:
    """What it prints until then is not lost."""
    child = await asyncio.create_subprocess_exec("sh", "-c", "cat; echo bye", stdin=PIPE, stdout=PIPE)
    assert await ended(child, "the child") == b"bye\n"


async def test_a_child_that_does_not_end_is_killed_and_named() -> None:
    """Nothing is left running, and it does not pass for a good end."""
    child = await asyncio.create_subprocess_exec("sleep", "30", stdout=PIPE)
    with pytest.raises(AgentError, match="the sleeper did not end"):
        await ended(child, "the sleeper", within_s=0.1)
    assert child.returncode is not None
