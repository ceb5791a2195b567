"""The call archive: what happened in each call, written in batches by a task of its own, off every hot path."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import msgspec
from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, Clock, SystemClock
from agent.core.consent import Consent
from agent.core.lifecycle import EndReason
from agent.core.signals import STATE_KINDS, Signal, TranscriptSignal, kind_of
from agent.storage import tables
from agent.storage.pending import Pending
from agent.storage.schema import open_engine, plain, shown, upgrade

log = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.5
"""What was recorded in this time, plus one batch under way, is lost when the process dies."""
STATE_SIGNAL_EVERY_S = 1.0
"""State signals are kept at this pace, one a kind; events are all kept."""


class SpokenReply(Protocol):
    """A reply as the engine gave it."""

    @property
    def id(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def because(self) -> Sequence[object]: ...

    @property
    def turn(self) -> int | None: ...


class CallStore:
    """Records calls. `record_…` never waits and never raises; `run` writes, until `close`.

    Owned by one event loop. Rows that the database does not take are kept up to a bound and tried again; what does not
    fit is counted in `dropped` and logged without its content.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, *, flush_every_s: float = FLUSH_EVERY_S) -> None:
        self.written = 0
        """Rows in the database."""
        self._lost = 0
        self._engine = engine
        self._clock = clock
        self._flush_every_s = flush_every_s
        self._pending = Pending()
        self._recorded = asyncio.Event()
        self._closing = asyncio.Event()
        self._kept_ns: dict[tuple[str, str], int] = {}
        self._failing = False

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, clock: Clock | None = None, *, flush_every_s: float = FLUSH_EVERY_S
    ) -> AsyncIterator["CallStore"]:
        """A store on the database at `url`, migrated and with its writer running; all is flushed at the end.

        Raises `StoreError` when the database cannot be used.
        """
        await asyncio.to_thread(upgrade, url)
        engine = open_engine(url)
        store = cls(engine, clock or SystemClock(), flush_every_s=flush_every_s)
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(store.run(), name="call archive")
                try:
                    yield store
                finally:
                    # Awaited here, as a group that ends by an error or a cancellation would not let it finish.
                    store.close()
                    await writer
        finally:
            await engine.dispose()
            if store.dropped:
                log.warning("the archive %s lost %d rows", shown(url), store.dropped)

    @property
    def dropped(self) -> int:
        """Rows that never reached the database."""
        return self._lost + self._pending.dropped

    # ---- recording --------------------------------------------------------------------------------------------------

    def record_call_started(self, call_id: str, consent: Consent, started_at: float) -> None:
        """A call began at `started_at` (Unix seconds) under `consent`."""
        self._add(tables.calls, id=call_id, started_at=started_at, locale=consent.locale)
        self.record_consent(call_id, consent)

    def record_call_ended(self, call_id: str, reason: EndReason) -> None:
        self._pending.end(call_id, {"ended_at": self._now(), "ended_because": reason.value})
        self._recorded.set()
        for key in [key for key in self._kept_ns if key[0] == call_id]:
            del self._kept_ns[key]

    def record_consent(self, call_id: str, consent: Consent) -> None:
        """What a customer agrees to from now on."""
        self._add(
            tables.consents,
            call_id=call_id,
            recorded_at=self._now(),
            given_at=consent.given_at,
            version=consent.version,
            locale=consent.locale,
            purposes=" ".join(sorted(purpose.value for purpose in consent.purposes)),
        )

    def record_utterance(self, call_id: str, speaker: str, text: str, *, typed: bool) -> None:
        """Something that the customer or a member of staff said; final words only."""
        self._add(tables.utterances, call_id=call_id, said_at=self._now(), speaker=speaker, typed=typed, text=text)

    def record_reply(self, call_id: str, reply: SpokenReply) -> None:
        """Something that the agent said, with the signals that shaped it."""
        self._add(
            tables.replies,
            call_id=call_id,
            said_at=self._now(),
            reply_id=reply.id,
            text=reply.text,
            because=msgspec.json.encode(reply.because).decode(),
            turn=reply.turn,
        )

    def record_sent(self, call_id: str, message: msgspec.Struct) -> None:
        """Something that the reply engine was sent."""
        self._add(
            tables.sent,
            call_id=call_id,
            sent_at=self._now(),
            type=str(message.__struct_config__.tag),
            body=msgspec.json.encode(message).decode(),
        )

    def record_signal(self, signal: Signal) -> None:
        """Keeps an event, and of a state kind one signal a second; partial transcripts are not kept."""
        kind = kind_of(signal)
        if isinstance(signal, TranscriptSignal) and not signal.value.final:
            return
        if kind in STATE_KINDS and not self._due(signal.call_id, kind):
            return
        self._add(
            tables.signals,
            call_id=signal.call_id,
            seq=signal.seq,
            kind=kind,
            captured_at=signal.captured_at,
            media_ms=signal.media_ms,
            age_ms=signal.age_ms,
            confidence=signal.confidence,
            valid=signal.valid,
            reason=signal.reason,
            value=msgspec.json.encode(signal.value).decode(),
        )

    def _due(self, call_id: str, kind: str) -> bool:
        now_ns = self._clock.now_ns()
        kept_ns = self._kept_ns.get((call_id, kind))
        if kept_ns is not None and now_ns - kept_ns < STATE_SIGNAL_EVERY_S * NS_PER_S:
            return False
        self._kept_ns[call_id, kind] = now_ns
        return True

    def _add(self, table: Table, **row: object) -> None:
        self._pending.add(table, row)
        self._recorded.set()

    def _now(self) -> float:
        return self._clock.wall_ns() / NS_PER_S

    # ---- writing ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes what was recorded, a batch at a time, until `close`; then the rest, and ends."""
        while not self._closing.is_set():
            await self._recorded.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._flush_every_s):
                    await self._closing.wait()
            await self._flush()
        await self._flush()
        self._lost += len(self._pending)

    def close(self) -> None:
        """Lets `run` write what is left and end."""
        self._closing.set()
        self._recorded.set()

    async def _flush(self) -> None:
        """Writes what was recorded so far, in one transaction. Never raises; failures are counted and logged."""
        batch, self._pending = self._pending, Pending(dropped=self._pending.dropped)
        self._recorded.clear()
        if not batch:
            return
        try:
            await self._write(batch)
        except (OperationalError, InterfaceError, OSError) as fault:
            self._put_back(batch)
            self._report_failure(fault, "they are tried again")
        except SQLAlchemyError:
            await self._write_apart(batch)
        else:
            self.written += len(batch)
            self._failing = False

    async def _write_apart(self, batch: Pending) -> None:
        """Call by call, so that a row that cannot be written costs no other call its own."""
        for part in batch.by_call():
            try:
                await self._write(part)
            except (SQLAlchemyError, OSError) as fault:
                self._lost += len(part)
                self._report_failure(fault, "they are lost")
            else:
                self.written += len(part)

    async def _write(self, batch: Pending) -> None:
        async with self._engine.begin() as connection:
            for table in tables.IN_ORDER:
                if rows := batch.rows.get(table):
                    await connection.execute(insert(table), rows)
            if batch.ended:
                ending = update(tables.calls).where(tables.calls.c.id == bindparam("of_call"))
                rows = [{"of_call": call_id, **row} for call_id, row in batch.ended.items()]
                await connection.execute(
                    ending.values(ended_at=bindparam("ended_at"), ended_because=bindparam("ended_because")), rows
                )

    def _put_back(self, batch: Pending) -> None:
        """What was not written comes before what was recorded meanwhile."""
        newer, self._pending = self._pending, Pending(dropped=self._pending.dropped)
        for part in (batch, newer):
            for table, rows in part.rows.items():
                for row in rows:
                    self._pending.add(table, row)
            for call_id, row in part.ended.items():
                self._pending.end(call_id, row)
        self._recorded.set()

    def _report_failure(self, fault: Exception, consequence: str) -> None:
        if not self._failing:
            log.error("the archive refused a batch of rows (%s); %s", plain(fault), consequence)
        self._failing = True
