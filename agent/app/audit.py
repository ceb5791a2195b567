"""Opens the audit log that belongs to the archive of the settings, and notes in it when the agent runs."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from agent import __version__
from agent.core.clock import Clock
from agent.core.errors import StoreError
from agent.core.settings import Settings
from agent.storage.audit import Audit
from agent.storage.data_keys import open_keyring
from agent.storage.keyring import Keyring

log = logging.getLogger(__name__)

ANCHOR = "agent.audit"
"""Beside the keys: not where the database is, where that is another machine's."""


@asynccontextmanager
async def opened_audit(
    settings: Settings, keyring: Keyring | None = None, clock: Clock | None = None
) -> AsyncIterator[Audit]:
    """The log, with the keys of the settings where none are given. Raises `StoreError` when it cannot be used."""
    keyring = keyring or await open_keyring(settings.storage)
    anchor = keyring.folder / ANCHOR
    async with Audit.opened(settings.storage.url, key=keyring.secret("audit"), anchor=anchor, clock=clock) as audit:
        yield audit


@asynccontextmanager
async def noted_running(audit: Audit, settings: Settings) -> AsyncIterator[None]:
    """Records that the agent runs, in which version and with which settings, and later that it has stopped.

    Raises `StoreError` when the beginning cannot be recorded; an end that cannot be is logged.
    """
    await audit.record("server", "server.started", version=__version__, settings=fingerprint(settings))
    try:
        yield
    finally:
        try:
            await audit.record("server", "server.stopped")
        except StoreError as fault:
            log.warning("%s", fault)


def fingerprint(settings: Settings) -> str:
    """SHA-256 of what `agent settings --json` prints, in hex: tells that a setting has changed, and shows none."""
    return sha256(json.dumps(settings.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
