"""Erases calls and customers from the archive: first the keys, so that no copy can be read, then every row."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.storage import tables
from agent.storage.clearing import Pause, clear
from agent.storage.schema import telling

TRIES = 2
"""Of emptying SQLite's log, each of which waits two seconds for whoever reads just then."""
TRY_AGAIN_S = 1.0
MOST_IDS = 500
"""Named in one statement."""


class CallsFound(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that are kept."""

    ids: tuple[str, ...]
    going_on: tuple[str, ...]
    """Those of `ids` that have not ended."""


class Eraser:
    """Erases from the archive behind `engine`. Its methods raise `StoreError` when that does not answer.

    A call that goes on is erased like any other: as its row is gone, no further row of it can be written.
    """

    def __init__(self, engine: AsyncEngine, *, pause: Pause = asyncio.sleep) -> None:
        self._engine = engine
        self._pause = pause

    async def calls_of(self, customer: str, *, before: float | None = None) -> CallsFound:
        """Calls of a customer, by pseudonym; those that began before a time, in Unix seconds, where one is given."""
        of_customer = tables.calls.c.customer == customer
        return await self._find(of_customer if before is None else of_customer & (tables.calls.c.started_at < before))

    async def calls_named(self, ids: Sequence[str]) -> CallsFound:
        """Those of the calls that are kept."""
        parts = [await self._find(tables.calls.c.id.in_(part)) for part in _parts(ids)]
        return CallsFound(
            ids=tuple(one for part in parts for one in part.ids),
            going_on=tuple(one for part in parts for one in part.going_on),
        )

    async def erase_calls(self, ids: Sequence[str]) -> Mapping[str, int]:
        """Deletes calls with all that hangs on them. Returns the rows by table."""
        # A call's own row goes last: until then it is found again if this is interrupted.
        others = [table for table in tables.IN_ORDER if table is not tables.call_keys]
        erased: dict[str, int] = {}
        for table in (tables.call_keys, *reversed(others)):
            of_call = table.c.id if table is tables.calls else table.c.call_id
            parts = [select(table.c.id).where(of_call.in_(part)) for part in _parts(ids)]
            erased[table.name] = sum([await clear(self._engine, table.c.id, rows, pause=self._pause) for rows in parts])
        return {name: rows for name, rows in erased.items() if rows}

    async def erase_customer(self, customer: str, *, before: float | None = None) -> Mapping[str, int]:
        """Deletes what is kept of a customer beside calls; where a time is given, of one who did not call since."""
        people = tables.customers
        theirs = select(people.c.id).where(people.c.id == customer)
        if before is not None:
            theirs = theirs.where(people.c.last_seen_at < before)
        rows = await clear(self._engine, people.c.id, theirs, pause=self._pause)
        return {people.name: rows} if rows else {}

    async def wipe(self) -> bool:
        """Takes what was deleted out of SQLite's log as well; deleted pages it overwrites by itself.

        Returns whether nothing is left: False of servers, whose files only they can clear, and where somebody goes on
        reading the old state.
        """
        if self._engine.dialect.name != "sqlite":
            return False
        for attempt in range(TRIES):
            if attempt:
                await self._pause(TRY_AGAIN_S)
            with telling("the archive's log cannot be emptied"):
                async with self._engine.connect() as connection:
                    plainly = await connection.execution_options(isolation_level="AUTOCOMMIT")
                    busy, *_ = (await plainly.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            if not busy:
                return True
        return False

    async def _find(self, condition: Any) -> CallsFound:
        query = select(tables.calls.c.id, tables.calls.c.ended_at).where(condition).order_by(tables.calls.c.started_at)
        with telling("the archive cannot be searched for calls"):
            async with self._engine.connect() as connection:
                found = (await connection.execute(query)).all()
        return CallsFound(
            ids=tuple(row.id for row in found), going_on=tuple(row.id for row in found if row.ended_at is None)
        )


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + MOST_IDS] for start in range(0, len(ids), MOST_IDS)]
