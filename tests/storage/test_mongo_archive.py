"""Whole calls in MongoDB, by the real driver over a socket: copied when they end, across outages, erased, retired."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import FakeClock
from agent.core.errors import StoreError
from agent.core.settings.retention import RetentionSettings
from agent.core.settings.storage import StorageSettings
from agent.storage import mongo_archive, tables
from agent.storage.archiving import COPIED, Archivist
from agent.storage.erasure import Eraser
from agent.storage.history import CallHistory, StoredUtterance
from agent.storage.keyring import Keyring
from agent.storage.mongo_archive import MongoArchive
from agent.storage.retention import Retention
from tests.storage.kept_rows import OF_CALL, keep, left, opened_archive
from tests.storage.mongo_server import MongoServer, running_mongo

DAYS = RetentionSettings().archive_days
TABLES = {table.name for table in COPIED}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MongoServer]:
    with running_mongo(tmp_path) as server:
        yield server


@pytest.fixture
async def archive(server: MongoServer) -> AsyncIterator[MongoArchive]:
    async with MongoArchive.opened(server.url) as archive:
        yield archive


@pytest.fixture
async def engine(file_storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    async with opened_archive(file_storage) as engine:
        yield engine


async def held(archive: MongoArchive, call_id: str) -> set[str]:
    """Tables of which rows of a call are in its documents."""
    return {table.name for table in tables.IN_ORDER if await archive.rows(call_id, table.name)}


async def test_calls_are_copied_once_they_ended(engine: AsyncEngine, archive: MongoArchive, clock: FakeClock) -> None:
    """Every row as it is, still sealed; neither keys nor tracks; a call that goes on waits; nothing is copied twice."""
    await keep(engine, clock, days_ago=1, id="ended")
    await keep(engine, clock, days_ago=0, id="live", ended_at=None)
    archivist = Archivist(engine, archive, DAYS, clock)
    assert await archivist.copy() == 1
    assert await held(archive, "ended") == TABLES
    assert await held(archive, "live") == set()
    [row] = await archive.rows("ended", "utterances")
    assert {name: row[name] for name in OF_CALL["utterances"]} == OF_CALL["utterances"]
    assert await archive.calls_of("p1") == ("ended",)
    assert await archivist.copy() == 0


async def test_many_calls_are_read_wherever_their_rows_are(
    engine: AsyncEngine, archive: MongoArchive, keyring: Keyring, clock: FakeClock
) -> None:
    """What the database has retired comes from the archive, each call's own."""
    for name, days_ago in (("old", 100), ("older", 101), ("new", 1)):
        await keep(engine, clock, days_ago=days_ago, id=name)
    await Archivist(engine, archive, DAYS, clock).copy()
    await Retention(engine, RetentionSettings(), clock).run()
    assert "utterances" in await left(engine, "new") and "utterances" not in await left(engine, "old")
    said = await CallHistory(engine, keyring, archive).of_calls(StoredUtterance, ["old", "new", "older", "none"])
    assert {name: [one.text for one in rows] for name, rows in said.items()} == {
        "old": ["t"], "new": ["t"], "older": ["t"], "none": [],
    }  # fmt: skip


async def test_long_call_is_several_documents(
    engine: AsyncEngine, archive: MongoArchive, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit one document is in further ones, in order, and goes with the first."""
    monkeypatch.setattr(mongo_archive, "MOST_BYTES", 2_000)
    await keep(engine, clock, days_ago=1, id="long")
    more = [OF_CALL["signals"] | {"call_id": "long", "seq": seq} for seq in range(2, 101)]
    async with engine.begin() as connection:
        await connection.execute(insert(tables.signals), more)
    await Archivist(engine, archive, DAYS, clock).copy()
    assert [row["seq"] for row in await archive.rows("long", "signals")] == list(range(1, 101))
    assert await archive.erase(["long"]) > 5
    assert not await archive.holds("long")


async def test_outage_is_waited_out(
    engine: AsyncEngine, server: MongoServer, clock: FakeClock, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """While the server is away calls wait in the database, the log says so once, and then they are copied."""
    monkeypatch.setattr(mongo_archive, "ANSWERS_WITHIN_MS", 200)
    await keep(engine, clock, days_ago=1, id="a")
    server.stop()
    looked = asyncio.Queue[None]()

    async def pause(seconds: float) -> None:
        looked.put_nowait(None)
        await asyncio.sleep(0.05)

    async with MongoArchive.opened(server.url) as archive, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(Archivist(engine, archive, DAYS, clock, pause=pause).run())
        for _ in range(2):
            await looked.get()
        assert "utterances" in await left(engine, "a")
        server.start()
        async with asyncio.timeout(15):
            while not await marked(engine, "a"):
                await looked.get()
        running.cancel()
        assert await held(archive, "a") == TABLES
    assert caplog.text.count("not copied") == 1


async def marked(engine: AsyncEngine, call_id: str) -> bool:
    async with engine.connect() as connection:
        found = await connection.scalar(select(tables.calls.c.archived_at).where(tables.calls.c.id == call_id))
    return found is not None


async def test_call_that_is_erased_while_it_is_copied_is_not_left_behind(
    engine: AsyncEngine, archive: MongoArchive, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure that comes between reading the rows and writing the document wins."""
    await keep(engine, clock, days_ago=1, id="a")
    keeping = archive.keep

    async def erased_meanwhile(*arguments: object) -> None:
        await Eraser(engine).erase_calls(["a"])
        await keeping(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "keep", erased_meanwhile)
    await Archivist(engine, archive, DAYS, clock).copy()
    assert not await archive.holds("a")


async def test_documents_go_in_time_and_the_key_after_them(
    engine: AsyncEngine, archive: MongoArchive, clock: FakeClock
) -> None:
    """What the database retired is in the document for a year; then that goes for good, and the key after it."""
    await keep(engine, clock, days_ago=100, id="a")
    archivist = Archivist(engine, archive, DAYS, clock)
    await archivist.copy()
    retention = Retention(engine, RetentionSettings(), clock)
    await retention.run()
    assert await left(engine, "a") == {"calls", "call_keys", "consents", "labels", "surveys"}
    assert (await archivist.due(), len(await archive.rows("a", "utterances"))) == (0, 1)
    clock.advance(ms=270 * 24 * 3_600 * 1_000)
    assert (await archivist.due(), await archivist.retire()) == (1, 1)
    await retention.run()
    assert await left(engine, "a") == {"calls", "consents"}
    assert await archivist.copy() == 0
    assert not await archive.holds("a")


async def test_address_that_is_none_is_refused() -> None:
    """In words that name the setting."""
    with pytest.raises(StoreError, match=r"storage\.mongo_url"):
        async with MongoArchive.opened("mongodb://a:b:c@:1/"):
            pass
