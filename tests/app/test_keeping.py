"""The daily job of a running agent: at its start and every day after, from everywhere, and whatever fails."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.app.erasing import Erasing
from agent.app.exporting import Exporting
from agent.app.keeping import TRY_AGAIN_S, Keeping
from agent.app.kept_data import opened_kept_data
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import StoreError
from agent.core.settings import Settings
from agent.core.settings.retention import RetentionSettings
from agent.core.settings.storage import StorageSettings
from agent.storage import mongo_archive, tables
from agent.storage.history import CallHistory
from agent.storage.recordings import recordings_folder
from agent.storage.retention import DAY_S
from tests.app.kept_calls import WORD, keep_calls, traces
from tests.dialogue.domains.shop import opened
from tests.storage.mongo_server import MongoServer, running_mongo

MS_PER_DAY = DAY_S * 1_000
SHORT = RetentionSettings(
    transcripts_days=2, replies_days=2, signals_days=1, tracks_days=1, memory_days=30, audit_days=60
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of an agent whose files lie in a folder of their own, and which keeps words for two days."""
    monkeypatch.chdir(tmp_path)
    return Settings(retention=SHORT)


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[MongoServer]:
    folder = tmp_path / "mongo"
    folder.mkdir()
    with running_mongo(folder) as server:
        yield server


class Days:
    """Stands in for sleeping: each pause of the job moves the clock, and after the last one the test goes on."""

    def __init__(self, clock: FakeClock, *, end_after_s: float) -> None:
        self.slept: list[float] = []
        self._clock = clock
        self._left_s = end_after_s
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock.advance(ms=seconds * 1_000)
        self._left_s -= seconds
        if self._left_s <= 0:
            self.over.set()
            await asyncio.Event().wait()


def kept_rows(table: str) -> int:
    with closing(sqlite3.connect("agent.sqlite3")) as connection:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count


async def test_each_day_what_is_due_goes(settings: Settings, clock: FakeClock) -> None:
    """At the start, and a day after; what it did is in the audit log, and nothing where nothing was due."""
    await keep_calls(settings, clock, [("first", "dana")])
    clock.advance(ms=3 * MS_PER_DAY)
    await keep_calls(settings, clock, [("second", "dana")])
    days = Days(clock, end_after_s=4 * DAY_S)
    async with opened_kept_data(settings, clock) as kept, asyncio.TaskGroup() as tasks:
        job = tasks.create_task(Keeping(kept, pause=days).run())
        await days.over.wait()
        job.cancel()
        deeds = [msgspec.json.decode(entry.details) async for entry in kept.audit.entries()]
    assert days.slept == [DAY_S] * 4
    assert [deed.get("utterances") for deed in deeds] == [1, None, 1]
    assert (kept_rows("utterances"), kept_rows("call_keys"), kept_rows("calls")) == (0, 0, 2)


async def test_recordings_go_with_their_days_and_strays_with_them(settings: Settings, clock: FakeClock) -> None:
    """File and row in one run of the job, and a file that nothing speaks of; told by how many."""
    await keep_calls(settings, clock, [("old", "dana")])
    days = settings.retention.recordings_days
    assert days is not None
    stray = recorded(settings, "stray")
    file = recorded(settings, "old")
    async with opened_kept_data(settings, clock) as kept:
        async with kept.engine.begin() as connection:
            row = {"call_id": "old", "began_at": 0.0, "file": file.name, "key": b"k"}
            await connection.execute(tables.recordings.insert(), row)
        for one in (file, stray):
            os.utime(one, (clock.wall_ns() / NS_PER_S,) * 2)
        clock.advance(ms=2 * MS_PER_DAY)
        assert (await Keeping(kept).retire())["recordings files"] == 1
        assert (file.exists(), stray.exists(), kept_rows("recordings")) == (True, False, 1)
        clock.advance(ms=days * MS_PER_DAY)
        taken = await Keeping(kept).retire()
        assert (taken["recordings files"], taken["recordings"], file.exists()) == (1, 1, False)


def recorded(settings: Settings, call_id: str) -> Path:
    """A recording of a call, by nothing but its name."""
    folder = recordings_folder(settings.storage)
    folder.mkdir(exist_ok=True)
    path = folder / f"{call_id}.0123456789abcdef.recording"
    path.write_bytes(b"sealed")
    return path


async def test_database_that_is_away_is_asked_again(
    settings: Settings, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Within the hour, with a sentence in the log; the job goes on."""
    days = Days(clock, end_after_s=TRY_AGAIN_S + DAY_S)
    async with opened_kept_data(settings, clock) as kept, asyncio.TaskGroup() as tasks:
        with closing(sqlite3.connect("agent.sqlite3")) as connection:
            connection.execute("ALTER TABLE signals RENAME TO signals_elsewhere")
        job = tasks.create_task(Keeping(kept, pause=days).run())
        async with asyncio.timeout(10):
            while not days.slept:
                await asyncio.sleep(0.01)
        with closing(sqlite3.connect("agent.sqlite3")) as connection:
            connection.execute("ALTER TABLE signals_elsewhere RENAME TO signals")
        await days.over.wait()
        job.cancel()
    assert days.slept[0] == TRY_AGAIN_S
    assert days.slept[-1] == DAY_S
    assert "could not all be taken away" in caplog.text


async def test_archive_that_is_away_keeps_nothing_else(
    settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows in the database go in their time though MongoDB does not answer, which is then said."""
    monkeypatch.setattr(mongo_archive, "ANSWERS_WITHIN_MS", 100)
    nobody = StorageSettings(mongo_url=SecretStr("mongodb://127.0.0.1:1/agent"))
    settings = settings.model_copy(update={"storage": nobody})
    await keep_calls(settings, clock, [("old", "dana")])
    clock.advance(ms=3 * MS_PER_DAY)
    async with opened_kept_data(settings, clock) as kept:
        with pytest.raises(StoreError, match="MongoDB"):
            await Keeping(kept).retire()
        deeds = [entry.action async for entry in kept.audit.entries()]
    assert (kept_rows("utterances"), deeds) == (0, ["retention.run"])


async def test_memory_and_audit_log_have_their_time_too(settings: Settings, clock: FakeClock) -> None:
    """What the pack remembers goes after its days; old entries of the audit log are cut, and it still verifies."""
    clock.unix_ns = int(1_795_000_000 * 1e9)
    shop = opened(settings.reply.database.absolute())
    shop.ask("remember", preferred_name="Danny")
    shop.tools.close()
    async with opened_kept_data(settings, clock) as kept:
        await kept.audit.record("operator", "customer.exported", "p1")
        keeping = Keeping(kept)
        assert (await keeping.due(), await keeping.retire()) == ({}, {})
        clock.advance(ms=90 * MS_PER_DAY)
        assert await keeping.due() == {"memory": 1}
        assert await keeping.retire() == {"memory": 1, "audit": 1}
        assert kept.memory is not None
        assert "preferences" not in kept.memory.known("dana")
        assert (await kept.audit.verify()).ok


async def test_archive_of_whole_calls_is_shown_and_erased(
    settings: Settings, clock: FakeClock, mongo: MongoServer, tmp_path: Path
) -> None:
    """Words that the database retired are exported from MongoDB; erasing takes them there, to the last byte."""
    storage = StorageSettings(mongo_url=SecretStr(mongo.url))
    settings = settings.model_copy(update={"storage": storage})
    await keep_calls(settings, clock, [("dana-call", "dana"), ("lee-call", "lee")])
    async with opened_kept_data(settings, clock) as kept:
        assert kept.archive is not None
        async with asyncio.timeout(15), asyncio.TaskGroup() as tasks:
            job = tasks.create_task(Keeping(kept).run())
            while not (await kept.archive.holds("dana-call") and await kept.archive.holds("lee-call")):
                await asyncio.sleep(0.05)
            job.cancel()
        clock.advance(ms=3 * MS_PER_DAY)
        await Keeping(kept).retire()
        assert kept_rows("utterances") == kept_rows("replies") == 0
        [reply] = await CallHistory(kept.engine, kept.keyring, kept.archive).replies("dana-call")
        assert reply.text == f"There is one from {WORD}."
        export = await Exporting(kept).customer("dana", actor="operator")
        assert export.calls[0]["utterances"][0]["text"] == f"is there a kettle from {WORD}"
        certificate = await Erasing(kept).erase_customer("dana", actor="operator")
        assert certificate.erased["mongo"] == 1
        assert (await kept.archive.holds("dana-call"), await kept.archive.holds("lee-call")) == (False, True)
        await kept.archive.keep({"id": "dana-call", "customer": certificate.customer, "started_at": 1.8e9}, {})
        await Keeping(kept).retire()
        assert not await kept.archive.holds("dana-call"), "a backup of MongoDB that was put back"
    mongo.stop()
    assert [trace for trace in traces(tmp_path, "dana-call") if "agent.erased" not in trace] == []


def test_command_counts_before_it_takes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--dry-run` changes nothing and says what the same command would take without it."""
    monkeypatch.setenv("AGENT_RETENTION__SIGNALS_DAYS", "1")
    asyncio.run(keep_calls(settings, FakeClock(unix_ns=int(1_700_000_000 * 1e9)), [("old", None)]))
    counted, taken, again = (
        CliRunner().invoke(build_app(["retention"]), ["retention", "run", *arguments, "--json"])
        for arguments in (["--dry-run"], [], [])
    )
    due = msgspec.json.decode(counted.stdout)
    assert (due["dry_run"], due["rows"]["signals"], due["rows"]["calls"]) == (True, 1, 1)
    assert msgspec.json.decode(taken.stdout)["rows"].items() >= due["rows"].items()
    assert msgspec.json.decode(again.stdout)["rows"] == {}
    assert kept_rows("calls") == 0
