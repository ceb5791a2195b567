"""Processes killed in the middle of a call or a migration: what was promised is there, and the next start says so."""

import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from agent.core.settings.storage import StorageSettings
from agent.storage.calls import CallStore
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from agent.storage.schema import upgrade
from tests.storage.conftest import rows
from tests.storage.crashing import STARTED_S
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT, until

pytestmark = pytest.mark.timeout(180)


@contextmanager
def process(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """One of `tests.storage.crashing`, killed at the latest when the test ends."""
    command = [sys.executable, "-m", "tests.storage.crashing", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def killed_once(running: "subprocess.Popen[str]", *, rows_safe: int, state: str = "good") -> int:
    """Kills a process that keeps a call once it has told of so many rows in this state; gives those it told of."""
    assert running.stdout is not None
    for line in running.stdout:
        safe, stands = line.split()
        if int(safe) >= rows_safe and stands == state:
            running.kill()
            # What it told of since counts, too.
            return max([int(safe), *(int(later.split()[0]) for later in running.stdout if later.endswith("\n"))])
    raise AssertionError("the process ended by itself")


async def check_nothing_lost(storage: StorageSettings, keyring: Keyring, safe: int) -> None:
    """Every row that was told to be safe is there, once and in order, and the call is closed as cut off."""
    async with CallHistory.opened(storage.url, keyring) as history:
        call = await history.find("c1")
        said = [int(reply.text) for reply in await history.replies("c1")]
        seconds = len(await rows(storage, "SELECT id FROM states"))
    begun = 4
    assert said == list(range(len(said)))
    assert begun + len(said) + seconds >= safe > begun
    assert (call.ended_because, call.customer) == ("process_died", "p1")
    assert call.ended_at is not None and call.ended_at > STARTED_S


async def test_killed_in_a_call(storage: StorageSettings, keyring: Keyring, caplog: pytest.LogCaptureFixture) -> None:
    """What the process had told to be kept is in the database; the next start closes the call and says so."""
    caplog.set_level(logging.INFO)
    with process("call", storage.url, str(storage.spool), keyring.text()) as running:
        safe = await asyncio.to_thread(killed_once, running, rows_safe=60)
    assert await rows(storage, "SELECT ended_at FROM calls") == [(None,)]
    async with CallStore.opened(storage, keyring, flush_every_s=AT_ONCE_S) as store:
        await until(lambda: "whose process had died" in caplog.text)
        store.record_call_started("c2", CONSENT, BEGAN_S)
    await check_nothing_lost(storage, keyring, safe)
    assert await rows(storage, "SELECT ended_at FROM calls WHERE id = 'c2'") == [(None,)]


async def test_killed_while_the_database_was_away(file_storage: StorageSettings, keyring: Keyring) -> None:
    """What is in the spool counts as kept: it is written by the next start, before the call is closed."""
    with process("call", file_storage.url, str(file_storage.spool), keyring.text()) as running:
        assert running.stdout is not None
        await asyncio.to_thread(running.stdout.readline)
        with closing(sqlite3.connect(file_storage.url.partition(":///")[2], isolation_level=None)) as lock:
            lock.execute("PRAGMA busy_timeout = 10000")
            lock.execute("BEGIN EXCLUSIVE")
            safe = await asyncio.to_thread(killed_once, running, rows_safe=60, state="spooling")
    spooled = list(file_storage.spool.glob("*/*.rows")) if file_storage.spool else []
    async with CallStore.opened(file_storage, keyring, flush_every_s=AT_ONCE_S) as store:
        await until(lambda: not store.behind)
    assert spooled
    await check_nothing_lost(file_storage, keyring, safe)


def killed_while_migrating(url: str, statements: int) -> bool:
    """Whether the migration was still under way."""
    with process("migration", url, str(statements)) as running:
        code = running.wait(timeout=60)
    assert code in (0, -signal.SIGKILL)
    return code != 0


async def test_killed_in_a_migration(storage: StorageSettings) -> None:
    """The next start finishes it: on SQLite and PostgreSQL from the beginning, on MariaDB from where it was."""
    assert await asyncio.to_thread(killed_while_migrating, storage.url, 25)
    await asyncio.to_thread(upgrade, storage.url)
    assert await rows(storage, "SELECT count(*) FROM calls") == [(0,)]


@pytest.mark.security
@pytest.mark.timeout(900)
async def test_killed_in_every_second_statement_of_a_migration(storage: StorageSettings) -> None:
    """One database after dozens of deaths is like any other."""
    statements, under_way = 0, True
    while under_way:
        under_way = await asyncio.to_thread(killed_while_migrating, storage.url, statements)
        statements += 2
    assert statements > 20
    assert await rows(storage, "SELECT count(*) FROM calls") == [(0,)]
