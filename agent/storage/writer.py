"""Writes batches of rows: into the database, or into the spool while the database does not take them, each once.

Every batch of a process has a number, and the number of its last one is written with it. A batch whose writing was cut
off, so that nobody knows whether the database has it, is spooled and tried again, and found to be there already.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.consent import Purpose
from agent.core.sentences import tell
from agent.storage import tables
from agent.storage.pending import Pending, Row
from agent.storage.recovery import AT_ONCE, close_cut_off
from agent.storage.schema import BEGIN_WRITING, plain
from agent.storage.spool import BatchName, Spool

log = logging.getLogger(__name__)

WITHIN_S = 5.0
"""A database that takes longer for a batch does not take it."""
REPLAY_S = 0.5
"""So long batches are replayed before new ones get their turn."""
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 15.0
TAKES_NOTHING = "the database takes nothing"
PERCEIVED_SHARE = 0.75
"""What was perceived may fill this share of the spool; the rest is for what was said."""
ROWS_AT_FAULT = frozenset({"21", "22", "23"})
"""Classes of SQLSTATE that blame the values (ISO/IEC 9075: cardinality, data exception, integrity)."""


KEPT_FOR = {Purpose.REPLAY: tables.tracks, Purpose.RECORDING: tables.recordings}
"""Tables of which the rows of a call go when their purpose is no longer agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveHealth:
    """How the archive stands."""

    state: Literal["good", "spooling", "dropping"] = "good"
    """Spooling: rows are kept on disk, as the database does not take them or is behind. Dropping: there is no room."""
    kept_rows: int = 0
    """In the database or in the spool, where they outlive the process."""
    spooled_bytes: int = 0
    dropped_rows: int = 0
    """Like those that are kept, since the process began."""
    shut: str | None = None
    """Why the database takes nothing, where it was not even to be used since the process began."""

    @property
    def fault(self) -> str | None:
        """In a sentence; None while all is well."""
        why = self.shut or TAKES_NOTHING
        match self.state:
            case "good":
                return None
            case "spooling":
                return tell("kept_on_disk", why=why)
            case "dropping":
                return tell("not_all_kept", why=why)


class ArchiveWriter:
    """Puts one batch after the other where it is safe. Belongs to one task; no fault of the database is raised."""

    def __init__(self, engine: AsyncEngine, spool: Spool, shut: Callable[[], str | None] = lambda: None) -> None:
        """`shut` says why the database is not to be written to yet; None once it is."""
        self._engine = engine
        self._spool = spool
        self._shut = shut
        self._numbers = 0
        self._retry_s = FIRST_RETRY_S
        self._retry_at_s = 0.0
        self._recovered = False
        self._full = False
        self._failing = False
        self._kept = 0
        self.written = 0
        """Rows in the database."""
        self.lost = 0
        """Rows that were refused for good, or for which there was no room anywhere."""
        self._gone: set[str] = set()
        """Calls that went on after they were taken out of the archive."""

    @property
    def behind(self) -> bool:
        """Whether there is something to do even if nothing new is recorded."""
        return bool(self._spool.waiting) or not self._recovered

    def health(self, dropped_elsewhere: int) -> ArchiveHealth:
        state: Literal["good", "spooling", "dropping"] = "good"
        if self._full:
            state = "dropping"
        elif self._spool.waiting or self._shut() is not None:
            state = "spooling"
        return ArchiveHealth(
            state=state,
            kept_rows=self._kept,
            spooled_bytes=self._spool.size_bytes,
            dropped_rows=self.lost + dropped_elsewhere,
            shut=self._shut(),
        )

    async def put(self, batch: Pending) -> Pending | None:
        """Writes or spools `batch`. What has room nowhere comes back."""
        if not batch:
            return None
        self._numbers += 1
        name = BatchName(writer=self._spool.writer, number=self._numbers)
        lost = self.lost
        in_turn = not self._spool.waiting and self._shut() is None
        if in_turn and await self._written(name, batch):
            full, left = None, None
        else:
            full, left = await self._spooled(name.number, batch)
        if full is not None and not self._full:
            log.error("the archive has no room: %s; not all that happens is kept", full)
        self._full = full is not None
        if left is None:
            self._kept += len(batch) - (self.lost - lost)
        return left

    async def replay(self, *, at_once: bool = False) -> None:
        """Writes what was spooled, oldest first, for a while; then, the first time, closes what dead processes left."""
        now_s = asyncio.get_running_loop().time
        until_s = now_s() + REPLAY_S
        if self._shut() is not None or (not at_once and now_s() < self._retry_at_s):
            return
        while self._spool.waiting and now_s() < until_s:
            taken = await asyncio.to_thread(self._spool.take)
            written = False
            try:
                written = taken is not None and await self._written(*taken)
            finally:
                await asyncio.to_thread(self._spool.put_down, written=written)
            if taken is not None and not written:
                return
        if not self._spool.waiting and not self._recovered:
            await self._recover()

    async def _recover(self) -> None:
        closed, found = 0, AT_ONCE
        try:
            while found == AT_ONCE:
                async with asyncio.timeout(WITHIN_S), self._engine.begin() as connection:
                    found = await close_cut_off(connection, self._spool.dead)
                closed += found
            await asyncio.to_thread(self._spool.recovered)
        except Exception as fault:  # as when rows are written
            self._fails(fault)
            return
        self._recovered = True
        if closed:
            log.warning("calls whose process had died, and that were closed now: %d", closed)

    async def _written(self, name: BatchName, batch: Pending) -> bool:
        """Whether the database has the batch now. Rows that it refuses for good are counted as lost."""
        try:
            async with asyncio.timeout(WITHIN_S), self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    await connection.exec_driver_sql(BEGIN_WRITING)
                refused = await _write(connection, name, batch)
        except Exception as fault:  # drivers raise all kinds of errors when their server dies in the middle
            self._fails(fault)
            return False
        self._report(refused)
        self.lost += refused.total()
        self.written += len(batch) - refused.total()
        if self._failing:
            log.info("the archive's database takes rows again")
        self._failing, self._full, self._retry_s = False, False, FIRST_RETRY_S
        return True

    def _report(self, refused: "Counter[str | None]") -> None:
        """Says once of each call that is gone that no more of it is kept, and of other rows how many are lost."""
        for call_id in refused.keys() - self._gone - {None}:
            log.warning("call %s is not in the archive, as one that was erased: nothing more of it is kept", call_id)
        self._gone.update(call_id for call_id in refused if call_id is not None)
        if refused[None]:
            log.error("the database refused %d rows for good; they are lost", refused[None])

    def _fails(self, fault: Exception) -> None:
        if not self._failing:
            log.error("the archive refused a batch of rows (%s); they are spooled and tried again", plain(fault))
        self._failing = True
        self._retry_at_s = asyncio.get_running_loop().time() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)

    async def _spooled(self, number: int, batch: Pending) -> tuple[str | None, Pending | None]:
        """Keeps it on disk, or what was said of it where there is no room for all. Says why not all, and what is left
        to keep."""
        data, words, full = batch.encoded(), batch, None
        if not self._spool.fits(len(data), share=PERCEIVED_SHARE):
            words, full = batch.without_perceived(), "the spool is full"
            data = words.encoded()
            if not self._spool.fits(len(data)):
                return full, batch
        try:
            await asyncio.to_thread(self._spool.append, number, data)
        except OSError as error:
            return f"the spool cannot be written: {error.strerror}", batch
        self.lost += len(batch) - len(words)
        return full, None


async def _write(connection: AsyncConnection, name: BatchName, batch: Pending) -> "Counter[str | None]":
    """Writes a batch unless it was written before. Returns how many rows cannot be written at all: by the id of their
    call where that is not in the archive, as after an erasure, and under None all others."""
    if not await _claimed(connection, name):
        return Counter()
    try:
        async with connection.begin_nested():
            await _insert(connection, batch)
    except SQLAlchemyError as fault:
        if not _blames_rows(fault):
            raise
        return await _write_apart(connection, batch)
    return Counter()


async def _write_apart(connection: AsyncConnection, batch: Pending) -> "Counter[str | None]":
    """Call by call, so that a row that cannot be written costs no other call its own."""
    refused: Counter[str | None] = Counter()
    for part in batch.by_call():
        try:
            async with connection.begin_nested():
                await _insert(connection, part)
        except SQLAlchemyError as fault:
            if not _blames_rows(fault):
                raise
            refused[await _call_gone(connection, part)] += len(part)
    return refused


async def _call_gone(connection: AsyncConnection, part: Pending) -> str | None:
    """The call of these rows, where it did not begin in them and is not in the archive."""
    call_id = next((row["call_id"] for rows in part.rows.values() for row in rows if "call_id" in row), None)
    if call_id is None or tables.calls in part.rows:
        return None
    there = await connection.execute(select(tables.calls.c.id).where(tables.calls.c.id == call_id))
    return call_id if there.first() is None else None


async def _claimed(connection: AsyncConnection, name: BatchName) -> bool:
    """Whether the batch is new to this database; from here on it is not, if the transaction is committed."""
    writer = tables.writers.c
    newer = update(tables.writers).where(writer.id == name.writer, writer.last_batch < name.number)
    if (await connection.execute(newer.values(last_batch=name.number))).rowcount:
        return True
    if (await connection.execute(select(writer.id).where(writer.id == name.writer))).first():
        return False
    await connection.execute(insert(tables.writers), {"id": name.writer, "last_batch": name.number})
    return True


async def _insert(connection: AsyncConnection, batch: Pending) -> None:
    """What was kept for a purpose goes with the consent to it: what was kept before that was taken back, too."""
    for row in batch.rows.get(tables.customers, ()):
        await _see_customer(connection, row)
    for table in tables.IN_ORDER:
        if rows := batch.rows.get(table):
            await connection.execute(insert(table), rows)
    allowed = {row["call_id"]: row["purposes"].split() for row in batch.rows.get(tables.consents, ())}
    for purpose, table in KEPT_FOR.items():
        if taken_back := [call_id for call_id, purposes in allowed.items() if purpose not in purposes]:
            await connection.execute(delete(table).where(table.c.call_id.in_(taken_back)))
    if batch.ended:
        ending = update(tables.calls).where(tables.calls.c.id == bindparam("of_call"))
        columns: dict[str, BindParameter[Any]] = {
            name: bindparam(name) for name in ("ended_at", "ended_because", "outcome")
        }
        rows = [{"of_call": call_id, **row} for call_id, row in batch.ended.items()]
        await connection.execute(ending.values(columns), rows)


async def _see_customer(connection: AsyncConnection, row: Row) -> None:
    """Someone has called, perhaps not for the first time."""
    known = update(tables.customers).where(tables.customers.c.id == row["id"])
    seen = {"last_seen_at": row["last_seen_at"], "locale": row["locale"]}
    if not (await connection.execute(known.values(seen))).rowcount:
        await connection.execute(insert(tables.customers), row)


def _blames_rows(fault: SQLAlchemyError) -> bool:
    """Whether trying again cannot help, as the database takes others' rows and will never take these."""
    if not isinstance(fault, DBAPIError):
        return True
    state = getattr(fault.orig, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in ROWS_AT_FAULT
    values = isinstance(fault.orig, ValueError | OverflowError | TypeError)
    return values or isinstance(fault, IntegrityError | DataError | ProgrammingError)
