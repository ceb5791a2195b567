"""The calls' data keys in the archive: by which master keys they are wrapped, wrapping them anew, sealing old rows."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.errors import CallDamaged
from agent.core.settings.storage import StorageSettings
from agent.storage import keyring as keyrings
from agent.storage.content import fit_to_keep
from agent.storage.keyring import Keyring
from agent.storage.schema import open_engine, telling, upgrade
from agent.storage.sealing import Vault, WrappedKey, is_sealed, rewrapped
from agent.storage.tables import CONTENT, call_keys, calls

BATCH = 500
"""Rows that are written in one transaction, so that nobody waits long for a database that is in use."""


async def open_keyring(storage: StorageSettings) -> Keyring:
    """The keys of the archive, whose tables are brought up to date; made at first.

    Raises `StoreError` for an archive that cannot be used, and for keys that are missing, broken or another archive's.
    """
    return await asyncio.to_thread(keyrings.opened, storage, await keys_in_use(storage))


async def keys_in_use(storage: StorageSettings) -> dict[str, int]:
    """How many data keys each master key has wrapped, by its id, in the archive, whose tables are brought up to date.

    Raises `StoreError` for an archive that cannot be used, `StoreAway` for one that is away.
    """
    await asyncio.to_thread(upgrade, storage.url)
    async with archive_of(storage) as engine:
        return await wrapped_by(engine)


@asynccontextmanager
async def archive_of(storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    """The database of the archive, for a while."""
    engine = open_engine(storage.url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def wrapped_by(engine: AsyncEngine) -> dict[str, int]:
    """How many data keys each master key has wrapped, by its id. Raises `StoreError`."""
    query = select(call_keys.c.master_key, func.count()).group_by(call_keys.c.master_key)
    with telling("the archive's data keys cannot be read"):
        async with engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}


async def rewrap(engine: AsyncEngine, keyring: Keyring) -> int:
    """Wraps every data key by the current master key, a batch at a time; what is sealed with them stays as it is.

    Returns how many there were to do; may be cut off and taken up again. Raises `StoreError`.
    """
    columns, done = call_keys.c, 0
    others = select(columns.call_id, columns.wrapped, columns.master_key).where(
        columns.master_key != keyring.current.id
    )
    with telling("the archive's data keys cannot be wrapped anew"):
        while True:
            async with engine.begin() as connection:
                rows = (await connection.execute(others.limit(BATCH))).all()
                if not rows:
                    return done
                await connection.execute(
                    update(call_keys)
                    .where(columns.call_id == bindparam("of_call"))
                    .values(wrapped=bindparam("anew"), master_key=bindparam("by")),
                    [_anew(keyring, *row) for row in rows],
                )
            done += len(rows)


def _anew(keyring: Keyring, call_id: str, wrapped: bytes, master_key: str) -> dict[str, object]:
    anew = rewrapped(keyring, call_id, WrappedKey(bytes(wrapped), master_key))
    return {"of_call": call_id, "anew": anew.wrapped, "by": anew.master_key}


async def seal_clear_rows(engine: AsyncEngine, keyring: Keyring) -> int:
    """Redacts and seals what versions of the agent without a seal have written in clear; returns how many rows.

    Each call is written in one transaction, its data key with it, so it may be cut off anywhere and taken up again.
    Raises `StoreError`.
    """
    done, columns = 0, calls.c
    of_before = select(columns.id).outerjoin(call_keys).where(call_keys.c.id.is_(None)).order_by(columns.id)
    with telling("what the archive holds in clear cannot be sealed"):
        async with engine.connect() as connection:
            call_ids = (await connection.scalars(of_before)).all()
        for call_id in call_ids:
            async with engine.begin() as connection:
                done += await _seal_call(connection, keyring, call_id)
    return done


async def _seal_call(connection: AsyncConnection, keyring: Keyring, call_id: str) -> int:
    vault, sealed = Vault(keyring), 0
    key = vault.begin(call_id)
    for table, names in CONTENT.items():
        if names:
            sealed += await _seal_table(connection, vault, table, call_id)
    if sealed:
        row = {"call_id": call_id, "wrapped": key.wrapped, "master_key": key.master_key}
        await connection.execute(insert(call_keys), row)
    return sealed


async def _seal_table(connection: AsyncConnection, vault: Vault, table: Table, call_id: str) -> int:
    """Seals what a table holds of a call in clear; returns how many rows."""

    def sealed(name: str, value: bytes) -> bytes:
        if is_sealed(value):
            return value
        return vault.seal(call_id, table.name, name, fit_to_keep(table, name, bytes(value)))

    names = CONTENT[table]
    query = select(table.c.id, *(table.c[name] for name in names)).where(table.c.call_id == call_id)
    anew = [
        {"of_row": row_id} | {f"new_{name}": sealed(name, value) for name, value in zip(names, values, strict=True)}
        for row_id, *values in (await connection.execute(query)).all()
        if not all(map(is_sealed, values))
    ]
    if anew:
        change = update(table).where(table.c.id == bindparam("of_row"))
        await connection.execute(change.values({name: bindparam(f"new_{name}") for name in names}), anew)
    return len(anew)


async def learn(
    connection: AsyncConnection, vault: Vault, call_ids: Collection[str], *, pass_over_damaged: bool = False
) -> None:
    """Lets the vault have the data keys of these calls, as far as they are kept. Raises `CallDamaged` for one that was
    altered, unless such are passed over."""
    columns = call_keys.c
    query = select(columns.call_id, columns.wrapped, columns.master_key).where(columns.call_id.in_(call_ids))
    for row in await connection.execute(query):
        try:
            vault.learn(row.call_id, WrappedKey(bytes(row.wrapped), row.master_key))
        except CallDamaged:
            if not pass_over_damaged:
                raise
