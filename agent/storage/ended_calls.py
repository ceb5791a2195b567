"""Finds calls that have ended, by what can be told without reading them whole."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.errors import CallDamaged
from agent.storage import tables
from agent.storage.history import StoredCall
from agent.storage.keyring import Keyring
from agent.storage.schema import all_rows, telling
from agent.storage.sealing import Vault, WrappedKey

Place = tuple[float, str]
"""Where a page of calls ended: when the last one began, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which calls are wanted; None does not matter."""

    call_id: str | None = None
    from_s: float | None = None
    """Unix seconds at which they began, at the earliest."""
    until_s: float | None = None
    """Before which they began."""
    domain: str | None = None
    outcome: str | None = None
    language: str | None = None
    """ISO 639-1."""
    before: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    call: StoredCall
    score: int | None
    """That its customer gave it, 1 to 5."""
    resolved: bool | None
    summary: bytes | None
    """JSON; None before there is one."""
    tracked: bool
    """Whether points of face or hands are kept."""
    damaged: bool = False
    """Whether its key or its summary was altered, so that there is no summary to be had."""

    @property
    def place(self) -> Place:
        return self.call.started_at, self.call.id


class EndedCalls:
    """Reads the archive behind `engine`. Each method raises `StoreError` when that does not answer."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    async def newest(self, sought: Sought, most: int) -> list[EndedCall]:
        """The newest that are wanted, newest first."""
        rows = await self._rows(_wanted(sought).limit(most))
        return await asyncio.to_thread(lambda: [self._opened(row) for row in rows])

    async def unsummarised(self, *, since_s: float, before_s: float, most: int) -> list[str]:
        """Ids of calls that began since one time, ended before another, and have no summary, the newest first."""
        calls, summaries = tables.calls.c, tables.summaries.c
        lacking = ~exists().where(summaries.call_id == calls.id)
        readable = exists().where(tables.call_keys.c.call_id == calls.id)
        query = select(calls.id).where(calls.started_at >= since_s, calls.ended_at < before_s, lacking, readable)
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                found = await connection.execute(query.order_by(calls.started_at.desc()).limit(most))
                return list(found.scalars())

    async def labelled(self) -> dict[str, float]:
        """When each call began of which staff has labelled a moment, in Unix seconds, by its id; the oldest first."""
        calls = tables.calls.c
        labelled = exists().where(tables.labels.c.call_id == calls.id)
        query = select(calls.id, calls.started_at).where(labelled).order_by(calls.started_at)
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                return {row[0]: row[1] for row in await connection.execute(query)}

    async def _rows(self, query: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                return await all_rows(connection, query)

    def _opened(self, found: RowMapping) -> EndedCall:
        call = StoredCall(**{name: found[name] for name in StoredCall.__struct_fields__})
        summary, damaged = None, False
        try:
            summary = self._summary(call.id, found)
        except CallDamaged:
            damaged = True
        return EndedCall(
            call=call,
            score=found["score"],
            resolved=None if found["resolved"] is None else bool(found["resolved"]),
            summary=summary,
            tracked=bool(found["tracked"]),
            damaged=damaged,
        )

    def _summary(self, call_id: str, found: RowMapping) -> bytes | None:
        """Raises `CallDamaged`; of a key that was altered whether it opens a summary or not."""
        if found["wrapped"] is None:
            return None
        vault = Vault(self._keyring)
        vault.learn(call_id, WrappedKey(bytes(found["wrapped"]), found["master_key"]))
        body = found["body"]
        return None if body is None else vault.open(call_id, tables.summaries.name, "body", bytes(body))


def _wanted(sought: Sought) -> Select[tuple[object, ...]]:
    calls, surveys = tables.calls, tables.surveys
    query = select(
        *(calls.c[name] for name in StoredCall.__struct_fields__),
        surveys.c.score,
        surveys.c.resolved,
        tables.summaries.c.body,
        tables.call_keys.c.wrapped,
        tables.call_keys.c.master_key,
        exists().where(tables.tracks.c.call_id == calls.c.id).label("tracked"),
    ).select_from(calls.outerjoin(surveys).outerjoin(tables.summaries).outerjoin(tables.call_keys))
    return query.where(*_conditions(sought)).order_by(calls.c.started_at.desc(), calls.c.id.desc())


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    calls = tables.calls.c
    conditions: list[ColumnElement[bool]] = [calls.ended_at.is_not(None)]
    if sought.call_id is not None:
        conditions.append(calls.id == sought.call_id)
    if sought.from_s is not None:
        conditions.append(calls.started_at >= sought.from_s)
    if sought.until_s is not None:
        conditions.append(calls.started_at < sought.until_s)
    if sought.domain is not None:
        conditions.append(calls.domain == sought.domain)
    if sought.outcome is not None:
        conditions.append(calls.outcome == sought.outcome)
    if sought.language is not None:
        language = sought.language
        conditions.append(or_(calls.locale == language, calls.locale.startswith(f"{language}-", autoescape=True)))
    if sought.before is not None:
        at_s, call_id = sought.before
        conditions.append(or_(calls.started_at < at_s, and_(calls.started_at == at_s, calls.id < call_id)))
    return conditions
