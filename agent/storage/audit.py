"""The audit log: who did what to whom, recorded before it is done, in a table that only grows."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.clock import NS_PER_MS, Clock, SystemClock
from agent.core.errors import StoreAway, StoreError
from agent.storage.audit_chain import CUT, LOSS, Anchor, ChainCheck, Detail, Entry, Verdict, link
from agent.storage.away import is_away
from agent.storage.database import Database
from agent.storage.schema import open_engine, plain, telling, upgrade
from agent.storage.tables import audit as table

ATTEMPTS = 20
"""At a number that another process took first."""
PAGE = 1_000


class Audit:
    """Records deeds. What must not happen unrecorded awaits `record` first, and does not happen if that raises.

    Several processes and machines may write to one log. `anchor` is a file that tells this machine how far the log has
    reached, so that an end that was cut off is noticed; it belongs where who can write to the database cannot.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, *, key: bytes, anchor: Path) -> None:
        self._engine = engine
        self._clock = clock
        self._key = key
        self._anchor = anchor
        self._turn = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, *, key: bytes, anchor: Path, clock: Clock | None = None, database: Database | None = None
    ) -> AsyncIterator["Audit"]:
        """The log in the archive at `url`. Raises `StoreError` when it cannot be used; a `database` that is given may
        be away."""
        if database is None:
            await asyncio.to_thread(upgrade, url)
        engine = open_engine(url) if database is None else database.engine()
        try:
            yield cls(engine, clock or SystemClock(), key=key, anchor=anchor)
        finally:
            await engine.dispose()

    async def record(self, actor: str, action: str, subject: str = "", **details: Detail) -> Entry:
        """Adds an entry and returns it once it is committed. Raises `StoreError` when it cannot be."""
        async with self._turn:
            # Before the log is looked at, which another process may lengthen meanwhile.
            anchor = await asyncio.to_thread(_read_anchor, self._anchor)
            entry = await self._append(anchor, actor, action, subject, details)
            reached = Anchor(seq=entry.seq, hash=entry.hash)
            await asyncio.to_thread(_move_anchor, self._anchor, reached, anchor)
        return entry

    async def entries(self, *, since_ms: int = 0) -> AsyncIterator[Entry]:
        """Entries that were made at `since_ms` (Unix time) or later, in order. Raises `StoreError`."""
        seq = 0
        while True:
            query = select(table).where(table.c.seq > seq, table.c.at_ms >= since_ms).order_by(table.c.seq).limit(PAGE)
            with telling("the audit log cannot be read"):
                async with self._engine.connect() as connection:
                    page = [Entry(**row) for row in (await connection.execute(query)).mappings()]
            for entry in page:
                yield entry
            if len(page) < PAGE:
                return
            seq = page[-1].seq

    async def verify(self, anchor: Anchor | None = None, *, known_losses_up_to: int = 0) -> Verdict:
        """Reads the whole log and says whether any entry was altered, removed, moved or cut off.

        `anchor` is one that was kept elsewhere, in place of this machine's. Losses in entries up to the given number
        are known, as those of a backup that was restored. Raises `StoreError` when the log cannot be read.
        """
        if anchor is None:
            anchor = await asyncio.to_thread(_read_anchor, self._anchor)
        check = ChainCheck(self._key, anchor, known_losses_up_to=known_losses_up_to)
        async for entry in self.entries():
            check.add(entry)
        return check.verdict()

    async def cut(self, before_ms: int, *, actor: str = "server") -> int:
        """Removes entries that were made before `before_ms` (Unix time), and says so in one that stays; how many.

        Raises `StoreError`.
        """
        with telling("the audit log cannot be cut"):
            async with self._engine.connect() as connection:
                newer = select(func.min(table.c.seq)).where(table.c.at_ms >= before_ms)
                first_kept = (await connection.execute(newer)).scalar()
                last = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
                if first_kept is not None:
                    last = last.where(table.c.seq < first_kept)
                removed = (await connection.execute(last)).first()
            if removed is None:
                return 0
            await self.record(actor, CUT, str(removed.seq), hash=removed.hash)
            async with self._engine.begin() as connection:
                return (await connection.execute(delete(table).where(table.c.seq <= removed.seq))).rowcount

    async def _append(
        self, anchor: Anchor | None, actor: str, action: str, subject: str, details: dict[str, Detail]
    ) -> Entry:
        """Writes the next entry, and before it one about a loss if the log no longer reaches the anchor."""
        at_ms = self._clock.wall_ns() // NS_PER_MS
        for _ in range(ATTEMPTS):
            try:
                async with self._engine.begin() as connection:
                    head = await _head(connection)
                    if anchor is not None and await _has_lost(connection, anchor, head):
                        loss = link(self._key, head, at_ms=at_ms, actor="server", action=LOSS, subject=str(anchor))
                        await connection.execute(insert(table), msgspec.structs.asdict(loss))
                        head = Anchor(seq=loss.seq, hash=loss.hash)
                    entry = link(
                        self._key, head, at_ms=at_ms, actor=actor, action=action, subject=subject, details=details
                    )
                    await connection.execute(insert(table), msgspec.structs.asdict(entry))
                return entry
            except IntegrityError:
                continue
            except OperationalError as fault:
                if not _came_second(fault):
                    raise _refused(action, fault) from None
            except (SQLAlchemyError, OSError) as fault:
                raise _refused(action, fault) from None
        raise StoreError(f"{action} cannot be recorded: others write to the audit log without a pause; try again")


async def _head(connection: AsyncConnection) -> Anchor | None:
    row = (await connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1))).first()
    return None if row is None else Anchor(seq=row.seq, hash=row.hash)


async def _has_lost(connection: AsyncConnection, anchor: Anchor, head: Anchor | None) -> bool:
    """Whether the entry that the anchor names is gone from the log's end, or is another one."""
    if head is None or head.seq < anchor.seq:
        return True
    there = (await connection.execute(select(table.c.hash).where(table.c.seq == anchor.seq))).scalar()
    return there is not None and there != anchor.hash


def _came_second(fault: OperationalError) -> bool:
    """Whether another writer's transaction came first, so that the same may succeed now."""
    said = str(fault.orig)
    return "locked" in said or "Deadlock" in said or "deadlock" in said


def _refused(action: str, fault: Exception) -> StoreError:
    what = f"{action} cannot be recorded in the audit log, so it is not done: {plain(fault)}"
    return StoreAway(what) if is_away(fault) else StoreError(what)


def _read_anchor(path: Path) -> Anchor | None:
    try:
        return Anchor.parse(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, StoreError) as fault:
        raise StoreError(
            f"the audit log's anchor {path} cannot be read: {fault}. Check the log with `agent audit verify --anchor` "
            "and an anchor that was kept elsewhere, then remove the file"
        ) from None


def _move_anchor(path: Path, reached: Anchor, seen: Anchor | None) -> None:
    """Names the entry `reached`, unless another process has got further; `seen` is what stood there before.

    Raises `StoreError` when the file cannot be written.
    """
    try:
        with path.with_name(f"{path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            now = _read_anchor(path)
            if now is not None and now != seen and now.seq > reached.seq:
                return
            fresh = path.with_name(f"{path.name}.new")
            with fresh.open("w") as file:
                file.write(f"{reached}\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
    except OSError as fault:
        raise StoreError(f"the audit log's anchor {path} cannot be written: {fault}") from None
