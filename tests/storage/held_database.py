"""Another process that holds the archive's SQLite file for itself, as tests play it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.core.settings.storage import StorageSettings


@asynccontextmanager
async def locked(storage: StorageSettings) -> AsyncIterator[sqlite3.Connection]:
    """Another process holds the SQLite file for itself, as soon as a write under way is over."""
    lock = sqlite3.connect(storage.url.partition(":///")[2], timeout=0)
    while not _taken(lock):
        await asyncio.sleep(0.01)
    try:
        yield lock
    finally:
        lock.close()


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
