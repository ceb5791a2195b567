"""Copies of an SQLite archive that is in use, and archives made of copies."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.core.clock import FakeClock
from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage.backup import back_up, restore
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.keyring import Keyring
from tests.storage.conftest import connected, rows, said, sqlite_storage
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT, Reply, until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def copied(tmp_path: Path) -> StorageSettings:
    """Where an archive is made of a copy."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return sqlite_storage(folder)


async def test_archive_in_use_is_copied_and_put_back(
    file_storage: StorageSettings, copied: StorageSettings, keyring: Keyring, clock: FakeClock, tmp_path: Path
) -> None:
    """A copy made while calls are written is whole, and reads like the archive at that moment."""
    file = tmp_path / "copy.sqlite3"
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        for number in range(30):
            store.record_reply("c1", Reply(f"s{number}", str(number)))
        await until(lambda: store.written > 10)
        copying = asyncio.get_running_loop().run_in_executor(None, back_up, file_storage.url, file)
        for number in range(30, 60):
            store.record_reply("c1", Reply(f"s{number}", str(number)))
            await asyncio.sleep(0.005)
        made = await copying
    assert (made.calls, made.readable) == (1, 1)
    assert await asyncio.to_thread(restore, copied.url, file, made.keys) == made
    kept = await said(copied, keyring)
    assert kept == [str(number) for number in range(len(kept))] and 7 < len(kept) <= 60
    assert await rows(copied, "PRAGMA integrity_check") == [("ok",)]
    async with CallStore.opened(copied, keyring, clock) as store:
        store.record_call_started("c2", CONSENT, BEGAN_S)
    assert await rows(copied, "SELECT id FROM calls ORDER BY id") == [("c1",), ("c2",)]


async def test_copy_holds_no_keys_and_opens_only_what_was_not_erased_since(
    file_storage: StorageSettings, copied: StorageSettings, keyring: Keyring, clock: FakeClock, tmp_path: Path
) -> None:
    """With the newest keys an older copy can be read, but for a call whose key was destroyed in between."""
    async with CallStore.opened(file_storage, keyring, clock) as store:
        for call_id in ("c1", "c2"):
            store.record_call_started(call_id, CONSENT, BEGAN_S)
            store.record_reply(call_id, Reply("s1", f"hello {call_id}"))
    wrapped = [row[0] for row in await rows(file_storage, "SELECT wrapped FROM call_keys")]
    old = await asyncio.to_thread(back_up, file_storage.url, tmp_path / "old.sqlite3")
    async with connected(file_storage) as connection:
        await connection.exec_driver_sql("DELETE FROM calls WHERE id = 'c2'")
    new = await asyncio.to_thread(back_up, file_storage.url, tmp_path / "new.sqlite3")
    assert not any(key in old.file.read_bytes() for key in wrapped)
    made = await asyncio.to_thread(restore, copied.url, old.file, new.keys)
    assert (made.calls, made.readable) == (2, 1)
    assert await said(copied, keyring) == ["hello c1"]
    with pytest.raises(StoreError, match="no data key"):
        await said(copied, keyring, "c2")


def test_nothing_is_written_over_and_no_half_is_left(tmp_path: Path) -> None:
    """What is there already, what is on a server, what is missing and what is no copy is refused in a sentence."""
    archive = sqlite_storage(tmp_path).url
    taken, letter = tmp_path / "taken", tmp_path / "letter"
    letter.write_text("this is a letter and no copy of an archive, and long enough to be taken for one" * 20)
    taken.write_text("mine")
    (tmp_path / "copy.keys").write_text("mine, too")
    with pytest.raises(StoreError, match="there is no archive"):
        back_up(archive, tmp_path / "copy")
    with closing(sqlite3.connect(archive.partition(":///")[2])) as source:
        source.execute("CREATE TABLE nothing_of_ours (id INTEGER)")
    before = sorted(tmp_path.iterdir())
    for file, says in (
        (taken, "written over"),
        (tmp_path / "copy", "written over"),
        (tmp_path / "new", "no such table"),
    ):
        with pytest.raises(StoreError, match=says):
            back_up(archive, file)
    with pytest.raises(StoreError, match="pg_dump"):
        back_up("postgresql+asyncpg://db/calls", tmp_path / "copy")
    with pytest.raises(StoreError, match="written over"):
        restore(archive, taken, taken)
    elsewhere = f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.sqlite3'}"
    with pytest.raises(StoreError, match="is not there"):
        restore(elsewhere, tmp_path / "missing", taken)
    with pytest.raises(StoreError, match="not a database"):
        restore(elsewhere, letter, letter)
    assert sorted(tmp_path.iterdir()) == before
    assert (taken.read_text(), (tmp_path / "copy.keys").read_text()) == ("mine", "mine, too")


def test_commands_say_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    """`agent backup` and `agent restore` print what was copied and how much of it can be read."""
    monkeypatch.chdir(tmp_path)
    storage = StorageSettings()

    async def keep_a_call() -> None:
        async with CallStore.opened(storage, await open_keyring(storage), clock) as store:
            store.record_call_started("c1", CONSENT, BEGAN_S)

    refused = run("backup", "copy.sqlite3")
    assert isinstance(refused.exception, StoreError) and list(tmp_path.iterdir()) == []
    asyncio.run(keep_a_call())
    copied = run("backup", "copy.sqlite3", "--json")
    for file in tmp_path.glob("agent.sqlite3*"):
        file.rename(f"lost.{file.name}")
    restored = run("restore", "copy.sqlite3", "--keys", "copy.sqlite3.keys", "--json")
    told = {"file": "copy.sqlite3", "keys": "copy.sqlite3.keys", "calls": 1, "readable": 1}
    assert (json.loads(copied.stdout), json.loads(restored.stdout)) == (told, told)
    assert asyncio.run(rows(storage, "SELECT id FROM calls")) == [("c1",)]
    assert asyncio.run(rows(storage, "SELECT action FROM audit")) == [("archive.backed_up",)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(list(arguments)), list(arguments))
