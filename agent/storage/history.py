"""Reads the archive: what was said in a call, what was perceived, and what its reply engine was sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, Table, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.errors import CallNotFound, StoreError
from agent.storage import tables
from agent.storage.schema import open_engine, plain, upgrade


class StoredCall(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    started_at: float
    ended_at: float | None
    """None while it goes on, and of one whose process died."""
    ended_because: str | None
    locale: str


class StoredReply(msgspec.Struct, frozen=True, kw_only=True):
    said_at: float
    reply_id: str
    text: str
    because: str
    """JSON list of the signals that shaped it."""
    turn: int | None


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the reply engine was sent; not a signal."""

    sent_at: float
    type: str
    body: str
    """JSON."""


class StoredSignal(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    kind: str
    captured_at: float
    media_ms: float
    age_ms: float
    confidence: float | None
    valid: bool
    reason: str | None
    value: str
    """JSON."""


Row = TypeVar("Row", bound=msgspec.Struct)


class CallHistory:
    """What is kept of calls. Each method raises `StoreError` when the database cannot be read."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator["CallHistory"]:
        """The archive at `url`, which an agent may be writing. Raises `StoreError` when it cannot be used."""
        await asyncio.to_thread(upgrade, url)
        engine = open_engine(url)
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    async def find(self, name: str) -> StoredCall:
        """The call whose id is or begins so; the latest one for "". Raises `CallNotFound` for none or several."""
        columns = tables.calls.c
        begins = _all(StoredCall, tables.calls).where(columns.id.startswith(name, autoescape=True))
        found = await self._read(StoredCall, begins.order_by(columns.id != name, columns.started_at.desc()).limit(2))
        if not found:
            raise CallNotFound(f"no call is kept whose id begins with {name!r}" if name else "no call is kept")
        if name and len(found) > 1 and found[0].id != name:
            raise CallNotFound(f"more than one call's id begins with {name!r}; give more of it")
        return found[0]

    async def replies(self, call_id: str) -> list[StoredReply]:
        """What the agent said, in order."""
        return await self._of_call(StoredReply, tables.replies, call_id)

    async def sent(self, call_id: str) -> list[StoredMessage]:
        """What the reply engine was sent, in order, but for signals."""
        return await self._of_call(StoredMessage, tables.sent, call_id)

    async def signals(self, call_id: str) -> list[StoredSignal]:
        """What was perceived and kept, in order."""
        return await self._of_call(StoredSignal, tables.signals, call_id)

    async def _of_call(self, struct: type[Row], table: Table, call_id: str) -> list[Row]:
        return await self._read(struct, _all(struct, table).where(table.c.call_id == call_id).order_by(table.c.id))

    async def _read(self, struct: type[Row], query: Select[Any]) -> list[Row]:
        try:
            async with self._engine.connect() as connection:
                return [struct(**row) for row in (await connection.execute(query)).mappings()]
        except SQLAlchemyError as fault:
            raise StoreError(f"the archive cannot be read: {plain(fault)}") from None


def _all(struct: type[msgspec.Struct], table: Table) -> Select[Any]:
    """The columns that the struct has fields for."""
    return select(*(table.c[name] for name in struct.__struct_fields__))
