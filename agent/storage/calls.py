"""The call archive: what happened in each call, written in batches by a task of its own, off every hot path.

What was recorded is safe once it is in the database or in the spool: after `FLUSH_EVERY_S` and one batch under way, and
for states, of which a second becomes one row, after `states.EVERY_S` more. What is younger is lost with the process.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import Clock, SystemClock
from agent.core.settings.storage import StorageSettings
from agent.storage.database import Database
from agent.storage.keyring import Keyring
from agent.storage.recording import CallRecorder
from agent.storage.schema import shown
from agent.storage.sealing import Vault
from agent.storage.spool import Spool, spool_folder
from agent.storage.writer import ArchiveWriter

log = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.5
CATCHES_UP_WITHIN_S = 2.0
"""Whoever looks something up does not wait longer for a database that is slow."""


class CallStore(CallRecorder):
    """Records calls, and writes what was recorded: `run` does, until `close`. Owned by one event loop.

    What the database does not take is spooled on disk, and written in order when it does; what has room nowhere is
    counted in `dropped` and logged without its content.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        spool: Spool,
        keyring: Keyring,
        clock: Clock,
        *,
        flush_every_s: float = FLUSH_EVERY_S,
        shut: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`shut` says why the database is not to be written to yet; None once it is."""
        self._recorded = asyncio.Event()
        super().__init__(Vault(keyring), spool.writer, clock, on_recorded=self._recorded.set)
        self.on_change: Callable[[], None] = lambda: None
        """Called when `health.fault` has changed."""
        self._writer = ArchiveWriter(engine, spool, shut)
        self.health = self._writer.health(0)
        self._flush_every_s = flush_every_s
        self._closing = asyncio.Event()
        self._hurried = asyncio.Event()
        self._waiting_for_flush: list[asyncio.Future[None]] = []
        self._flushing = False

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        storage: StorageSettings,
        keyring: Keyring,
        clock: Clock | None = None,
        *,
        flush_every_s: float = FLUSH_EVERY_S,
        database: Database | None = None,
    ) -> AsyncIterator["CallStore"]:
        """A store on the database of the settings, migrated and with its writer running; all is flushed at the end.

        What an earlier process left in the spool is written first, and calls that it left open are closed. A `database`
        that is given may be away, and all goes to the spool until it is open. Raises `StoreError` when the spool cannot
        be used, or, where none is given, the database.
        """
        if database is None:
            database = Database(storage, keyring)
            await database.open()
        spool = await asyncio.to_thread(Spool.opened, spool_folder(storage), storage.spool_bytes)
        engine = database.engine()
        store = cls(
            engine, spool, keyring, clock or SystemClock(), flush_every_s=flush_every_s, shut=lambda: database.shut
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(store.run(), name="call archive")
                try:
                    yield store
                finally:
                    # Awaited here, as a group that ends by an error or a cancellation would not let it finish.
                    store.close()
                    await writer
        finally:
            await engine.dispose()
            spool.close()
            if store.dropped:
                log.warning("the archive %s lost %d rows", shown(storage.url), store.dropped)
            if spool.waiting:
                log.warning("the next start writes %d batches of rows from the spool", spool.waiting)

    @property
    def written(self) -> int:
        """Rows in the database."""
        return self._writer.written

    @property
    def behind(self) -> bool:
        """Whether something from before, of this process or an earlier one, is still to be written."""
        return self._writer.behind

    @property
    def dropped(self) -> int:
        """Rows that are neither in the database nor in the spool, and never will be."""
        return self._writer.lost + self.unkept

    async def run(self) -> None:
        """Writes what was recorded, a batch at a time, until `close`; then the rest, and ends."""
        while not self._closing.is_set():
            await self._due()
            await self._flush()
        await self._flush(last=True)
        self._writer.lost += len(self.take())

    def close(self) -> None:
        """Lets `run` write what is left and end."""
        self._closing.set()
        self._hurried.set()
        self._recorded.set()

    async def caught_up(self) -> None:
        """Returns once every call that has ended by now is wholly in the database, or in the spool.

        It is written at once, where it would have waited for more; after `CATCHES_UP_WITHIN_S` this returns all the
        same.
        """
        if not (self._pending.ended or self._flushing):
            return
        written = asyncio.get_running_loop().create_future()
        self._waiting_for_flush.append(written)
        self._hurried.set()
        self._recorded.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCHES_UP_WITHIN_S):
                await written

    async def _due(self) -> None:
        """Waits until there is something to write, and a little for more."""
        if not self._writer.behind:
            await self._recorded.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._flush_every_s):
                await self._hurried.wait()

    async def _flush(self, *, last: bool = False) -> None:
        """Puts away what was recorded so far. Never raises; failures are counted and logged."""
        self._recorded.clear()
        if not self._closing.is_set():
            self._hurried.clear()
        hurrying, self._waiting_for_flush, self._flushing = self._waiting_for_flush, [], True
        if (left := await self._writer.put(self.take(all_seconds=last))) is not None:
            self.put_back(left)
        if self.waiting:
            self._recorded.set()
        self._flushing = False
        for written in hurrying:
            if not written.done():
                written.set_result(None)
        await self._writer.replay(at_once=last)
        health = self._writer.health(self.unkept)
        changed, self.health = health.fault != self.health.fault, health
        if changed:
            self.on_change()
