"""Calls that have ended, as an agent keeps them, for tests and pictures of what looks back at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sin
from typing import Any

import msgspec
import numpy as np

from agent.app.kept_alerts import KeptAlerts
from agent.app.mouth import Reply
from agent.core.alerts import AlertKind
from agent.core.cards import Card
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import Choice, Consent, Purpose, consent_for
from agent.core.lifecycle import EndReason, Outcome
from agent.core.sentences import tell
from agent.core.signals import (
    AffectSignal,
    AffectValue,
    ExpressionSignal,
    ExpressionValue,
    GestureSignal,
    GestureValue,
    IntentSignal,
    IntentValue,
    Signal,
    TurnSignal,
    TurnValue,
    VoiceSignal,
    VoiceValue,
)
from agent.dialogue.protocol import Because, Intent, SayStyle, TakenOver, Utterance
from agent.storage.calls import CallStore
from agent.storage.tracks import POINT_SCALE, Points, TrackedFrame, packed
from agent.transport.supervisor_messages import Alert, AlertEvidence

MEDIA_BEGAN_S = 0.5
"""The pictures' clock begins so long after the call."""
SAID = "where is my kettle"
REPLIED = "Your kettle is on its way."


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A call: its customer asks once, after two seconds, and shows a thumb after four."""

    id: str
    lasts_s: int = 20
    locale: str = "en"
    domain: str = "shop"
    customer: str | None = None
    intent: str = "order_status"
    said: str = SAID
    outcome: Outcome = Outcome.ANSWERED
    valence: tuple[float, float] | None = (-0.5, 0.3)
    """At the beginning and at the end, and evenly in between; None where emotion was not analysed."""
    purposes: frozenset[Purpose] = frozenset()
    """Beside those of the notice's first choice."""
    taken_over: bool = False
    alerted: bool = False
    """Whether a person is asked for after seven seconds, and comes a second later."""

    @property
    def consent(self) -> Consent:
        choice = Choice.WITHOUT_EMOTION if self.valence is None else Choice.AGREE
        consent = consent_for(choice, locale=self.locale, given_at=1.0)
        return msgspec.structs.replace(consent, purposes=consent.purposes | self.purposes)


def record(store: CallStore, clock: FakeClock, past: Past) -> None:
    """Records the whole call, which moves the clock to its end."""
    began_s = clock.wall_ns() / NS_PER_S
    store.record_call_started(past.id, past.consent, began_s, customer=past.customer, domain=past.domain)
    seq = 0
    for second in range(past.lasts_s):
        for signal in _second(past, second, began_s, seq):
            store.record_signal(signal)
            seq = signal.seq + 1
        if second == 2:
            _talk(store, past, seq)
        if second == 5 and past.taken_over:
            store.record_sent(past.id, TakenOver())
        if second == 7 and past.alerted:
            _alert(store, past, began_s + second)
        clock.advance(ms=1_000)
    if Purpose.REPLAY in past.purposes:
        for start in range(0, past.lasts_s, 10):
            frames = _frames(start, min(start + 10, past.lasts_s))
            store.record_track(past.id, frames[0].media_ms, packed(frames))
    store.record_call_ended(past.id, EndReason.CUSTOMER_LEFT, past.outcome)


def _alert(store: CallStore, past: Past, at_s: float) -> None:
    why = AlertEvidence(words="the customer asked for a person", at=at_s)
    alert = Alert(
        id=f"{past.id}-1", call_id=past.id, kind=AlertKind.PERSON_ASKED, urgent=False, since=at_s, evidence=(why,),
        acknowledged_by="ada", acknowledged_at=at_s + 1,
    )  # fmt: skip
    KeptAlerts(store).raised(alert)
    KeptAlerts(store).seen_to(alert)


def _talk(store: CallStore, past: Past, seq: int) -> None:
    intent = Intent(label=past.intent, probability=0.9, slots={"product": "kettle"}, seq=seq)
    store.record_utterance(past.id, "customer", past.said, typed=False)
    store.record_sent(past.id, Utterance(id=1, text=past.said, turn=1, intent=intent))
    reply = Reply("s1", SayStyle(), True, REPLIED, complete=True, turn=1)
    reply.because = (Because.of("intent", tell("understood", means="the question where an order is", percent="90")),)
    store.record_reply(past.id, reply)
    store.record_card(past.id, Card(id="c1", title="Order 1042"))


def _second(past: Past, second: int, began_s: float, seq: int) -> Sequence[Signal]:
    """What was perceived in one second."""

    def envelope(place: int) -> dict[str, Any]:
        return dict(
            call_id=past.id, seq=seq + place, confidence=0.8, valid=True, frame_id=second,
            captured_at=began_s + second, captured_error_ms=1.0, captured_from="arrival",
            media_ms=1_000.0 * (second - MEDIA_BEGAN_S), age_ms=20.0, sources=(),
        )  # fmt: skip

    signals: list[Signal] = [
        TurnSignal(value=TurnValue(holder="nobody", barge_in=second in (6, 7)), **envelope(0)),
        VoiceSignal(value=VoiceValue(speaking=second in (1, 2), energy_db=-30.0, pitch_hz=180.0), **envelope(1)),
    ]
    if past.valence is not None:
        start, end = past.valence
        valence = start + (end - start) * second / (past.lasts_s - 1)
        label = "anger" if valence < -0.2 else "neutral" if valence < 0.2 else "happiness"
        felt = AffectValue(
            label=label, valence=valence, arousal=0.2 + 0.3 * sin(second), trend="rising", coverage=0.9,
            frustration=max(0.0, -valence),
        )  # fmt: skip
        signals.append(AffectSignal(value=felt, **envelope(2)))
        signals.append(ExpressionSignal(value=ExpressionValue(label=label, probabilities={}), **envelope(3)))
    if second == 2:
        understood = IntentValue(label=past.intent, out_of_scope=False, utterance_id=1)
        signals.append(IntentSignal(value=understood, **envelope(4)))
    if second == 4:
        signals.append(GestureSignal(value=GestureValue(name="thumbs_up", hand="right"), **envelope(4)))
    return signals


def _frames(from_s: int, until_s: int) -> list[TrackedFrame]:
    """Ten a second: a face that sways, and a hand from the fourth second on."""
    frames = []
    for tenth in range(10 * from_s, 10 * until_s):
        at_s = tenth / 10
        angle = np.linspace(0, 2 * np.pi, 468, dtype=np.float64)
        radius = 0.15 + 0.03 * np.cos(5 * angle)
        x, y = 0.5 + 0.05 * sin(at_s) + radius * np.cos(angle), 0.45 + 1.3 * radius * np.sin(angle)
        parts: dict[Any, Points] = {"face": _points(np.stack([x, y], axis=1))}
        if at_s >= 4:
            grid = np.array([[0.75 + 0.02 * (i % 5), 0.8 - 0.05 * (i // 5)] for i in range(21)])
            parts["right"] = _points(grid)
        frames.append(TrackedFrame(media_ms=1_000 * (at_s - MEDIA_BEGAN_S), parts=parts))
    return frames


def _points(shares: Any) -> Points:
    points: Points = np.rint(shares * POINT_SCALE).astype(np.int16)
    points.setflags(write=False)
    return points
