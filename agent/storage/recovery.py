"""Closes calls whose process died, when the next one starts."""

from collections.abc import Collection

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.storage import tables

AT_ONCE = 100
"""Calls that are closed in one transaction, so that nobody waits long for a database that is in use."""
PROCESS_DIED = "process_died"
"""Why a call ended that nobody was there to end."""

_HAPPENED = (
    tables.consents.c.recorded_at,
    tables.utterances.c.said_at,
    tables.replies.c.said_at,
    tables.cards.c.shown_at,
    tables.sent.c.sent_at,
    tables.signals.c.captured_at,
    tables.states.c.captured_at,
)
"""Times by which something had happened in a call."""


async def close_cut_off(connection: AsyncConnection, writers: Collection[str]) -> int:
    """Ends what these processes left open, at the last moment that is known of each call. Returns how many calls it has
    ended, `AT_ONCE` when there may be more.

    Calls of which no process is known are from before processes were kept, and ended, too.
    """
    calls = tables.calls.c
    theirs = or_(calls.writer.in_(list(writers)), calls.writer.is_(None))
    cut_off = select(calls.id, calls.started_at).where(calls.ended_at.is_(None), theirs)
    found = (await connection.execute(cut_off.limit(AT_ONCE))).all()
    for call_id, started_at in found:
        ended = {"ended_at": await _last_moment(connection, call_id, started_at), "ended_because": PROCESS_DIED}
        await connection.execute(update(tables.calls).where(calls.id == call_id).values(ended))
    if len(found) < AT_ONCE:
        await connection.execute(delete(tables.writers).where(tables.writers.c.id.in_(list(writers))))
    return len(found)


async def _last_moment(connection: AsyncConnection, call_id: str, started_at: float) -> float:
    latest = started_at
    for column in _HAPPENED:
        of_call = select(func.max(column)).where(column.table.c.call_id == call_id)
        latest = max(latest, (await connection.execute(of_call)).scalar() or started_at)
    return latest
