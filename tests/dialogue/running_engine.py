"""The engine that ships, on a free port, for as long as a context is open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.core.settings import ReplySettings
from agent.dialogue.engine import serve_engine


@asynccontextmanager
async def engine_of(settings: ReplySettings) -> AsyncIterator[str]:
    """A running engine's address."""
    async with asyncio.timeout(15), asyncio.TaskGroup() as tasks:
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        engine = tasks.create_task(serve_engine("127.0.0.1", 0, settings, port.set_result))
        yield f"ws://127.0.0.1:{await port}"
        engine.cancel()
