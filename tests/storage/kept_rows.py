"""Rows of calls as they may lie in an archive, put there without an agent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.retention import DAY_S
from agent.storage.schema import open_engine, upgrade

OF_CALL: dict[str, dict[str, Any]] = {
    "call_keys": {"wrapped": b"k", "master_key": "m"},
    "consents": {"recorded_at": 1.0, "given_at": 1.0, "version": "1", "locale": "en", "purposes": "speech"},
    "utterances": {"said_at": 1.0, "speaker": "customer", "typed": False, "text": b"t"},
    "replies": {"said_at": 1.0, "reply_id": "s1", "text": b"t", "because": b"[]"},
    "cards": {"shown_at": 1.0, "card_id": "c", "body": b"{}"},
    "sent": {"sent_at": 1.0, "type": "chat", "body": b"{}"},
    "signals": {
        "seq": 1, "kind": "gesture", "captured_at": 1.0, "media_ms": 1.0, "age_ms": 1.0, "valid": True, "value": b"{}",
    },
    "states": {"captured_at": 1.0, "body": b"{}"},
    "tracks": {"starts_ms": 0.0, "body": b"t"},
    "recordings": {"began_at": 1.0, "file": "f", "key": b"k"},
    "labels": {"labelled_at": 1.0, "labelled_by": "ada", "at_ms": 1.0, "kind": "intent", "value": b"{}"},
    "surveys": {"answered_at": 1.0, "score": 4, "text": b"t"},
    "summaries": {"body": b"{}"},
}  # fmt: skip
"""A row of each table of a call."""
ALL = {table.name for table in tables.IN_ORDER}


async def keep(engine: AsyncEngine, clock: FakeClock, *, days_ago: float, **call: object) -> str:
    """A call of so long ago with a row in every table."""
    began = clock.wall_ns() / NS_PER_S - days_ago * DAY_S
    row: dict[str, Any] = {"started_at": began, "ended_at": began + 60, "locale": "en", "customer": "p1", **call}
    call_id = str(row.setdefault("id", f"call-{days_ago:g}"))
    async with engine.begin() as connection:
        await connection.execute(insert(tables.calls), row)
        for table in tables.IN_ORDER[1:]:
            await connection.execute(insert(table), OF_CALL[table.name] | {"call_id": call_id})
    return call_id


async def left(engine: AsyncEngine, call_id: str) -> set[str]:
    """Tables in which there is something of a call."""
    async with engine.connect() as connection:
        counts = {
            table.name: await connection.scalar(
                select(func.count()).where((table.c.id if table is tables.calls else table.c.call_id) == call_id)
            )
            for table in tables.IN_ORDER
        }
    return {name for name, count in counts.items() if count}


@asynccontextmanager
async def opened_archive(storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    """The database of the settings with its tables."""
    await asyncio.to_thread(upgrade, storage.url)
    engine = open_engine(storage.url)
    try:
        yield engine
    finally:
        await engine.dispose()
