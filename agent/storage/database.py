"""The archive's database as a running agent has it: it may be away when that starts, and come while calls go on."""

import asyncio
import logging

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.errors import StoreAway, StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage import keyring as keyrings
from agent.storage.clearing import Pause
from agent.storage.data_keys import archive_of, keys_in_use, seal_clear_rows
from agent.storage.keyring import Keyring
from agent.storage.schema import open_engine, shown

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 15.0
AWAY = "the database has been away since the start"
UNFIT = "the database that came after the start cannot be used, as the log says"


class Database:
    """Opens when its tables are those of this version, the keys at hand fit, and nothing in it is in clear; before that
    no connection to it is made but by `run`, so that nothing is read from or written to one that is not ours to use.

    Belongs to one event loop. Once open it stays so: what a database does that is away later, its users see themselves.
    """

    def __init__(self, storage: StorageSettings, keyring: Keyring, *, pause: Pause = asyncio.sleep) -> None:
        self.keyring = keyring
        self.shut: str | None = AWAY
        """Why it may not be used yet, in a few words for everybody; None once it may."""
        self._storage = storage
        self._pause = pause
        self._there = asyncio.Event()
        self._said = ""

    @classmethod
    async def found(cls, storage: StorageSettings) -> "Database":
        """As it is now: open, or away, which is logged, and then `run` is to wait for it.

        Raises `StoreError` for one that is there and cannot be used, as it is of a later version or damaged, or the
        password is wrong; for keys that are another archive's or missing, of one that is away, too, as keys are never
        made for an archive that nobody has seen.
        """
        try:
            in_use = await keys_in_use(storage)
        except StoreAway as fault:
            database = cls(storage, await asyncio.to_thread(keyrings.opened, storage, None))
            database._say(str(fault))
            log.error("the agent starts without it: what happens is kept on disk, and staff cannot sign in meanwhile")
            return database
        database = cls(storage, await asyncio.to_thread(keyrings.opened, storage, in_use))
        await database._open()
        return database

    async def open(self) -> None:
        """Brings its tables up to date and looks at its keys. Raises `StoreError`, `StoreAway` while it is away."""
        in_use = await keys_in_use(self._storage)
        keyring = await asyncio.to_thread(self.keyring.reread)
        keyring.require(in_use)
        await self._open()

    def engine(self) -> AsyncEngine:
        """Connections by it raise `StoreAway` as long as the database may not be used; to be disposed of."""
        engine = open_engine(self._storage.url)
        event.listen(engine.sync_engine, "do_connect", self._refuse)
        return engine

    async def there(self) -> None:
        """Returns once the database may be used."""
        await self._there.wait()

    async def run(self) -> None:
        """Tries to open it, ever less often, until it is open. One that turns out to be of no use stays shut, and is
        tried on, as somebody may put it right; calls go on whatever happens here."""
        retry_s = FIRST_RETRY_S
        while self.shut is not None:
            try:
                await self.open()
            except StoreAway as fault:
                self.shut = AWAY
                self._say(str(fault))
            except Exception as fault:
                self.shut = UNFIT
                what = str(fault) if isinstance(fault, StoreError) else type(fault).__name__
                self._say(
                    f"{what}; calls go on and are kept on disk, and the next start is refused unless it is put right"
                )
            else:
                log.warning("the archive %s has come: what was kept on disk is written to it", shown(self._storage.url))
                return
            await self._pause(retry_s)
            retry_s = min(2 * retry_s, LAST_RETRY_S)

    async def _open(self) -> None:
        """The last steps, once tables and keys are known to fit."""
        async with archive_of(self._storage) as engine:
            if sealed := await seal_clear_rows(engine, self.keyring):
                log.warning("%d rows that an earlier version wrote in clear are sealed now", sealed)
        self.shut = None
        self._there.set()

    def _refuse(self, *_: object) -> None:
        if self.shut is not None:
            raise StoreAway(f"{self.shut}; it is tried again")

    def _say(self, what: str) -> None:
        """Once, as long as it is the same."""
        if what != self._said:
            log.error("%s", what)
        self._said = what
