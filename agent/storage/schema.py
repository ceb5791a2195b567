"""Opens an archive and brings its tables up to date."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from agent.core.errors import StoreError

BUSY_TIMEOUT_MS = 2_000
"""How long SQLite waits for another process's write."""


def open_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine for `url`, an SQLAlchemy address with an asynchronous driver; nothing is connected yet.

    SQLite is set to write-ahead logging, so that reading never waits for writing. Raises `StoreError` for an address
    that no driver takes.
    """
    try:
        engine = create_async_engine(url, **options)
    except (ArgumentError, SQLAlchemyError, ImportError) as fault:
        raise StoreError(
            f"storage.url cannot be used: {fault}; an example is sqlite+aiosqlite:///agent.sqlite3"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
    return engine


def upgrade(url: str) -> None:
    """Runs the migrations that the database at `url` still lacks. Blocks: call it in a thread.

    Raises `StoreError` when the database cannot be opened, is damaged, or comes from a later version of the agent.
    """
    engine = open_engine(url, poolclass=NullPool)
    try:
        if engine.dialect.name == "sqlite":
            _upgrade_file(engine.url)
        else:
            asyncio.run(_upgrade_server(engine))
    except CommandError as fault:
        raise StoreError(f"the archive {shown(url)} is of a later version of the agent: {fault}") from None
    except (SQLAlchemyError, OSError) as fault:
        raise StoreError(f"the archive {shown(url)} cannot be used: {plain(fault)}. Set storage.url.") from None


def _upgrade_file(url: URL) -> None:
    """With SQLite's own driver: the asynchronous one leaves a thread behind when a file cannot be opened."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", _configure_sqlite)
    with engine.begin() as connection:
        _run_migrations(connection)


async def _upgrade_server(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(_run_migrations)


def _run_migrations(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def shown(url: str) -> str:
    """The address without its password."""
    return make_url(url).render_as_string(hide_password=True)


def plain(fault: Exception) -> str:
    """What a driver said, without the statement and its values."""
    return str(getattr(fault, "orig", None) or type(fault).__name__)
