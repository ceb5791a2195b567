"""Rows that wait to be written: bounded a table, so that a database that stands still costs memory once and no more."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Table

from agent.storage.tables import calls, customers, metadata, signals, states, tracks

Row = dict[str, Any]

MOST_SIGNALS = 5_000
MOST_OTHERS = 2_000
PERCEIVED = frozenset({signals, states, tracks})
"""Tables that many rows go to, and that matter less than what was said."""


@dataclass(slots=True)
class Pending:
    """What was recorded since the last batch."""

    rows: dict[Table, list[Row]] = field(default_factory=dict)
    ended: dict[str, Row] = field(default_factory=dict)
    """By call, what is to be set in its row."""
    dropped: int = 0
    """Rows for which there was no room."""

    def __bool__(self) -> bool:
        return bool(self.rows or self.ended)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values()) + len(self.ended)

    def add(self, table: Table, row: Row) -> None:
        """Keeps `row`, or counts it as dropped."""
        waiting = self.rows.setdefault(table, [])
        if len(waiting) >= (MOST_SIGNALS if table in PERCEIVED else MOST_OTHERS):
            self.dropped += 1
        else:
            waiting.append(row)

    def end(self, call_id: str, row: Row) -> None:
        if len(self.ended) >= MOST_OTHERS:
            self.dropped += 1
        else:
            self.ended[call_id] = row

    def put_before(self, newer: "Pending") -> "Pending":
        """Both, these rows first, as far as there is room."""
        both = Pending(dropped=self.dropped + newer.dropped)
        for part in (self, newer):
            for table, rows in part.rows.items():
                for row in rows:
                    both.add(table, row)
            for call_id, row in part.ended.items():
                both.end(call_id, row)
        return both

    def by_call(self) -> "list[Pending]":
        """The same rows, one part a call; what is known of a customer is a part of its own."""
        parts: dict[str | None, Pending] = {}
        for table, rows in self.rows.items():
            for row in rows:
                parts.setdefault(_owner(table, row), Pending()).rows.setdefault(table, []).append(row)
        for call_id, row in self.ended.items():
            parts.setdefault(call_id, Pending()).ended[call_id] = row
        return list(parts.values())

    def calls_of(self, customer: str) -> frozenset[str]:
        """Ids of the calls of a customer, by pseudonym, that begin here."""
        return frozenset(row["id"] for row in self.rows.get(calls, ()) if row["customer"] == customer)

    def without(self, owners: frozenset[str]) -> "Pending":
        """What is left when nothing of these calls, and customers by pseudonym, is kept."""
        left = Pending()
        for table, rows in self.rows.items():
            if kept := [row for row in rows if _owner(table, row) not in owners]:
                left.rows[table] = kept
        left.ended = {call_id: row for call_id, row in self.ended.items() if call_id not in owners}
        return left

    def without_perceived(self) -> "Pending":
        """What was said and done, without what was perceived."""
        words = {table: rows for table, rows in self.rows.items() if table not in PERCEIVED}
        return Pending(rows=words, ended=self.ended)

    def encoded(self) -> bytes:
        """For a file: MessagePack of the rows by name of their table."""
        rows = {table.name: rows for table, rows in self.rows.items()}
        return msgspec.msgpack.encode((rows, self.ended))

    @classmethod
    def decoded(cls, data: bytes) -> "Pending":
        """What `encoded` gave. Raises `ValueError` for anything else, such as rows of a table that is not known."""
        try:
            rows, ended = msgspec.msgpack.decode(data, type=tuple[dict[str, list[Row]], dict[str, Row]])
        except msgspec.DecodeError as fault:
            raise ValueError(f"not rows: {fault}") from None
        unknown = rows.keys() - metadata.tables.keys()
        if unknown:
            raise ValueError(f"rows of unknown tables: {', '.join(sorted(unknown))}")
        return cls(rows={metadata.tables[name]: of_table for name, of_table in rows.items()}, ended=ended)


def _owner(table: Table, row: Row) -> str | None:
    """The call that a row belongs to, or the customer's pseudonym."""
    return row.get("id" if table in (calls, customers) else "call_id")
