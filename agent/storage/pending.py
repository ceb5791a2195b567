"""Rows that wait to be written: bounded a table, so that a database that stands still costs memory once and no more."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from agent.storage.tables import calls, signals

Row = dict[str, Any]

MOST_SIGNALS = 5_000
MOST_OTHERS = 2_000


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
        if len(waiting) >= (MOST_SIGNALS if table is signals else MOST_OTHERS):
            self.dropped += 1
        else:
            waiting.append(row)

    def end(self, call_id: str, row: Row) -> None:
        if len(self.ended) >= MOST_OTHERS:
            self.dropped += 1
        else:
            self.ended[call_id] = row

    def by_call(self) -> "list[Pending]":
        """The same rows, one part a call."""
        parts: dict[str, Pending] = {}
        for table, rows in self.rows.items():
            for row in rows:
                call_id = row["id"] if table is calls else row["call_id"]
                parts.setdefault(call_id, Pending()).rows.setdefault(table, []).append(row)
        for call_id, row in self.ended.items():
            parts.setdefault(call_id, Pending()).ended[call_id] = row
        return list(parts.values())
