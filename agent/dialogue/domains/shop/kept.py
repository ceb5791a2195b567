"""Shows, erases and retires what the shop keeps of a customer beyond its books: wishes, interests, proposals, words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from agent.core.errors import StoreError
from agent.dialogue.domains.shop.database import open_database
from agent.dialogue.domains.shop.tables import cases, customers, interests, preferences, slates

OWNERS = {preferences: "customer_id", interests: "shopper", slates: "shopper", cases: "customer_id"}
"""The column that says whose a row is."""
MADE_IN_CALLS = {preferences: "agreed_on", slates: "shown_on"}
"""The day of what the agent itself wrote down. Interests come from the shop's own pages and orders."""
ERASED = "erased at the customer's wish"
"""Stands for a complaint's words: that there was one, and when, belongs to the shop's books."""


class ShopMemory:
    """Implements `agent.dialogue.memory.CustomerMemory` on the shop's database."""

    def __init__(self, database: Path) -> None:
        """Raises `StoreError` when the file cannot be used."""
        self._engine = open_database(database, today=date.today())

    def known(self, customer: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        with self._transaction() as connection:
            number = _number(connection, customer)
            kept = {table.name: _rows(connection, table, number) for table in OWNERS} if number is not None else {}
        return {name: rows for name, rows in kept.items() if rows}

    def erase(self, customer: str) -> Mapping[str, int]:
        with self._transaction() as connection:
            number = _number(connection, customer)
            if number is None:
                return {}
            taken = {
                table.name: connection.execute(delete(table).where(table.c[OWNERS[table]] == number)).rowcount
                for table in (preferences, interests, slates)
            }
            told = (cases.c.customer_id == number) & (cases.c.grievance != ERASED)
            taken[cases.name] = connection.execute(update(cases).where(told).values(grievance=ERASED)).rowcount
        self._truncate_log()
        return {name: rows for name, rows in taken.items() if rows}

    def aged(self, before: date) -> int:
        with self._transaction() as connection:
            return sum(
                connection.scalar(select(func.count()).select_from(table).where(table.c[day] < before)) or 0
                for table, day in MADE_IN_CALLS.items()
            )

    def retire(self, before: date) -> int:
        with self._transaction() as connection:
            return sum(
                connection.execute(delete(table).where(table.c[day] < before)).rowcount
                for table, day in MADE_IN_CALLS.items()
            )

    def close(self) -> None:
        self._engine.dispose()

    def _truncate_log(self) -> None:
        """Takes what was erased out of the file of the write-ahead log, too, unless somebody reads from it just now."""
        try:
            with self._engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except SQLAlchemyError as fault:
            raise StoreError(f"the shop's database does not answer: {getattr(fault, 'orig', None) or fault}") from None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as fault:
            raise StoreError(f"the shop's database does not answer: {getattr(fault, 'orig', None) or fault}") from None


def _number(connection: Connection, customer: str) -> int | None:
    return connection.scalar(select(customers.c.id).where(customers.c.pseudonym == customer))


def _rows(connection: Connection, table: Table, number: int) -> list[dict[str, Any]]:
    found = connection.execute(select(table).where(table.c[OWNERS[table]] == number)).mappings()
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in found
    ]
