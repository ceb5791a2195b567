"""Opens an archive and brings its tables up to date."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import URL, Connection, RowMapping, Select, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from agent.core.errors import StoreAway, StoreError
from agent.storage.away import is_away

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 2_000
"""How long SQLite waits for another process's write."""
BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction on SQLite that writes: it waits for others here, and never fails later because of them."""
ROWS_AT_ONCE = 200
"""That are made into objects in one go: a millisecond or two."""
CONNECTS_WITHIN_S = 10.0
"""A server that takes longer to let somebody in counts as away."""
MIGRATING_S = 60
"""How long to wait for another process that migrates the same database."""


def open_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine for `url`, an SQLAlchemy address with an asynchronous driver; nothing is connected yet.

    SQLite is set to write-ahead logging, so that reading never waits for writing; a server is asked whether it is still
    there before a connection to it is used again. Raises `StoreError` for an address
    that no driver takes.
    """
    try:
        engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"), **options)
    except (ArgumentError, SQLAlchemyError, ImportError) as fault:
        raise StoreError(
            f"storage.url cannot be used: {fault}; an example is sqlite+aiosqlite:///agent.sqlite3"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
    return engine


def upgrade(url: str) -> None:
    """Runs the migrations that the database at `url` still lacks. Blocks: call it in a thread.

    One that was cut off is as if it had not begun; on MySQL and MariaDB it goes on where it was. Of several processes
    that start at once, one migrates and the others wait.

    Raises `StoreAway` while the database does not answer, `StoreError` when it cannot be opened, is damaged, or comes
    from a later version of the agent.
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
        if is_away(fault):
            raise StoreAway(
                f"the archive {shown(url)} is away ({plain(fault)}); it must run, be reachable and have room, or "
                "storage.url name another"
            ) from None
        raise StoreError(f"the archive {shown(url)} cannot be used: {plain(fault)}. Set storage.url.") from None


def _upgrade_file(url: URL) -> None:
    """With SQLite's own driver: the asynchronous one leaves a thread behind when a file cannot be opened."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", _configure_sqlite)
    with engine.begin() as connection:
        # Otherwise SQLite's driver would commit each statement that changes a table by itself.
        connection.exec_driver_sql(BEGIN_WRITING)
        _run_migrations(connection)


async def _upgrade_server(engine: AsyncEngine) -> None:
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(CONNECTS_WITHIN_S):
            connection = await stack.enter_async_context(engine.begin())
        if engine.dialect.name == "postgresql":
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("agent.migrations"))))
        else:
            await connection.execute(select(func.get_lock("agent.migrations", MIGRATING_S)))
        await connection.run_sync(_run_migrations)


def migrations(connection: Connection) -> Config:
    """What Alembic's commands need, to work on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _run_migrations(connection: Connection) -> None:
    config = migrations(connection)
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(config, "head")
    after = MigrationContext.configure(connection).get_current_revision()
    if before not in (None, after):
        log.info("the archive's tables were brought from version %s to %s", before, after)


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        # What was committed is there after a power cut, too; commits are few, and off every hot path.
        "synchronous = FULL",
        # What is deleted is overwritten, not only forgotten.
        "secure_delete = ON",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def beside(url: str, suffix: str) -> Path:
    """Where what belongs to the archive is kept: beside an SQLite file, under its name, or in the current folder."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database and parts.database != ":memory:":
        return Path(parts.database).with_suffix(suffix)
    return Path("agent").with_suffix(suffix)


def shown(url: str) -> str:
    """The address without its password."""
    return make_url(url).render_as_string(hide_password=True)


async def all_rows(connection: AsyncConnection, query: Select[Any]) -> list[RowMapping]:
    """What `query` finds, however much, without holding the event loop up: some rows at a time."""
    rows: list[RowMapping] = []
    async with connection.stream(query.execution_options(yield_per=ROWS_AT_ONCE)) as result:
        async for part in result.mappings().partitions():
            rows.extend(part)
    return rows


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turns what a driver raises into `StoreError`, which says `what` could not be done, or `StoreAway`; where there is
    no server some raise `OSError`."""
    try:
        yield
    except (SQLAlchemyError, OSError) as fault:
        raise (StoreAway if is_away(fault) else StoreError)(f"{what}: {plain(fault)}") from None


def plain(fault: Exception) -> str:
    """What a driver said, without the statement and its values."""
    return str(getattr(fault, "orig", None) or getattr(fault, "strerror", None) or type(fault).__name__)
