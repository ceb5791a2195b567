"""An archive on each of the databases that it can be kept in, and keys for it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.core.settings.storage import StorageSettings
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from agent.storage.schema import open_engine
from tests.storage.servers import Server, mariadb, postgresql

SERVERS = ["postgresql", "mariadb"]
SERVERS_TOO = ["sqlite", *SERVERS]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    with mariadb() as server:
        yield server


@pytest.fixture(params=SERVERS_TOO)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> StorageSettings:
    """An empty database of each kind, and a folder for the spool."""
    return _empty(request, tmp_path)


@pytest.fixture(params=["sqlite", *(pytest.param(name, marks=pytest.mark.security) for name in SERVERS)])
def likely_storage(request: pytest.FixtureRequest, tmp_path: Path) -> StorageSettings:
    """The same, for what servers hardly do otherwise than SQLite: on those only in the long form of the tests."""
    return _empty(request, tmp_path)


def _empty(request: pytest.FixtureRequest, folder: Path) -> StorageSettings:
    if request.param == "sqlite":
        return sqlite_storage(folder)
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return StorageSettings(url=server.new_database(), spool=folder / "spool")


@pytest.fixture(params=SERVERS)
def any_server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture
def file_storage(tmp_path: Path) -> StorageSettings:
    """An SQLite file, for what has nothing to do with which database it is."""
    return sqlite_storage(tmp_path)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.fresh()


def sqlite_storage(folder: Path) -> StorageSettings:
    return StorageSettings(url=f"sqlite+aiosqlite:///{folder / 'calls.sqlite3'}", spool=folder / "spool")


@asynccontextmanager
async def connected(storage: StorageSettings) -> AsyncIterator[AsyncConnection]:
    """What another process sees and does."""
    engine = open_engine(storage.url)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def rows(storage: StorageSettings, query: str) -> Sequence[tuple[Any, ...]]:
    """What another process reads."""
    async with connected(storage) as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def said(storage: StorageSettings, keyring: Keyring, call_id: str = "c1") -> list[str]:
    """What the agent said, as it stands in the database."""
    async with CallHistory.opened(storage.url, keyring) as history:
        return [reply.text for reply in await history.replies(call_id)]
