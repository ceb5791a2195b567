"""Erasing calls and customers: every table, the key first, nobody else's, on every database; and the list of it."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import DataRejected, StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.certificate import read_certificate
from agent.storage.erased import Erased, ErasedList
from agent.storage.erasure import Eraser
from tests.storage.kept_rows import ALL, keep, left, opened_archive


@pytest.fixture
async def engine(file_storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    async with opened_archive(file_storage) as engine:
        yield engine


async def test_every_database_erases_alike(storage: StorageSettings, clock: FakeClock) -> None:
    """Calls of one customer go from all tables, with the customer; another's stay; twice is like once."""
    async with opened_archive(storage) as engine:
        for call_id, customer in (("a", "p1"), ("b", "p1"), ("c", "p2")):
            await keep(engine, clock, days_ago=1, id=call_id, customer=customer)
        async with engine.begin() as connection:
            for pseudonym in ("p1", "p2"):
                row = {"id": pseudonym, "first_seen_at": 1.0, "last_seen_at": 1.0, "locale": "en"}
                await connection.execute(insert(tables.customers), row)
        eraser = Eraser(engine)
        found = await eraser.calls_of("p1")
        assert set(found.ids) == {"a", "b"}
        assert await eraser.erase_calls(found.ids) == dict.fromkeys(ALL, 2)
        assert await eraser.erase_customer("p1") == {"customers": 1}
        assert [await left(engine, call_id) for call_id in "abc"] == [set(), set(), ALL]
        assert (await eraser.calls_of("p1")).ids == ()
        assert (await eraser.erase_calls(("a", "b")), await eraser.erase_customer("p1")) == ({}, {})
        assert await eraser.wipe() is (engine.dialect.name == "sqlite")


async def test_key_goes_first_and_the_call_last(engine: AsyncEngine, clock: FakeClock) -> None:
    """Cut off anywhere, what is left cannot be read, and is found again."""
    await keep(engine, clock, days_ago=1, id="a")
    deleted: list[str] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM "):
            deleted.append(statement.split()[2])

    await Eraser(engine).erase_calls(["a"])
    assert (deleted[0], deleted[-1], set(deleted)) == ("call_keys", "calls", ALL)


async def test_only_calls_from_before_a_time_are_found(engine: AsyncEngine, clock: FakeClock) -> None:
    """As calls after an erasure are not meant by it; those that go on are told apart."""
    await keep(engine, clock, days_ago=3, id="before")
    await keep(engine, clock, days_ago=1, id="after", ended_at=None)
    eraser = Eraser(engine)
    then = clock.wall_ns() / NS_PER_S - 2 * 24 * 3_600
    assert (await eraser.calls_of("p1", before=then)).ids == ("before",)
    assert (await eraser.calls_of("p1")).going_on == ("after",)
    assert (await eraser.calls_named(["before", "unknown"])).ids == ("before",)
    assert (await eraser.calls_named([f"unknown-{number}" for number in range(1_200)])).ids == ()


async def test_reader_of_an_earlier_state_is_told_of(engine: AsyncEngine, clock: FakeClock) -> None:
    """While another process reads on, SQLite's log cannot be emptied; afterwards it can."""
    await keep(engine, clock, days_ago=1, id="a")
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    eraser = Eraser(engine, pause=wait)
    async with engine.connect() as reader:
        await reader.exec_driver_sql("BEGIN")
        await reader.exec_driver_sql("SELECT * FROM utterances")
        await eraser.erase_calls(["a"])
        assert not await eraser.wipe()
        await reader.exec_driver_sql("ROLLBACK")
    assert waited
    assert await eraser.wipe()


def test_list_of_erasures_outlasts_a_crash(tmp_path: Path) -> None:
    """In order; a line that was cut off is as if it had not been begun; other damage is not passed over."""
    path = tmp_path / "agent.erased"
    first, second = Erased(at=1.0, customer="p1", calls=("a",)), Erased(at=2.0, customer=None, calls=("b", "c"))
    assert list(ErasedList(path)) == []
    ErasedList(path).add(first)
    with path.open("ab") as file:
        file.write(b'{"at":1.5,"cust')
    assert list(ErasedList(path)) == [first]
    ErasedList(path).add(second)
    assert list(ErasedList(path)) == [first, second]
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes().replace(b'"at"', b'"when"', 1))
    with pytest.raises(StoreError, match="cannot be read"):
        list(ErasedList(path))


def test_erasures_at_once_are_all_on_the_list(tmp_path: Path) -> None:
    """One by command and one by a customer of the running agent: neither writes over the other."""
    path = tmp_path / "agent.erased"
    with ThreadPoolExecutor(4) as threads:
        for number in range(60):
            threads.submit(ErasedList(path).add, Erased(at=float(number), customer=None, calls=(f"c{number}",)))
    assert sorted(erased.at for erased in ErasedList(path)) == [float(number) for number in range(60)]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"erased_at": 3}'])
def test_file_that_is_no_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    """In words that name the file."""
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    with pytest.raises(DataRejected, match=r"certificate\.json"):
        read_certificate(path)
