"""Everything that is kept of customers, wherever it is, opened together: to show it, erase it, or let it go in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.app.audit import opened_audit
from agent.core.clock import Clock, SystemClock
from agent.core.errors import StoreError
from agent.core.settings import Settings
from agent.dialogue.memory import CustomerMemory, open_memory
from agent.storage.audit import Audit
from agent.storage.data_keys import open_keyring
from agent.storage.database import Database
from agent.storage.erased import ErasedList
from agent.storage.keyring import Keyring, key_path
from agent.storage.schema import open_engine

if TYPE_CHECKING:
    from agent.storage.mongo_archive import MongoArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """Where data of customers is."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    """The archive's, apart from the one that writes calls."""
    keyring: Keyring
    audit: Audit
    archive: "MongoArchive | None"
    """Whole calls, where they are kept."""
    memory: CustomerMemory | None
    """Of the embedded reply engine's pack; None where it keeps nothing, or another engine answers."""
    erased: ErasedList
    caught_up: Callable[[], Awaitable[None]]
    """Returns once what this process has recorded of calls can be read; to be awaited before looking for calls."""


async def _records_nothing() -> None:
    """Of a process that carries no calls."""


@asynccontextmanager
async def opened_kept_data(
    settings: Settings,
    clock: Clock | None = None,
    *,
    audit: Audit | None = None,
    caught_up: Callable[[], Awaitable[None]] = _records_nothing,
    database: Database | None = None,
) -> AsyncIterator[KeptData]:
    """Opens all of it; `audit` is the log of a process that has one open, `caught_up` that of its `CallStore`.

    Raises `StoreError` for what cannot be used. That a `database` which is given is away, or a MongoDB, is found out
    when it is asked.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        keyring = await open_keyring(settings.storage) if database is None else database.keyring
        if audit is None:
            audit = await stack.enter_async_context(opened_audit(settings, keyring, clock))
        engine = open_engine(settings.storage.url) if database is None else database.engine()
        stack.push_async_callback(engine.dispose)
        memory = None
        if settings.reply.url is None:
            memory = await asyncio.to_thread(open_memory, settings.reply.domain, settings.reply.database)
        if memory is not None:
            stack.push_async_callback(asyncio.to_thread, memory.close)
        yield KeptData(
            settings=settings,
            clock=clock,
            engine=engine,
            keyring=keyring,
            audit=audit,
            archive=await stack.enter_async_context(opened_archive(settings.storage.mongo_url)),
            memory=memory,
            erased=ErasedList(erased_path(settings)),
            caught_up=caught_up,
        )


def erased_path(settings: Settings) -> Path:
    """The list of what was erased lies beside the keys, as it must outlast a database that is put back."""
    return key_path(settings.storage).with_suffix(".erased")


@asynccontextmanager
async def opened_archive(url: SecretStr | None) -> AsyncIterator["MongoArchive | None"]:
    """The archive of whole calls, where there is one. Raises `StoreError` when the package for it is not installed."""
    if url is None:
        yield None
        return
    try:
        module = await asyncio.to_thread(import_module, "agent.storage.mongo_archive")
    except ModuleNotFoundError:
        raise StoreError(
            "storage.mongo_url is set, but pymongo is not installed; run `uv sync --extra mongo`"
        ) from None
    async with module.MongoArchive.opened(url.get_secret_value()) as archive:
        yield archive
