"""The archive while its database is locked, full, refused or dead: calls go on, and nothing that was kept is lost."""

import asyncio
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.core.clock import FakeClock
from agent.core.lifecycle import EndReason
from agent.core.settings.storage import StorageSettings
from agent.storage.calls import CallStore
from agent.storage.keyring import Keyring
from tests.storage.conftest import rows, said
from tests.storage.held_database import locked
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT, Reply, seen, until
from tests.storage.servers import Server

pytestmark = [pytest.mark.usefixtures("unblocked_loop"), pytest.mark.timeout(120)]

BEGUN = 3
"""Rows that the beginning of a call is."""


@asynccontextmanager
async def full_disk(room: int) -> AsyncIterator[None]:
    """No file grows beyond `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_locked_database_is_waited_for(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """While another process holds the database rows are spooled in order, which is said once, without their content."""
    changes = []
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.on_change = lambda: changes.append(store.health.state)
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written == BEGUN)
        async with locked(file_storage):
            for number in range(5):
                store.record_reply("c1", Reply(f"s{number}", f"secret {number}"))
                await until(lambda: store.health.kept_rows == BEGUN + 1 + number)  # noqa: B023
            fault, spooled = store.health.fault, store.health.spooled_bytes
        store.record_reply("c1", Reply("s5", "secret 5"))
        await until(lambda: store.written == BEGUN + 6)
        await until(lambda: store.health.state == "good")
    assert fault is not None and spooled > 0
    assert changes == ["spooling", "good"]
    assert await said(file_storage, keyring) == [f"secret {number}" for number in range(6)]
    assert (store.dropped, caplog.text.count("refused a batch"), "secret" in caplog.text) == (0, 1, False)


async def test_server_that_dies_and_comes_back_costs_nothing(
    keyring: Keyring, clock: FakeClock, tmp_path: Path, any_server: Server
) -> None:
    """Rows of before, meanwhile and after are all there, each once and in order, though its end came without a word."""
    storage = StorageSettings(url=any_server.new_database(), spool=tmp_path / "spool")
    async with CallStore.opened(storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        for number in range(60):
            store.record_reply("c1", Reply(f"s{number}", str(number)))
            if number == 20:
                await asyncio.to_thread(any_server.stop, signal.SIGKILL)
            if number == 40:
                await until(lambda: store.health.state == "spooling")
                await asyncio.to_thread(any_server.start)
            await asyncio.sleep(0.01)
        await until(lambda: store.health.state == "good" and store.written == BEGUN + 60)
    assert await said(storage, keyring) == [str(number) for number in range(60)]
    assert store.dropped == 0


async def test_full_database_stops_nothing(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock, tmp_path: Path
) -> None:
    """A database that cannot grow any more is like a dead one, and takes what was spooled once there is room."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written == BEGUN)
        log = tmp_path / "calls.sqlite3-wal"
        async with full_disk(room=log.stat().st_size + 20_000):
            for number in range(40):
                store.record_reply("c1", Reply(f"s{number}", str(number) + " and more" * 200))
                await asyncio.sleep(0.02)
            await until(lambda: store.health.state == "spooling" and store.health.kept_rows == BEGUN + 40)
        await until(lambda: store.health.state == "good")
    assert [text.split()[0] for text in await said(file_storage, keyring)] == [str(number) for number in range(40)]
    assert store.dropped == 0


async def test_what_was_spooled_is_written_by_the_next_process(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Across a restart with the database still away, its call begun, told and ended in the spool alone."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        async with locked(file_storage):
            store.record_call_started("c1", CONSENT, BEGAN_S, customer="p1")
            store.record_reply("c1", Reply("s1", "hello"))
            store.record_call_ended("c1", EndReason.CUSTOMER_LEFT)
            await until(lambda: store.health.kept_rows == BEGUN + 3)
            store.close()
            await until(lambda: "next start" in caplog.text or store.health.state == "spooling")
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        await until(lambda: store.written >= BEGUN + 3 or store.health.state == "good")
    assert await said(file_storage, keyring) == ["hello"]
    assert await rows(file_storage, "SELECT ended_because, customer FROM calls") == [("customer_left", "p1")]
    assert await rows(file_storage, "SELECT count(*) FROM customers") == [(1,)]


async def test_full_spool_keeps_what_was_said_before_what_was_seen(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Signals make room for words; when there is none left for those either, it is said, counted, and gets well."""
    small = file_storage.model_copy(update={"spool_bytes": 8_000})
    async with CallStore.opened(small, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written == BEGUN)
        async with locked(file_storage):
            for seq in range(40):
                store.record_signal(seen("gesture", seq))
            store.record_reply("c1", Reply("s1", "kept"))
            await until(lambda: store.health.kept_rows == BEGUN + 1)
            assert (store.dropped, store.health.state) == (40, "dropping")
            store.record_reply("c1", Reply("s2", "there is no room for so many words" * 300))
            await until(lambda: store.health.state == "dropping")
            assert "not all" in str(store.health.fault)
        await until(lambda: store.health.state == "good" and store.written == BEGUN + 2)
    assert [len(text) > 4 for text in await said(file_storage, keyring)] == [False, True]
    assert (await rows(file_storage, "SELECT count(*) FROM signals"), store.dropped) == ([(0,)], 40)


async def test_spool_that_cannot_be_written_leaves_memory(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock, tmp_path: Path
) -> None:
    """With neither database nor disk rows wait in memory, and are written when the database is back."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written == BEGUN)
        async with locked(file_storage), full_disk(room=10):
            store.record_reply("c1", Reply("s1", "one"))
            await until(lambda: store.health.state == "dropping")
            store.record_reply("c1", Reply("s2", "two"))
        await until(lambda: store.health.state == "good")
    assert await said(file_storage, keyring) == ["one", "two"]
    assert store.dropped == 0


async def test_rows_of_an_erased_call_do_not_come_back(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """What was spooled of a call that is no longer in the database is dropped, and counted."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written == BEGUN)
        async with locked(file_storage) as lock:
            store.record_reply("c1", Reply("s1", "forget me"))
            await until(lambda: store.health.state == "spooling")
            lock.execute("DELETE FROM calls")
            lock.commit()
        await until(lambda: store.health.state == "good")
    assert await rows(file_storage, "SELECT count(*) FROM replies") == [(0,)]
    assert store.dropped == 1
