"""Opens the audit log that belongs to the archive of the settings, and notes in it when the agent runs."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256

from agent import __version__
from agent.core.clock import Clock
from agent.core.errors import StoreAway, StoreError
from agent.core.settings import Settings
from agent.storage.audit import Audit
from agent.storage.audit_chain import Entry
from agent.storage.clearing import Pause
from agent.storage.data_keys import open_keyring
from agent.storage.database import Database
from agent.storage.keyring import Keyring

log = logging.getLogger(__name__)

ANCHOR = "agent.audit"
"""Beside the keys: not where the database is, where that is another machine's."""
TRY_AGAIN_S = 15.0
Wait = Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened_audit(
    settings: Settings,
    keyring: Keyring | None = None,
    clock: Clock | None = None,
    *,
    database: Database | None = None,
) -> AsyncIterator[Audit]:
    """The log, with the keys of the settings where none are given. Raises `StoreError` when it cannot be used; a
    `database` that is given may be away."""
    keyring = keyring or await open_keyring(settings.storage)
    async with Audit.opened(
        settings.storage.url,
        key=keyring.secret("audit"),
        anchor=keyring.folder / ANCHOR,
        clock=clock,
        database=database,
    ) as audit:
        yield audit


@asynccontextmanager
async def noted_running(
    audit: Audit, settings: Settings, *, there: Wait | None = None, pause: Pause = asyncio.sleep
) -> AsyncIterator[None]:
    """Records that the agent runs, in which version and with which settings, and later that it has stopped.

    While the database is away, the beginning is recorded once it is `there`, with `late_s`, the seconds since. Raises
    `StoreError` when the beginning cannot be recorded for another reason; an end that cannot be is logged.
    """
    begin = partial(audit.record, "server", "server.started", version=__version__, settings=fingerprint(settings))
    noted = asyncio.Event()
    try:
        await begin()
        noted.set()
    except StoreAway as fault:
        if there is None:
            raise
        log.warning("%s; it is recorded once the database is there", fault)
    try:
        async with asyncio.TaskGroup() as tasks:
            late = tasks.create_task(_noted_late(begin, noted, there, pause), name="beginning on record")
            try:
                yield
            finally:
                late.cancel()
    finally:
        if noted.is_set():
            await _note_end(audit)


async def _noted_late(
    begin: Callable[..., Awaitable[Entry]], noted: asyncio.Event, there: Wait | None, pause: Pause
) -> None:
    """Records the beginning, unless that is done, with the seconds that it is late by."""
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    while there is not None and not noted.is_set():
        await there()
        try:
            await begin(late_s=round(now_s() - began_s))
            noted.set()
        except StoreError as fault:
            log.warning("%s; it is tried again", fault)
            await pause(TRY_AGAIN_S)


async def _note_end(audit: Audit) -> None:
    try:
        await audit.record("server", "server.stopped")
    except StoreError as fault:
        log.warning("%s", fault)


def fingerprint(settings: Settings) -> str:
    """SHA-256 of what `agent settings --json` prints, in hex: tells that a setting has changed, and shows none."""
    return sha256(json.dumps(settings.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
