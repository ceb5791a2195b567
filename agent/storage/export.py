"""Reads everything that is kept of a call, opened, for the one whose call it was."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.storage import states, tables
from agent.storage.data_keys import learn
from agent.storage.keyring import Keyring
from agent.storage.schema import telling
from agent.storage.sealing import Vault
from agent.storage.tracks import POINT_SCALE, unpacked

if TYPE_CHECKING:
    from agent.storage.mongo_archive import MongoArchive

Row = dict[str, Any]

OF_CALLS = tuple(table for table in tables.IN_ORDER if table not in (tables.calls, tables.call_keys))
WORDS = {("utterances", "text"), ("replies", "text"), ("surveys", "text")}
"""Content that is plain text; all other content is JSON, but for tracks."""
SECRET = {("recordings", "key")}
"""Content that opens other content, and is in no export."""


class CallReader:
    """Reads whole calls from the archive behind `engine`, and what was retired there from `archive`.

    Its methods raise `StoreError` when either does not answer, or a value was altered.
    """

    def __init__(self, engine: AsyncEngine, keyring: Keyring, archive: "MongoArchive | None" = None) -> None:
        self._engine = engine
        self._keyring = keyring
        self._archive = archive

    async def call(self, call_id: str) -> Row:
        """The row of a call, and under the name of each table what hangs on it, in order."""
        vault = Vault(self._keyring)
        with telling(f"call {call_id} cannot be read"):
            async with self._engine.connect() as connection:
                await learn(connection, vault, {call_id})
                named = select(tables.calls).where(tables.calls.c.id == call_id)
                whole = [dict(row) for row in (await connection.execute(named)).mappings()]
        call: Row = whole[0] if whole else {"id": call_id}
        for table in OF_CALLS:
            # In a thread, as a minute of tracks is a quarter of a million numbers, and calls may be going on.
            call[table.name] = await asyncio.to_thread(_opened, vault, table, await self._rows(table, call_id))
        return call

    async def customer(self, pseudonym: str) -> Row | None:
        """What is kept of a customer beside calls."""
        found = await self._select(tables.customers, tables.customers.c.id == pseudonym)
        return found[0] if found else None

    async def _rows(self, table: Table, call_id: str) -> list[Row]:
        rows = await self._select(table, table.c.call_id == call_id)
        if not rows and self._archive is not None:
            return await self._archive.rows(call_id, table.name)
        return rows

    async def _select(self, table: Table, condition: Any) -> list[Row]:
        with telling(f"{table.name} cannot be read"):
            async with self._engine.connect() as connection:
                found = await connection.execute(select(table).where(condition).order_by(table.c.id))
                return [dict(row) for row in found.mappings()]


def _opened(vault: Vault, table: Table, rows: list[Row]) -> list[Row]:
    return [_shown(vault, table, row) for row in rows]


def _shown(vault: Vault, table: Table, row: Row) -> Row:
    """The row in clear, without the numbers and the keys that only the program needs."""
    hidden = {"id", "call_id", *(column for name, column in SECRET if name == table.name)}
    shown = {name: value for name, value in row.items() if name not in hidden}
    for column in (name for name in tables.CONTENT[table] if name in shown):
        clear = vault.open(row["call_id"], table.name, column, bytes(row[column]))
        shown[column] = _plain(table, column, clear)
    return shown


def _plain(table: Table, column: str, clear: bytes) -> Any:
    if table is tables.tracks:
        return _run(clear)
    if table is tables.states:
        return [msgspec.structs.asdict(state) for state in states.decoded(clear)]
    if (table.name, column) in WORDS:
        return clear.decode()
    return msgspec.json.decode(clear) if clear else None


def _run(packed: bytes) -> msgspec.Raw:
    """A run of tracks as JSON at once, as its thousands of numbers would fill the memory one by one: of each frame and
    part of the body x, y, x, y …, in `scale` parts of the picture's width and height."""
    frames = [
        {
            "media_ms": frame.media_ms,
            "parts": {part: points.ravel().tolist() for part, points in frame.parts.items()},
        }
        for frame in unpacked(packed)
    ]
    return msgspec.Raw(msgspec.json.encode({"scale": POINT_SCALE, "frames": frames}))
