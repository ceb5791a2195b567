"""The audit log on each real database: what is recorded stays, and what somebody did to it by other ways is found."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from agent.core.clock import FakeClock
from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage.audit import Audit
from agent.storage.audit_chain import Anchor, Entry
from tests.storage.conftest import connected

pytestmark = [pytest.mark.usefixtures("unblocked_loop"), pytest.mark.timeout(90)]

KEY = b"k" * 32
DAY_MS = 86_400_000
ANCHOR = "agent.audit"

Open = Callable[[], AbstractAsyncContextManager[Audit]]


@pytest.fixture
def opened(storage: StorageSettings, tmp_path: Path, clock: FakeClock) -> Open:
    """Opens the log as one more process does."""
    return lambda: Audit.opened(storage.url, key=KEY, anchor=tmp_path / ANCHOR, clock=clock)


async def meddle(storage: StorageSettings, *statements: str, triggers: bool = False) -> None:
    """What somebody does who can write to the database; with the triggers out of the way unless told otherwise."""
    async with connected(storage) as connection:
        if not triggers:
            await connection.execute(
                text(f"DROP TRIGGER audit_kept{' ON audit' if 'postgresql' in storage.url else ''}")
            )
            if "postgresql" not in storage.url:
                await connection.execute(text("DROP TRIGGER audit_unchanged"))
        for statement in statements:
            await connection.execute(text(statement))


async def record(audit: Audit, count: int) -> list[Entry]:
    return [await audit.record("staff:ada", "call.watched", f"call{number}", pictures=True) for number in range(count)]


async def test_what_was_recorded_is_read_back_and_verifies(opened: Open, clock: FakeClock) -> None:
    """Entries come back in order, with who, what, whom and when; those before a time can be left out."""
    async with opened() as audit:
        await record(audit, 2)
        clock.advance(ms=DAY_MS)
        last = await audit.record("operator", "customer.exported", "p" * 32)
        entries = [entry async for entry in audit.entries()]
        later = [entry async for entry in audit.entries(since_ms=last.at_ms)]
        verdict = await audit.verify()
    assert [(entry.seq, entry.action, entry.subject) for entry in entries] == [
        (1, "call.watched", "call0"), (2, "call.watched", "call1"), (3, "customer.exported", "p" * 32)
    ]  # fmt: skip
    assert entries[0].details == '{"pictures":true}'
    assert (later, last.at_ms) == ([entries[2]], clock.wall_ns() // 1_000_000)
    assert (verdict.ok, verdict.entries, verdict.head) == (True, 3, f"3:{last.hash}")


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'staff:bob' WHERE seq = 2", "DELETE FROM audit WHERE seq = 3"]
)
async def test_the_database_itself_refuses_changes(opened: Open, storage: StorageSettings, statement: str) -> None:
    """Whoever only has the database's ordinary rights cannot alter or remove an entry."""
    async with opened() as audit:
        await record(audit, 3)
        with pytest.raises(SQLAlchemyError, match="append-only"):
            await meddle(storage, statement, triggers=True)
        assert (await audit.verify()).ok


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE audit SET actor = 'staff:bob' WHERE seq = 2"], "entry 2 was altered"),
        (["DELETE FROM audit WHERE seq = 2"], "entry 2 is missing"),
        (["DELETE FROM audit WHERE seq = 1"], "entry 1 is missing, and no entry says"),
        (["DELETE FROM audit WHERE seq >= 3"], "entries 3 to 4 are missing at the end"),
        (["DELETE FROM audit"], "entries 1 to 4 are missing at the end"),
        (
            [f"UPDATE audit SET seq = {new} WHERE seq = {old}" for old, new in ((2, 9), (3, 2), (9, 3))],
            "entry 2 was altered",
        ),
    ],
)
async def test_what_was_done_behind_its_back_is_found(
    opened: Open, storage: StorageSettings, statements: list[str], fault: str
) -> None:
    """With the triggers taken away: altered, removed from anywhere, or put into another order."""
    async with opened() as audit:
        await record(audit, 4)
        await meddle(storage, *statements)
        verdict = await audit.verify()
    assert not verdict.ok and any(fault in found for found in verdict.faults), verdict.faults


async def test_an_end_that_was_cut_off_is_not_covered_by_what_follows(opened: Open, storage: StorageSettings) -> None:
    """The next entry says that the log had lost its end; it verifies again once somebody says that they know."""
    async with opened() as audit:
        await record(audit, 4)
        await meddle(storage, "DELETE FROM audit WHERE seq > 2")
        entry = await audit.record("staff:eve", "staff.signed_in")
        later = await audit.record("staff:eve", "call.watched", "c")
        verdict, known = await audit.verify(), await audit.verify(known_losses_up_to=3)
    assert (entry.seq, later.seq) == (4, 5)
    assert len(verdict.faults) == 1 and "entry 3" in verdict.faults[0] and "lost its end" in verdict.faults[0]
    assert known.ok


async def test_an_anchor_kept_elsewhere_tells_what_the_machines_own_cannot(
    opened: Open, storage: StorageSettings, tmp_path: Path
) -> None:
    """Who can write to this machine's files can put its anchor back, but not the one in an operator's notes."""
    async with opened() as audit:
        entries = await record(audit, 4)
        (tmp_path / ANCHOR).write_text(f"2:{entries[1].hash}\n")
        await meddle(storage, "DELETE FROM audit WHERE seq > 2")
        own = await audit.verify()
        elsewhere = await audit.verify(Anchor(seq=4, hash=entries[3].hash))
    assert own.ok and not elsewhere.ok


async def test_what_cannot_be_recorded_is_told(opened: Open, storage: StorageSettings) -> None:
    """Whoever wants to do it gets an error instead, and nothing of the attempt stays."""
    async with opened() as audit:
        await record(audit, 1)
        await meddle(storage, "ALTER TABLE audit RENAME TO gone", triggers=True)
        with pytest.raises(StoreError, match=r"call\.watched cannot be recorded"):
            await audit.record("staff:ada", "call.watched", "c")
        await meddle(storage, "ALTER TABLE gone RENAME TO audit", triggers=True)
        assert (await audit.verify()).entries == 1


async def test_several_writers_make_one_chain(opened: Open) -> None:
    """A server and commands beside it record at the same time: every entry is there, and the chain is whole."""
    async with opened() as one, opened() as other, opened() as third:
        async with asyncio.TaskGroup() as tasks:
            for audit in (one, other, third):
                tasks.create_task(record(audit, 8))
        verdict = await third.verify()
    assert (verdict.ok, verdict.entries, verdict.later) == (True, 24, 0)


async def test_old_entries_are_cut_and_the_rest_still_verifies(
    opened: Open, clock: FakeClock, storage: StorageSettings
) -> None:
    """Twice: what is left begins where the last cut says, and the cut itself is on record."""
    async with opened() as audit:
        for day in range(4):
            await audit.record("server", "server.started", f"day{day}")
            clock.advance(ms=DAY_MS)
        now_ms = clock.wall_ns() // 1_000_000
        assert await audit.cut(now_ms - 10 * DAY_MS) == 0
        removed = await audit.cut(now_ms - 3 * DAY_MS), await audit.cut(now_ms - DAY_MS)
        left = [(entry.seq, entry.action) async for entry in audit.entries()]
        verdict = await audit.verify()
        with pytest.raises(SQLAlchemyError):
            await meddle(storage, f"DELETE FROM audit WHERE seq = {left[0][0]}", triggers=True)
    assert removed == (1, 2)
    assert left == [(4, "server.started"), (5, "audit.cut"), (6, "audit.cut")]
    assert verdict.ok, verdict.faults


async def test_a_broken_anchor_is_no_reason_to_go_on(opened: Open, tmp_path: Path) -> None:
    """A file that says nothing is named, with what to do, before anything is recorded."""
    (tmp_path / ANCHOR).write_text("nonsense")
    async with opened() as audit:
        with pytest.raises(StoreError, match=re.escape("agent.audit")):
            await audit.record("server", "server.started")
