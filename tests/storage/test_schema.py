"""Migrations on each database: from nothing, from an earlier version, and that they lead to the tables in use."""

import asyncio
import socket
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage.calls import CallStore
from agent.storage.data_keys import wrapped_by
from agent.storage.history import CallHistory, StoredSignal
from agent.storage.keyring import Keyring
from agent.storage.schema import migrations, open_engine, shown, upgrade
from agent.storage.tables import metadata
from tests.storage.conftest import connected, rows
from tests.storage.kept import BEGAN_S, until

pytestmark = pytest.mark.timeout(90)

EARLIER = {
    "calls": {"id": "c1", "started_at": BEGAN_S, "locale": "en"},
    "consents": {
        "id": 1, "call_id": "c1", "recorded_at": BEGAN_S, "given_at": BEGAN_S, "version": "1", "locale": "en",
        "purposes": "speech",
    },
    "utterances": {
        "id": 1, "call_id": "c1", "said_at": BEGAN_S, "speaker": "customer", "typed": False, "text": "hello, 你好",
    },
    "replies": {
        "id": 1, "call_id": "c1", "said_at": BEGAN_S + 2, "reply_id": "s1", "text": "grüezi", "because": "[]",
        "turn": 1,
    },
    "sent": {"id": 1, "call_id": "c1", "sent_at": BEGAN_S, "type": "chat", "body": '{"type":"chat"}'},
    "signals": {
        "id": 1, "call_id": "c1", "seq": 4, "kind": "affect", "captured_at": BEGAN_S + 1, "media_ms": 1_000.5,
        "age_ms": 20.0, "confidence": 0.5, "valid": True, "reason": None, "value": '{"label":"joy"}',
    },
}  # fmt: skip
"""A call whose process died, as version 0002 kept it."""


def describe(connection: Connection) -> tuple[list[Any], set[str]]:
    """What differs from `tables.py`, and the tables that there are."""
    differences = compare_metadata(MigrationContext.configure(connection), metadata)
    return differences, set(inspect(connection).get_table_names())


def keep_as_earlier(connection: Connection) -> None:
    command.upgrade(migrations(connection), "0002")
    for table, row in EARLIER.items():
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


async def test_migrations_lead_to_the_tables_in_use(storage: StorageSettings) -> None:
    """An empty database becomes exactly what `tables.py` describes, and a second upgrade changes nothing."""
    for _ in range(2):
        await asyncio.to_thread(upgrade, storage.url)
    async with connected(storage) as connection:
        differences, names = await connection.run_sync(describe)
    assert differences == []
    assert names == {*metadata.tables, "alembic_version"}


async def test_calls_of_an_earlier_version_are_read_as_before(
    storage: StorageSettings, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows in clear are kept to the letter and the microsecond, and a call that nobody ended is closed."""
    caplog.set_level("INFO")
    async with connected(storage) as connection:
        await connection.run_sync(keep_as_earlier)
    async with CallStore.opened(storage, keyring, flush_every_s=0.01) as store:
        await until(lambda: not store.behind)
    assert "from version 0002 to" in caplog.text
    async with CallHistory.opened(storage.url, keyring) as history:
        call = await history.find("c1")
        [reply], [sent] = await history.replies("c1"), await history.sent("c1")
        assert await history.signals("c1") == [
            StoredSignal(
                seq=4, kind="affect", captured_at=BEGAN_S + 1, media_ms=1_000.5, age_ms=20.0, confidence=0.5,
                valid=True, reason=None, value='{"label":"joy"}',
            )
        ]  # fmt: skip
    assert (call.started_at, call.ended_at, call.ended_because) == (BEGAN_S, BEGAN_S + 2, "process_died")
    assert (reply.text, reply.because, reply.said_at) == ("grüezi", "[]", BEGAN_S + 2)
    assert sent.body == '{"type":"chat"}'


async def test_processes_that_start_at_once_do_not_meet(likely_storage: StorageSettings) -> None:
    """One of them migrates and the others wait for it."""
    await asyncio.gather(*(asyncio.to_thread(upgrade, likely_storage.url) for _ in range(3)))
    assert await rows(likely_storage, "SELECT count(*) FROM alembic_version") == [(1,)]


async def test_archive_of_a_later_version_is_refused(likely_storage: StorageSettings) -> None:
    """A database that a newer agent has migrated is left alone, and the message says why."""
    await asyncio.to_thread(upgrade, likely_storage.url)
    async with connected(likely_storage) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="later version"):
        await asyncio.to_thread(upgrade, likely_storage.url)


async def test_what_is_deleted_goes_with_all_that_belongs_to_it(storage: StorageSettings) -> None:
    """A call takes its rows with it, whoever deletes it."""
    await asyncio.to_thread(upgrade, storage.url)
    async with connected(storage) as connection:
        await connection.execute(text("INSERT INTO calls (id, started_at, locale) VALUES ('c1', 1, 'en')"))
        await connection.execute(text("INSERT INTO tracks (call_id, starts_ms, body) VALUES ('c1', 1, 'x')"))
        await connection.execute(text("DELETE FROM calls"))
    assert await rows(storage, "SELECT count(*) FROM tracks") == [(0,)]


async def test_server_that_is_gone_is_told_to_who_reads() -> None:
    """Where nobody listens, reading raises the error that callers wait for, whatever the driver says of it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        engine = open_engine(f"postgresql+asyncpg://agent@127.0.0.1:{held.getsockname()[1]}/archive")
        try:
            with pytest.raises(StoreError, match="the archive cannot be read"):
                await CallHistory(engine, Keyring.fresh()).find("")
            with pytest.raises(StoreError, match="data keys cannot be read"):
                await wrapped_by(engine)
        finally:
            await engine.dispose()


def test_password_is_never_shown() -> None:
    """Addresses in messages hide their password."""
    assert "hunter2" not in shown("postgresql+asyncpg://agent:hunter2@db/calls")
