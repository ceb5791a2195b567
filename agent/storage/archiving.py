"""Copies calls that have ended into the archive of whole calls, and retires them there."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import StoreError
from agent.core.settings.retention import Days
from agent.storage import tables
from agent.storage.clearing import Pause
from agent.storage.retention import DAY_S
from agent.storage.schema import telling

if TYPE_CHECKING:
    from agent.storage.mongo_archive import MongoArchive

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 30.0
CALLS_AT_ONCE = 20
"""Looked up in one query."""

_NOT_COPIED = (tables.calls, tables.call_keys, tables.tracks, tables.recordings, tables.summaries)
COPIED = tuple(table for table in tables.IN_ORDER if table not in _NOT_COPIED)
"""What a document holds. Keys, those of recordings too, stay apart from what they open; tracks are biometric and never
leave the database; what was worked out of the rest is not kept twice."""


class Archivist:
    """Brings calls from the SQL archive behind `engine` into `archive`, where they stay for `days`."""

    def __init__(
        self, engine: AsyncEngine, archive: "MongoArchive", days: Days, clock: Clock, *, pause: Pause = asyncio.sleep
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._days = days
        self._clock = clock
        self._pause = pause
        self._failing = False

    async def run(self) -> None:
        """Copies calls soon after they ended, until cancelled. While a server is away they wait in the database."""
        while True:
            try:
                await self.copy()
            except Exception as fault:
                # Calls go on whatever happens here.
                what = str(fault) if isinstance(fault, StoreError) else type(fault).__name__
                if not self._failing:
                    log.error("calls are not copied to the archive of whole calls (%s); it is tried again", what)
                self._failing = True
            else:
                self._failing = False
            await self._pause(LOOKS_EVERY_S)

    async def copy(self) -> int:
        """Copies every call that has ended and was not copied yet. Returns how many; raises `StoreError`."""
        copied = 0
        while ids := await self._waiting():
            for call_id in ids:
                await self._copy(call_id)
            copied += len(ids)
        return copied

    async def due(self) -> int:
        """How many calls `retire` would take away now. Raises `StoreError`."""
        return len(await self._archive.calls_before(self._oldest()))

    async def retire(self) -> int:
        """Deletes the documents of calls that were kept long enough. Returns how many calls; raises `StoreError`."""
        old = await self._archive.calls_before(self._oldest())
        await self._archive.erase(old)
        for call_id in old:
            await self._mark(call_id, None)
        return len(old)

    def _oldest(self) -> float:
        """When a call must have begun, in Unix seconds, to be kept."""
        return 0.0 if self._days is None else self._clock.wall_ns() / NS_PER_S - self._days * DAY_S

    async def _waiting(self) -> list[str]:
        calls = tables.calls.c
        ended = select(calls.id).where(calls.ended_at.is_not(None), calls.archived_at.is_(None))
        query = ended.where(calls.started_at >= self._oldest())
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                found = await connection.execute(query.order_by(calls.ended_at).limit(CALLS_AT_ONCE))
                return list(found.scalars())

    async def _copy(self, call_id: str) -> None:
        """One call; the mark comes after the document, so that a crash in between copies it once more."""
        found = await self._read(tables.calls, tables.calls.c.id, call_id)
        if not found:
            return  # erased since it was listed
        rows = {table.name: await self._read(table, table.c.call_id, call_id) for table in COPIED}
        await self._archive.keep(found[0], rows)
        if not await self._mark(call_id, self._clock.wall_ns() / NS_PER_S):
            await self._archive.erase([call_id])  # erased while it was copied

    async def _read(self, table: Table, column: Column[Any], call_id: str) -> list[dict[str, Any]]:
        with telling(f"call {call_id} cannot be read"):
            async with self._engine.connect() as connection:
                rows = await connection.execute(select(table).where(column == call_id).order_by(table.c.id))
                return [dict(row) for row in rows.mappings()]

    async def _mark(self, call_id: str, archived_at: float | None) -> bool:
        """Whether the call is still there to be marked."""
        marking = update(tables.calls).where(tables.calls.c.id == call_id).values(archived_at=archived_at)
        with telling(f"call {call_id} cannot be marked as copied"):
            async with self._engine.begin() as connection:
                return (await connection.execute(marking)).rowcount > 0
