"""Opens a business's SQLite file with its tables, fills it on first use, and asks it in transactions."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, create_engine, event, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from agent.core.errors import StoreError
from agent.dialogue.tools import FAILED, ToolCall, ToolResult

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 2.0
"""How long a write waits for another process's write."""


def open_business(path: Path, customers: Table, seed: Callable[[Connection], None], *, name: str) -> Engine:
    """The database at `path` with all tables of the same metadata as `customers`, filled by `seed` if that was empty.

    Every transaction begins as a write, so that what a tool reads cannot change before it writes.
    Raises `StoreError`, which names the business, when the file cannot be used.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is erased is overwritten, too.
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with engine.begin() as connection:
            customers.metadata.create_all(connection)
            _refuse_strange_tables(connection, customers)
            if connection.scalar(select(func.count()).select_from(customers)) == 0:
                seed(connection)
    except StoreError as fault:
        engine.dispose()
        raise StoreError(
            f"{path} is not the {name}'s, or that of an earlier version: {fault}. Move it away, or set reply.database."
        ) from None
    except (SQLAlchemyError, OSError) as fault:
        engine.dispose()
        reason = getattr(fault, "orig", None) or fault
        raise StoreError(f"the {name}'s database {path} cannot be used: {reason}. Set reply.database.") from None
    return engine


def in_transaction(engine: Engine, call: ToolCall, tool: Callable[[Connection], ToolResult]) -> ToolResult:
    """What `tool` answers to `call`, in one transaction; `failed`, and nothing written, when the database does not."""
    try:
        with engine.begin() as connection:
            return tool(connection)
    except SQLAlchemyError as fault:
        log.error("tool %s failed: %s", call.name, type(fault).__name__)
        return FAILED


def next_number(connection: Connection, column: Column[int], first: int) -> int:
    """The number of the next row of the table of `column`, counted from `first`. In the transaction that writes it."""
    highest = connection.scalar(select(func.max(column)))
    return first if highest is None else highest + 1


def _refuse_strange_tables(connection: Connection, customers: Table) -> None:
    """Raises `StoreError` when a table of that name belongs to another business."""
    there = inspect(connection)
    for table in customers.metadata.sorted_tables:
        missing = {column.name for column in table.columns} - {one["name"] for one in there.get_columns(table.name)}
        if missing:
            raise StoreError(f"its table {table.name} has no {', '.join(sorted(missing))}")
