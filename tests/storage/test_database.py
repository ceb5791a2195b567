"""A database that is away when the agent starts: calls are spooled until it has come, if it is ours."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from agent.core.clock import FakeClock
from agent.core.errors import StoreAway, StoreError
from agent.core.lifecycle import EndReason
from agent.core.settings.storage import StorageSettings
from agent.storage import schema
from agent.storage.audit import Audit
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.database import LAST_RETRY_S, Database
from agent.storage.keyring import Keyring, key_path
from agent.storage.schema import upgrade
from tests.storage.conftest import connected, rows, said
from tests.storage.held_database import locked
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT, Reply, until
from tests.storage.servers import Server
from tests.storage.test_outages import full_disk

pytestmark = [pytest.mark.usefixtures("unblocked_loop"), pytest.mark.timeout(120)]

SPOOLED = 5
"""Rows of a call that begins, has one reply, and ends."""


def archive_on(server: Server, folder: Path, keyring: Keyring) -> StorageSettings:
    """A database that has not even tables, and keys that are given."""
    return StorageSettings(url=server.new_database(), spool=folder / "spool", keys=SecretStr(keyring.text()))


@asynccontextmanager
async def coming(database: Database) -> AsyncIterator[None]:
    """While this lasts the database is tried, as a running agent does."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(database.run())
        yield
        running.cancel()


def keep_call(store: CallStore) -> None:
    store.record_call_started("c1", CONSENT, BEGAN_S)
    store.record_reply("c1", Reply("s1", "sesame"))
    store.record_call_ended("c1", EndReason.CUSTOMER_LEFT)


async def test_calls_are_kept_until_a_server_that_was_away_at_the_start_has_come(
    any_server: Server, keyring: Keyring, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Whole and sealed; the log and the health say why. An empty one gets its tables first: before that, nobody reads
    or writes, though it answers."""
    storage = archive_on(any_server, tmp_path, keyring)
    await asyncio.to_thread(any_server.stop)
    try:
        database = await Database.found(storage)
        audited = Audit.opened(storage.url, key=b"k" * 32, anchor=tmp_path / "anchor", database=database)
        storing = CallStore.opened(storage, database.keyring, clock, flush_every_s=AT_ONCE_S, database=database)
        async with audited as audit, storing as store:
            assert store.health.fault == (
                "the database has been away since the start; what happens is kept on disk until it does"
            )
            keep_call(store)
            await until(lambda: store.health.kept_rows == SPOOLED)
            spooled = b"".join(path.read_bytes() for path in (tmp_path / "spool").rglob("*.rows"))
            with pytest.raises(StoreAway, match="away since the start"):
                await audit.record("staff:ada", "staff.signed_in")
            await asyncio.to_thread(any_server.start)
            with pytest.raises(StoreAway, match="away since the start"):
                await audit.record("staff:ada", "staff.signed_in")
            async with coming(database):
                await until(lambda: store.health.fault is None and store.written == SPOOLED)
            await audit.record("staff:ada", "staff.signed_in")
    finally:
        if not any_server.runs:
            await asyncio.to_thread(any_server.start)
    assert len(spooled) > 0 and b"sesame" not in spooled
    assert await said(storage, database.keyring) == ["sesame"]
    assert await rows(storage, "SELECT ended_because FROM calls") == [("customer_left",)]
    assert caplog.text.count("is away") == 1 and "has come" in caplog.text


async def test_what_time_does_not_heal_is_refused_at_once(any_server: Server, tmp_path: Path) -> None:
    """A database that there is not, or a user whom the server does not know, is an error of the settings."""
    there = any_server.new_database()
    for url in (any_server.url.format("no_such"), there.replace("agent@", "eve@").replace("root@", "eve:wrong@")):
        with pytest.raises(StoreError, match="cannot be used") as refusal:
            await Database.found(StorageSettings(url=url, spool=tmp_path / "spool"))
        assert not isinstance(refusal.value, StoreAway)


async def test_server_that_hangs_counts_as_away(
    postgresql_server: Server, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes connections and answers nothing; the start does not wait for it for long."""
    storage = archive_on(postgresql_server, tmp_path, keyring)
    monkeypatch.setattr(schema, "CONNECTS_WITHIN_S", 0.3)
    postgresql_server.send(signal.SIGSTOP)
    try:
        database = await Database.found(storage)
        assert database.shut is not None
    finally:
        postgresql_server.send(signal.SIGCONT)
    # Not sooner than it is said to last, as a server that was busy may answer late.
    monkeypatch.undo()
    await database.open()
    assert database.shut is None


async def test_full_disk_at_the_start_counts_as_away(file_storage: StorageSettings) -> None:
    """As one that fills up later stops no call either."""
    await open_keyring(file_storage)
    async with full_disk(room=10):
        database = await Database.found(file_storage)
    assert database.shut is not None
    await database.open()
    assert database.shut is None


async def test_database_of_a_later_version_that_comes_is_left_alone(
    file_storage: StorageSettings, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Calls go on into the spool and the log says why, once; when somebody has put it right, all is written."""
    await open_keyring(file_storage)
    async with locked(file_storage) as lock:
        database = await Database.found(file_storage)
        [(version,)] = lock.execute("SELECT version_num FROM alembic_version")
        lock.execute("UPDATE alembic_version SET version_num = '9999'")
        lock.commit()
    storing = CallStore.opened(file_storage, database.keyring, clock, flush_every_s=AT_ONCE_S, database=database)
    async with storing as store, coming(database):
        keep_call(store)
        await until(lambda: "as the log says" in str(store.health.fault) and store.health.kept_rows == SPOOLED)
        assert await rows(file_storage, "SELECT count(*) FROM calls") == [(0,)]
        async with connected(file_storage) as connection:
            await connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
        await until(lambda: store.health.fault is None and store.written == SPOOLED)
    assert await said(file_storage, database.keyring) == ["sesame"]
    assert caplog.text.count("later version") == 1


async def test_database_of_other_keys_that_comes_is_left_alone(file_storage: StorageSettings, clock: FakeClock) -> None:
    """Nothing is mixed into an archive that other keys open."""
    ours = await open_keyring(file_storage)
    async with CallStore.opened(file_storage, Keyring.fresh(), clock) as store:
        keep_call(store)
    database = Database(file_storage, ours)
    with pytest.raises(StoreError, match="which .* does not hold"):
        await database.open()
    assert database.shut is not None


async def test_no_keys_are_made_for_an_archive_that_nobody_has_seen(file_storage: StorageSettings) -> None:
    """It may have been sealed with keys of which only a copy has to be put back."""
    await asyncio.to_thread(upgrade, file_storage.url)
    async with locked(file_storage):
        with pytest.raises(StoreError, match="put a copy of the keys there"):
            await Database.found(file_storage)
    assert not key_path(file_storage).exists()


async def test_an_absent_database_is_tried_ever_less_often(keyring: Keyring, caplog: pytest.LogCaptureFixture) -> None:
    """From half a second to a quarter of a minute, and it is said once."""
    pauses: list[float] = []

    async def pause(length_s: float) -> None:
        pauses.append(length_s)
        if len(pauses) == 8:
            raise asyncio.CancelledError

    nowhere = StorageSettings(url="postgresql+asyncpg://agent@127.0.0.1:9/calls")
    with pytest.raises(asyncio.CancelledError):
        await Database(nowhere, keyring, pause=pause).run()
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, LAST_RETRY_S, LAST_RETRY_S, LAST_RETRY_S]
    assert caplog.text.count("is away") == 1
