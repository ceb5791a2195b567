"""The agent and its callers as child processes, and what they cost."""

import asyncio
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from agent.core.errors import AgentError

STARTS_WITHIN_S = 90.0
ENDS_WITHIN_S = 20.0
LAST_WORDS = 3
"""Lines of what a command complained of that are passed on."""
_KEY = secrets.token_urlsafe(24)
KEY_SETTING = {"AGENT_IDENTITY__KEYS": json.dumps([{"key": _KEY, "role": "admin", "name": "benchmarks"}])}
"""Lets who shows `KEY_HEADER` watch calls of an agent that was started with it."""
KEY_HEADER = {"Authorization": f"Bearer {_KEY}"}


@asynccontextmanager
async def running_agent(folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[tuple[str, int]]:
    """`agent serve` on a free port with its databases and its log in `folder`; gives its address and process id.

    `settings` are environment variables, such as `AGENT_SERVER__MAX_CALLS`.
    """
    command = (sys.executable, "-m", "agent.app", "serve", "--port", "0", "--json")
    environment = {**os.environ, **KEY_SETTING, **(settings or {})}
    # A pipe that nobody reads would stop an agent that has much to say, such as of hundreds of calls.
    with (folder / "agent.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=PIPE, stderr=log)
    try:
        ready = await first_line(process, "the agent")
        yield ready["url"].rstrip("/"), process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await ended(process, "the agent")


@asynccontextmanager
async def running_caller(url: str, fps: float) -> AsyncIterator[str]:
    """A benchmark caller in a process of its own; gives the id of its call."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.caller", url, str(fps), stdin=PIPE, stdout=PIPE
    )
    try:
        yield (await first_line(process, "a caller"))["call_id"]
    finally:
        await ended(process, "a caller")


async def ended(process: Process, who: str, *, within_s: float = ENDS_WITHIN_S) -> bytes:
    """Closes a child's standard input; the rest of what it prints. Raises `AgentError` of one that had to be killed."""
    try:
        async with asyncio.timeout(within_s):
            return (await process.communicate(None if process.stdin is None else b""))[0]
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AgentError(f"{who} did not end within {within_s:.0f} s of being told to") from None


async def printed_by(*command: str, folder: Path, within_s: float, environment: dict[str, str] | None = None) -> str:
    """What a command prints until it ends. Raises `AgentError` with its last words when it fails, and ends it when it
    takes longer than `within_s`."""
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(within_s):
            printed, complaints = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AgentError(f"`{command[0]}` did not finish within {within_s:.0f} s") from None
    if process.returncode != 0:
        last = (complaints or printed).decode(errors="replace").strip().splitlines()[-LAST_WORDS:]
        raise AgentError(" ".join(last) or f"`{command[0]}` ended with status {process.returncode}")
    return printed.decode()


async def first_line(process: Process, who: str) -> dict[str, Any]:
    """The next line of JSON that a child prints. Raises `AgentError` when it ends or stays silent instead."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(STARTS_WITHIN_S):
            line = await process.stdout.readline()
        content: dict[str, Any] = json.loads(line)
    except (TimeoutError, ValueError):
        raise AgentError(f"{who} did not start; run it by hand to see why") from None
    return content


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its living children have used so far."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its living children, in 10^6 bytes."""
    root = psutil.Process(pid)
    return sum(process.memory_info().rss for process in (root, *root.children(recursive=True))) / 1e6
