"""Finds what the archive says of recordings, and takes those away that were kept long enough, or that it knows not."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.settings.retention import Days
from agent.storage import recordings, tables
from agent.storage.data_keys import learn
from agent.storage.keyring import Keyring
from agent.storage.retention import DAY_S
from agent.storage.schema import telling
from agent.storage.sealing import Vault

MOST_NAMED = 500
"""Files that are looked up in one statement."""


class KeptRecording(msgspec.Struct, frozen=True, kw_only=True):
    call_id: str
    began_at: float
    """Unix seconds."""
    file: str
    """Its name in the folder of recordings."""
    key: bytes


async def recordings_of(engine: AsyncEngine, keyring: Keyring, call_id: str) -> Sequence[KeptRecording]:
    """Those of a call, the oldest first; none once they were erased, taken back or kept long enough.

    Raises `StoreError` when the archive does not answer, and for a call whose key is gone.
    """
    vault, columns = Vault(keyring), tables.recordings.c
    query = select(columns.began_at, columns.file, columns.key).where(columns.call_id == call_id).order_by(columns.id)
    with telling(f"recordings of call {call_id} cannot be looked up"):
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            await learn(connection, vault, {call_id})
    return [
        KeptRecording(
            call_id=call_id,
            began_at=row.began_at,
            file=row.file,
            key=vault.open(call_id, tables.recordings.name, "key", bytes(row.key)),
        )
        for row in rows
    ]


async def take_away_files(
    engine: AsyncEngine, folder: Path, days: Days, *, now_s: float, waiting: Collection[str] = ()
) -> int:
    """Deletes the files of recordings of calls that began more than `days` ago, and of those that the archive does not
    name, but for calls that are `waiting` to be written there, and for files of the last day: their rows may still be
    on their way. Returns how many. Rows are left to `Retention`. Raises `StoreError`."""
    files = await asyncio.to_thread(recordings.names, folder)
    kept, due = set[str](), set[str]()
    for start in range(0, len(files), MOST_NAMED):
        for call_id, name, started_at in await _named(engine, files[start : start + MOST_NAMED]):
            old = days is not None and started_at < now_s - days * DAY_S
            (due if old else kept).add(call_id if old else name)
    waited_for = {name for name in files if recordings.call_of(name) in waiting}
    gone = await asyncio.to_thread(recordings.erase, folder, due)
    return gone + await asyncio.to_thread(recordings.erase_strays, folder, kept | waited_for, before=now_s - DAY_S)


async def _named(engine: AsyncEngine, files: Sequence[str]) -> Sequence[tuple[str, str, float]]:
    """Of those files that the archive names: the call, the file, and when the call began."""
    rows, calls = tables.recordings.c, tables.calls.c
    query = select(rows.call_id, rows.file, calls.started_at).join_from(tables.recordings, tables.calls)
    with telling("recordings cannot be looked up"):
        async with engine.connect() as connection:
            found = (await connection.execute(query.where(rows.file.in_(files)))).all()
    return [(row.call_id, row.file, row.started_at) for row in found]
