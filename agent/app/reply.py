"""Runs the reply engine alone: what `agent reply` does, and what `agent serve` starts as its child process."""

import asyncio
import json
import sys

from agent.core.settings import ReplySettings
from agent.dialogue.engine import serve_engine


async def run_engine(settings: ReplySettings, *, host: str, port: int, supervised: bool) -> None:
    """Serves until cancelled or, when `supervised`, until standard input closes, which is how a parent ends it.

    Prints one line of JSON with the port that it listens on.
    """

    def announce(listening_port: int) -> None:
        print(json.dumps({"port": listening_port}), flush=True)

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve_engine(host, port, settings, announce))
        if supervised:
            await _parent_gone()
            serving.cancel()


async def _parent_gone() -> None:
    """Waits until standard input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
