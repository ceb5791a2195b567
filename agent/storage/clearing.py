"""Deletes many rows a few at a time, so that SQLite's one writer is never held for long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Column, Select, delete
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.storage.schema import telling

BATCH_ROWS = 500
"""Rows of a transaction: a few milliseconds."""
PAUSE_S = 0.05
"""Between transactions, in which others may write."""

Pause = Callable[[float], Awaitable[None]]


async def clear(
    engine: AsyncEngine, key: Column[Any], rows: Select[Any], *, pause: Pause = asyncio.sleep, batch: int = BATCH_ROWS
) -> int:
    """Deletes the rows whose primary `key` the query `rows` finds. Returns how many there were.

    Raises `StoreError` when the database does not answer; what was deleted until then stays deleted.
    """
    cleared = 0
    while True:
        with telling(f"rows of {key.table.name} cannot be deleted"):
            async with engine.begin() as connection:
                # Looked up first: MySQL deletes from no table that its own subquery reads with a limit.
                found = (await connection.execute(rows.limit(batch))).scalars().all()
                if found:
                    await connection.execute(delete(key.table).where(key.in_(found)))
        cleared += len(found)
        if len(found) < batch:
            return cleared
        await pause(PAUSE_S)
