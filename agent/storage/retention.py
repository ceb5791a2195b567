"""Takes away what was kept as long as the settings say, a little at a time, so that calls are written meanwhile."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, Clock
from agent.core.settings.retention import Days, RetentionSettings
from agent.storage import tables
from agent.storage.clearing import Pause, clear
from agent.storage.schema import telling

DAY_S = 24 * 3_600

OF_CALLS = {
    "transcripts_days": (tables.utterances, tables.sent),
    "replies_days": (tables.replies, tables.cards),
    "signals_days": (tables.signals, tables.states, tables.summaries),
    "tracks_days": (tables.tracks,),
    "recordings_days": (tables.recordings,),
    "labels_days": (tables.labels,),
    "surveys_days": (tables.surveys,),
    "consents_days": (tables.consents,),
}
"""Tables by the setting that says how long their rows stay after the beginning of their call."""
SEALED = tuple(table for table, columns in tables.CONTENT.items() if columns)
"""Tables whose content the key of its call opens."""


class Retention:
    """Applies `settings` to the archive behind `engine`. Its methods raise `StoreError` when that does not answer.

    What is counted or taken away is told by table. Running twice, or two at once, does no harm.
    """

    def __init__(
        self, engine: AsyncEngine, settings: RetentionSettings, clock: Clock, *, pause: Pause = asyncio.sleep
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._pause = pause

    async def due(self) -> Mapping[str, int]:
        """How many rows `run` would take away now. Keys of calls follow from the rest and are not counted."""
        counts: dict[str, int] = {}
        for key, old in self._due():
            counts[key.table.name] = await self._count(select(func.count()).select_from(old.subquery()))
        return {name: count for name, count in counts.items() if count}

    async def run(self) -> Mapping[str, int]:
        """Takes away all that is due; then the keys that open nothing any more, so that no copy can be read either."""
        taken: dict[str, int] = {}
        for key, old in (*self._due(), self._idle_keys()):
            taken[key.table.name] = await clear(self._engine, key, old, pause=self._pause)
        return {name: count for name, count in taken.items() if count}

    def _due(self) -> tuple[tuple[Column[Any], Select[Any]], ...]:
        """Of each table its primary key, and the query for the keys of the rows that are old enough."""
        of_calls = [
            (table.c.id, _older_calls(table, before))
            for name, held in OF_CALLS.items()
            if (before := self._before(getattr(self._settings, name))) is not None
            for table in held
        ]
        others = [
            (key, select(key).where(time < before, *conditions))
            for key, time, days, *conditions in (
                (tables.calls.c.id, tables.calls.c.started_at, self._settings.calls_days),
                (tables.customers.c.id, tables.customers.c.last_seen_at, self._settings.customers_days, _no_call()),
                (tables.sessions.c.id, tables.sessions.c.expires_at, self._settings.sessions_days),
            )
            if (before := self._before(days)) is not None
        ]
        return (*of_calls, *others)

    def _idle_keys(self) -> tuple[Column[Any], Select[Any]]:
        """Keys of calls that have ended and of which nothing sealed is left, here or in the archive of whole calls."""
        keys, calls = tables.call_keys, tables.calls
        ended = or_(calls.c.ended_at.is_not(None), calls.c.started_at < self._now() - DAY_S)
        nothing_left = [~exists().where(table.c.call_id == keys.c.call_id) for table in SEALED]
        idle = select(keys.c.id).join_from(keys, calls).where(and_(ended, calls.c.archived_at.is_(None), *nothing_left))
        return keys.c.id, idle

    def _before(self, days: Days) -> float | None:
        """The time, in Unix seconds, before which a row is old enough; None where it is kept."""
        return None if days is None else self._now() - days * DAY_S

    def _now(self) -> float:
        return self._clock.wall_ns() / NS_PER_S

    async def _count(self, query: Select[Any]) -> int:
        with telling("what is too old cannot be counted"):
            async with self._engine.connect() as connection:
                return await connection.scalar(query) or 0


def _older_calls(table: Table, before: float) -> Select[Any]:
    """Ids of the rows of `table` whose calls began before that time."""
    return select(table.c.id).join_from(table, tables.calls).where(tables.calls.c.started_at < before)


def _no_call() -> ColumnElement[bool]:
    return ~exists().where(tables.calls.c.customer == tables.customers.c.id)
