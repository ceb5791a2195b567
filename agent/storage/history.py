"""Reads the archive: what was said in a call, what was perceived, and what its reply engine was sent."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.errors import CallDamaged, CallNotFound
from agent.storage import states, tables
from agent.storage.data_keys import learn
from agent.storage.keyring import Keyring
from agent.storage.schema import all_rows, open_engine, telling, upgrade
from agent.storage.sealing import Vault
from agent.storage.tracks import TrackedFrame, unpacked

if TYPE_CHECKING:
    from agent.storage.mongo_archive import MongoArchive


class StoredCall(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    started_at: float
    ended_at: float | None
    """None while it goes on; of one whose process died, the last moment that is known, once there is another."""
    ended_because: str | None
    locale: str
    customer: str | None
    """A pseudonym; None for a guest."""
    domain: str | None
    outcome: str | None


class StoredReply(msgspec.Struct, frozen=True, kw_only=True):
    said_at: float
    reply_id: str
    text: str
    because: str
    """JSON list of the signals that shaped it."""
    turn: int | None


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the reply engine was sent; not a signal."""

    sent_at: float
    type: str
    body: str
    """JSON."""


class StoredSignal(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    kind: str
    captured_at: float
    media_ms: float
    age_ms: float
    confidence: float | None
    valid: bool
    reason: str | None
    value: str
    """JSON."""


class StoredCard(msgspec.Struct, frozen=True, kw_only=True):
    shown_at: float
    card_id: str
    body: str
    """JSON; empty when the card was taken away."""


class StoredUtterance(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer or a member of staff said."""

    said_at: float
    speaker: str
    typed: bool
    text: str


class StoredConsent(msgspec.Struct, frozen=True, kw_only=True):
    recorded_at: float
    purposes: str
    """In alphabetical order, separated by spaces."""


class StoredLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff said of a moment."""

    labelled_at: float
    labelled_by: str
    at_ms: float
    kind: str
    value: str
    """JSON: what the agent took it for (`read`), and what it was (`right`)."""
    correct: bool | None


class StoredSurvey(msgspec.Struct, frozen=True, kw_only=True):
    answered_at: float
    score: int
    resolved: bool | None
    text: str


class _StoredBytes(msgspec.Struct, frozen=True, kw_only=True):
    body: bytes


Row = TypeVar("Row", bound=msgspec.Struct)
_TABLES: dict[type[msgspec.Struct], Table] = {
    StoredUtterance: tables.utterances,
    StoredReply: tables.replies,
    StoredMessage: tables.sent,
    StoredCard: tables.cards,
    StoredSignal: tables.signals,
    StoredConsent: tables.consents,
    StoredLabel: tables.labels,
}


class CallHistory:
    """What is kept of calls. Each method raises `StoreError` when the database cannot be read, and `CallDamaged` where
    what was kept of just this call cannot."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, archive: "MongoArchive | None" = None) -> None:
        """What the database has retired is read from `archive`, where whole calls are kept."""
        self._engine = engine
        self._vault = Vault(keyring)
        self._archive = archive

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, keyring: Keyring, archive: "MongoArchive | None" = None
    ) -> AsyncIterator["CallHistory"]:
        """The archive at `url`, which an agent may be writing. Raises `StoreError` when it cannot be used."""
        await asyncio.to_thread(upgrade, url)
        engine = open_engine(url)
        try:
            yield cls(engine, keyring, archive)
        finally:
            await engine.dispose()

    async def find(self, name: str) -> StoredCall:
        """The call whose id is or begins so; the latest one for "". Raises `CallNotFound` for none or several."""
        columns = tables.calls.c
        wanted = [columns[name] for name in StoredCall.__struct_fields__]
        begins = select(*wanted).where(columns.id.startswith(name, autoescape=True))
        begins = begins.order_by(columns.id != name, columns.started_at.desc()).limit(2)
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                found = [StoredCall(**row) for row in (await connection.execute(begins)).mappings()]
        if not found:
            raise CallNotFound(f"no call is kept whose id begins with {name!r}" if name else "no call is kept")
        if name and len(found) > 1 and found[0].id != name:
            raise CallNotFound(f"more than one call's id begins with {name!r}; give more of it")
        return found[0]

    async def replies(self, call_id: str) -> list[StoredReply]:
        """What the agent said, in order."""
        return await self._of_call(StoredReply, tables.replies, call_id)

    async def sent(self, call_id: str) -> list[StoredMessage]:
        """What the reply engine was sent, in order, but for signals."""
        return await self._of_call(StoredMessage, tables.sent, call_id)

    async def cards(self, call_id: str) -> list[StoredCard]:
        """What was shown and taken away, in order."""
        return await self._of_call(StoredCard, tables.cards, call_id)

    async def utterances(self, call_id: str) -> list[StoredUtterance]:
        """What the customer and staff said, in order."""
        return await self._of_call(StoredUtterance, tables.utterances, call_id)

    async def consents(self, call_id: str) -> list[StoredConsent]:
        """What the customer agreed to, each change in order."""
        return await self._of_call(StoredConsent, tables.consents, call_id)

    async def labels(self, call_id: str) -> list[StoredLabel]:
        """What staff noted, in the order of the moments."""
        return sorted(await self._of_call(StoredLabel, tables.labels, call_id), key=lambda label: label.at_ms)

    async def survey(self, call_id: str) -> StoredSurvey | None:
        """What the customer answered, if they did."""
        found = await self._of_call(StoredSurvey, tables.surveys, call_id)
        return found[0] if found else None

    async def events(self, call_id: str) -> list[StoredSignal]:
        """What was perceived and is no state, in order."""
        return await self._of_call(StoredSignal, tables.signals, call_id)

    async def signals(self, call_id: str) -> list[StoredSignal]:
        """What was perceived and kept, in order: every event, and of states the latest of each second."""
        events = await self.events(call_id)
        seconds = await self._of_call(_StoredBytes, tables.states, call_id)
        states_of = partial(_states, seconds, call_id)
        return await asyncio.to_thread(lambda: sorted([*events, *states_of()], key=lambda signal: signal.seq))

    async def tracks(self, call_id: str, *, part: int | None = None) -> list[TrackedFrame]:
        """How the customer's face and hands moved, in order; nothing where they did not agree to it.

        `part` reads just one of the rows that `track_starts` names, by its place.
        """
        kept = await self._of_call(_StoredBytes, tables.tracks, call_id, part=part)
        return await asyncio.to_thread(lambda: [frame for run in kept for frame in unpacked(run.body)])

    async def track_starts(self, call_id: str) -> tuple[float, ...]:
        """Where on the call's media clock each row of tracks begins."""
        columns = tables.tracks.c
        query = select(columns.starts_ms).where(columns.call_id == call_id).order_by(columns.id)
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                return tuple((await connection.execute(query)).scalars())

    async def of_calls(self, struct: type[Row], call_ids: Sequence[str]) -> dict[str, list[Row]]:
        """The rows of that kind of many calls, read together: each call's in order, under its id.

        Calls of which a row or the key was altered are left out.
        """
        table = _TABLES[struct]
        query = select(table.c.call_id, *(table.c[name] for name in struct.__struct_fields__))
        rows: dict[str, list[dict[str, Any]]] = {call_id: [] for call_id in call_ids}
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                new = [call_id for call_id in call_ids if call_id not in self._vault]
                if new:
                    await learn(connection, self._vault, new, pass_over_damaged=True)
                wanted = query.where(table.c.call_id.in_(call_ids)).order_by(table.c.call_id, table.c.id)
                for row in await all_rows(connection, wanted):
                    rows[row["call_id"]].append(dict(row))
        retired = [call_id for call_id, of_call in rows.items() if not of_call]
        if retired and self._archive is not None:
            rows |= await self._archive.rows_of(retired, table.name)
        return await asyncio.to_thread(self._sound, struct, table, rows)

    def _sound(self, struct: type[Row], table: Table, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[Row]]:
        """Those calls of which every row can be opened."""
        sound: dict[str, list[Row]] = {}
        for call_id, of_call in rows.items():
            with suppress(CallDamaged):
                sound[call_id] = [self._made(struct, table, call_id, row) for row in of_call]
        return sound

    def _made(self, struct: type[Row], table: Table, call_id: str, row: dict[str, Any]) -> Row:
        opened = self._opened(table, call_id, row)
        return struct(**{name: opened[name] for name in struct.__struct_fields__})

    async def _of_call(self, struct: type[Row], table: Table, call_id: str, *, part: int | None = None) -> list[Row]:
        columns = [table.c[name] for name in struct.__struct_fields__]
        query = select(*columns).where(table.c.call_id == call_id).order_by(table.c.id)
        if part is not None:
            query = query.offset(part).limit(1)
        with telling("the archive cannot be read"):
            async with self._engine.connect() as connection:
                if call_id not in self._vault:
                    await learn(connection, self._vault, {call_id})
                rows = [dict(row) for row in await all_rows(connection, query)]
        if not rows and self._archive is not None:
            rows = await self._archive.rows(call_id, table.name)
        # An hour of a call is thousands of rows, and calls may be going on.
        return await asyncio.to_thread(lambda: [self._made(struct, table, call_id, row) for row in rows])

    def _opened(self, table: Table, call_id: str, row: dict[str, Any]) -> dict[str, Any]:
        """The row with what was sealed in clear: as bytes for what is packed, and else as text."""
        for column in tables.CONTENT[table]:
            if column in row:
                clear = self._vault.open(call_id, table.name, column, row[column])
                row[column] = clear if table in (tables.states, tables.tracks) else clear.decode()
        return row


def _states(seconds: Iterable[_StoredBytes], call_id: str) -> Iterator[StoredSignal]:
    for second in seconds:
        try:
            kept = states.decoded(second.body)
        except ValueError as fault:
            raise CallDamaged(f"call {call_id}: {fault}; put back a backup") from None
        for state in kept:
            value = bytes(state.value).decode()
            yield StoredSignal(**(msgspec.structs.asdict(state) | {"value": value}))
