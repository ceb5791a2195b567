"""Turns what happens in calls into rows of the archive, sealed, that wait to be written."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, get_args

import msgspec
from sqlalchemy import Table

from agent.core.cards import Card
from agent.core.clock import NS_PER_S, Clock
from agent.core.consent import Consent
from agent.core.lifecycle import EndReason, Outcome
from agent.core.signals import STATE_KINDS, Signal, TranscriptSignal, kind_of
from agent.storage import states, tables
from agent.storage.content import fit_to_keep
from agent.storage.pending import Pending
from agent.storage.sealing import Vault

AlertStep = Literal["alert_over", "alert_seen_to", "alert"]
ALERT_STEPS: tuple[AlertStep, ...] = get_args(AlertStep)
"""What is kept of an alert, the latest first."""


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


class CallRecorder:
    """Its `record_…` never wait and never raise. What people said, showed or felt is redacted and sealed at once."""

    def __init__(self, vault: Vault, writer: str, clock: Clock, *, on_recorded: Callable[[], None]) -> None:
        """`writer` is this process's id in the archive; `on_recorded` is called when there is something to take."""
        self.vault = vault
        self._writer_id = writer
        self._clock = clock
        self._on_recorded = on_recorded
        self._pending = Pending()
        self._seconds = states.Seconds()
        self._unsealed = 0
        """Rows of calls whose key was gone already."""

    @property
    def unkept(self) -> int:
        """Rows that could not be sealed, or for which there was no room."""
        return self._unsealed + self._pending.dropped

    @property
    def waiting(self) -> bool:
        """Whether there is something to take, at once or when a second is over."""
        return bool(self._pending or self._seconds)

    def take(self, *, all_seconds: bool = False) -> Pending:
        """Takes out what is to be written; of states the seconds that are over, or all."""
        now_ns = self._clock.now_ns()
        for call_id in self._seconds.calls():
            if all_seconds or self._seconds.is_over(call_id, now_ns):
                self._add_states(call_id, self._seconds.of(call_id))
        taken, self._pending = self._pending, Pending(dropped=self._pending.dropped)
        taken.dropped = 0
        return taken

    def put_back(self, left: Pending) -> None:
        """What found no room anywhere goes before what was recorded since, as far as there is room here."""
        self._pending = left.put_before(self._pending)

    def record_call_started(
        self,
        call_id: str,
        consent: Consent,
        started_at: float,
        *,
        customer: str | None = None,
        domain: str | None = None,
    ) -> None:
        """A call began at `started_at` (Unix seconds) under `consent`.

        `customer` is a pseudonym, None for a guest; `domain` the pack of the reply engine, where it is known.
        """
        self._add(
            tables.calls,
            id=call_id,
            started_at=started_at,
            locale=consent.locale,
            customer=customer,
            domain=domain,
            writer=self._writer_id,
        )
        key = self.vault.begin(call_id)
        self._add(tables.call_keys, call_id=call_id, wrapped=key.wrapped, master_key=key.master_key)
        if customer is not None:
            seen = {"first_seen_at": started_at, "last_seen_at": started_at, "locale": consent.locale}
            self._add(tables.customers, id=customer, **seen)
        self.record_consent(call_id, consent)

    def record_call_ended(self, call_id: str, reason: EndReason, outcome: Outcome | None = None) -> None:
        self._add_states(call_id, self._seconds.of(call_id))
        ended = {"ended_at": self._now(), "ended_because": reason.value, "outcome": outcome and outcome.value}
        self._pending.end(call_id, ended)
        self._on_recorded()
        self.vault.forget(call_id)

    def record_consent(self, call_id: str, consent: Consent) -> None:
        """What a customer agrees to from now on."""
        self._add(
            tables.consents,
            call_id=call_id,
            recorded_at=self._now(),
            given_at=consent.given_at,
            version=consent.version,
            locale=consent.language,
            purposes=" ".join(sorted(purpose.value for purpose in consent.purposes)),
        )

    def record_utterance(self, call_id: str, speaker: str, text: str, *, typed: bool) -> None:
        """Something that the customer or a member of staff said; final words only."""
        self._add(
            tables.utterances, call_id=call_id, said_at=self._now(), speaker=speaker, typed=typed, text=text.encode()
        )

    def record_reply(self, call_id: str, reply: SpokenReply) -> None:
        """Something that the agent said, with the signals that shaped it."""
        self._add(
            tables.replies,
            call_id=call_id,
            said_at=self._now(),
            reply_id=reply.id,
            text=reply.text.encode(),
            because=msgspec.json.encode(reply.because),
            turn=reply.turn,
        )

    def record_card(self, call_id: str, card: Card) -> None:
        """A card was shown; one of the same id was replaced."""
        self._add(tables.cards, call_id=call_id, shown_at=self._now(), card_id=card.id, body=msgspec.json.encode(card))

    def record_card_hidden(self, call_id: str, card_id: str) -> None:
        self._add(tables.cards, call_id=call_id, shown_at=self._now(), card_id=card_id, body=b"")

    def record_sent(self, call_id: str, message: msgspec.Struct) -> None:
        """Something that the reply engine was sent."""
        self._add(
            tables.sent,
            call_id=call_id,
            sent_at=self._now(),
            type=str(message.__struct_config__.tag),
            body=msgspec.json.encode(message),
        )

    def record_track(self, call_id: str, starts_ms: float, points: bytes) -> None:
        """Some seconds of landmarks, as `tracks.packed` has them, from `starts_ms` of the call's media clock on."""
        self._add(tables.tracks, call_id=call_id, starts_ms=starts_ms, body=points)

    def record_recording(self, call_id: str, file: str, key: bytes) -> None:
        """Picture and sound are being recorded from now on, into a file that is encrypted with `key`."""
        self._add(tables.recordings, call_id=call_id, began_at=self._now(), file=file, key=key)

    def record_signal(self, signal: Signal) -> None:
        """Keeps an event, and of a state kind the latest signal of each second; partial transcripts are not kept, nor
        what is still on its way when a call ends."""
        kind = kind_of(signal)
        if signal.call_id not in self.vault or (isinstance(signal, TranscriptSignal) and not signal.value.final):
            return
        if kind in STATE_KINDS:
            if over := self._seconds.put(signal, kind, self._clock.now_ns()):
                self._add_states(signal.call_id, over)
            self._on_recorded()
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
            value=msgspec.json.encode(signal.value),
        )

    def record_alert(self, call_id: str, kind: AlertStep, at_s: float, *, number: int, value: msgspec.Struct) -> None:
        """Staff was told to look at the call, somebody does, or there is no need to any more, at `at_s` (Unix seconds);
        `number` counts a call's alerts from 1.

        It is kept beside what was perceived, but numbered downwards from -1, as it is no signal: three for each alert,
        one a step. Rows of earlier versions, with two for each, are of calls that have ended, and only within a call
        must numbers differ.
        """
        if call_id not in self.vault:
            return
        self._add(
            tables.signals,
            call_id=call_id,
            seq=-len(ALERT_STEPS) * number + ALERT_STEPS.index(kind),
            kind=kind,
            captured_at=at_s,
            media_ms=0.0,
            age_ms=0.0,
            confidence=None,
            valid=True,
            reason=None,
            value=msgspec.json.encode(value),
        )

    def _add_states(self, call_id: str, signals: list[Signal]) -> None:
        if signals:
            captured_at = min(signal.captured_at for signal in signals)
            self._add(tables.states, call_id=call_id, captured_at=captured_at, body=states.encoded(signals))

    def _add(self, table: Table, **row: object) -> None:
        """The one way into the archive: what people said, showed or felt is redacted and sealed here."""
        for column in tables.CONTENT.get(table, ()):
            call_id, clear = row["call_id"], row[column]
            assert isinstance(call_id, str) and isinstance(clear, bytes)
            if call_id not in self.vault:
                self._unsealed += 1
                return
            row[column] = self.vault.seal(call_id, table.name, column, fit_to_keep(table, column, clear))
        self._pending.add(table, row)
        self._on_recorded()

    def _now(self) -> float:
        return self._clock.wall_ns() / NS_PER_S
