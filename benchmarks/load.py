"""A crowd of load callers in a process of its own, as a benchmark steers it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agent.core.errors import AgentError, AtCapacity
from benchmarks.encoded_media import prepared
from benchmarks.processes import cpu_seconds, ended
from benchmarks.subscriber import CaptureTie

JOINS_WITHIN_S = 60.0
ENDS_WITHIN_S = 30.0
SPEAKS_EVERY = 4
"""One caller of so many talks with the agent; the others are silent."""


class LoadCallers:
    """Customers that join and leave one at a time."""

    def __init__(self, process: Process) -> None:
        self.ties: dict[str, CaptureTie] = {}
        """Of those in a call, in order of joining."""
        self.joined = 0
        self._process = process

    @property
    def cpu_s(self) -> float:
        """Processor time that they have used."""
        return cpu_seconds(self._process.pid)

    async def join(self, *, speaks: bool) -> str:
        """One more customer; the id of its call.

        Raises `AtCapacity` where the agent takes no more, and `AgentError` when the call fails.
        """
        answer = await self._ask({"join": True, "speaks": speaks})
        if "refused" in answer:
            raise AtCapacity(answer["refused"], retry_after_s=answer["retry_after_s"])
        if "failed" in answer:
            raise AgentError(f"a load caller could not call: {answer['failed']}")
        call_id: str = answer["call_id"]
        self.ties[call_id] = CaptureTie(answer["rtp_timestamp"], answer["captured_us"])
        self.joined += 1
        return call_id

    async def leave(self, call_id: str) -> None:
        """Lets a customer hang up, and waits until it has."""
        del self.ties[call_id]
        await self._ask({"leave": call_id})

    async def become(self, calls: int) -> None:
        """Lets customers join, or those who came last leave, until there are `calls`; every `SPEAKS_EVERY`th speaks."""
        while len(self.ties) > calls:
            await self.leave(list(self.ties)[-1])
        while len(self.ties) < calls:
            await self.join(speaks=len(self.ties) % SPEAKS_EVERY == 0)

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()
        try:
            async with asyncio.timeout(JOINS_WITHIN_S):
                line = await self._process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError):
            raise AgentError("load callers stopped answering; run benchmarks.load_caller by hand to see why") from None
        return answer


@asynccontextmanager
async def load_callers(url: str, media: Path | None = None) -> AsyncIterator[LoadCallers]:
    """A process of load callers for the agent at `url`; nobody has joined yet, and all hang up in the end.

    They send what the file `media` holds, by default what is `prepared`.
    """
    media = media or await asyncio.to_thread(prepared)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load_caller", url, str(media), stdin=PIPE, stdout=PIPE
    )
    try:
        yield LoadCallers(process)
    finally:
        await ended(process, "the crowd of load callers", within_s=ENDS_WITHIN_S)
