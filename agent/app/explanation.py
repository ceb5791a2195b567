"""Why the agent said what it said in a kept call: turn by turn, what was understood, felt, looked up and answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.core.signals import Signal
from agent.dialogue.protocol import (
    BargeIn,
    CallEnded,
    CallStarted,
    Chat,
    Coach,
    ConsentChanged,
    Intent,
    Resumed,
    SignalSeen,
    StaffWrote,
    TakenOver,
    ToEngine,
    Translated,
    Translation,
    Utterance,
)
from agent.dialogue.replay import Sent
from agent.storage.history import CallHistory, StoredCall, StoredReply, StoredSignal
from agent.storage.recording import ALERT_STEPS

NEVER_SENT = frozenset({"voice", "health", *ALERT_STEPS})
"""Kinds of what is kept with signals that engines do not get."""
FELT = ("affect", "scene", "text_emotion", "voice_emotion")
"""Kinds of which the latest is shown with a turn."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A signal as the engine had got it last."""

    kind: str
    seq: int
    label: str
    confidence: float | None
    trend: str | None = None
    changed: str | None = None
    age_s: float
    """How long before the turn it was published."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    words: str
    seqs: tuple[int, ...] = ()


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the agent said."""

    at_s: float
    """Since the call began."""
    text: str
    because: tuple[Reason, ...]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, and what the agent said until the next thing did."""

    at_s: float
    """Since the call began."""
    what: str
    """How it came: "began", "said", "typed", "spoke over the agent", …"""
    turn: int | None = None
    text: str = ""
    language: str | None = None
    translation: Translation | None = None
    intent: Intent | None = None
    readings: tuple[Reading, ...] = ()
    replies: tuple[Answered, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    call: str
    started_at: float
    ended_because: str | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """All that is kept of a call and shaped its replies."""

    call: StoredCall
    sent: list[Sent]
    """In order, signals among them."""
    replies: list[StoredReply]


async def kept_call(history: CallHistory, name: str) -> KeptCall:
    """The call whose id begins so, or the latest one. Raises `CallNotFound` and `StoreError`."""
    call = await history.find(name)
    messages = [Sent(at_s=one.sent_at, message=_message(one.body)) for one in await history.sent(call.id)]
    signals = [_published(call.id, one) for one in await history.signals(call.id) if one.kind not in NEVER_SENT]
    sent = sorted([*messages, *signals], key=lambda one: one.at_s)
    return KeptCall(call=call, sent=sent, replies=await history.replies(call.id))


def _message(body: str) -> ToEngine:
    message: ToEngine = msgspec.json.decode(body, type=ToEngine)
    return message


def _published(call_id: str, row: StoredSignal) -> Sent:
    """The signal as it was sent, as far as it is kept: frames and sources are not."""
    envelope = {
        "kind": row.kind,
        "call_id": call_id,
        "seq": row.seq,
        "confidence": row.confidence,
        "valid": row.valid,
        "reason": row.reason,
        "frame_id": -1,
        "captured_at": row.captured_at,
        "captured_error_ms": 0.0,
        "captured_from": "arrival",
        "media_ms": row.media_ms,
        "age_ms": row.age_ms,
        "sources": (),
        "value": msgspec.json.decode(row.value),
    }
    signal: Signal = msgspec.convert(envelope, type=Signal)
    return Sent(at_s=row.captured_at + row.age_ms / 1_000, message=SignalSeen(signal=signal))


def explained(kept: KeptCall) -> Explanation:
    """The call turn by turn."""
    began_s = kept.call.started_at
    asked = [one for one in kept.sent if not isinstance(one.message, SignalSeen)]
    by_turn = {one.message.turn: place for place, one in enumerate(asked) if isinstance(one.message, Utterance | Chat)}
    answers: list[list[Answered]] = [[] for _ in asked]
    for reply in kept.replies:
        place = by_turn.get(reply.turn) if reply.turn else _latest(asked, reply.said_at)
        if place is not None:
            because = msgspec.json.decode(reply.because, type=tuple[Reason, ...])
            answers[place].append(Answered(at_s=reply.said_at - began_s, text=reply.text, because=because))
    turns = [
        _turn(one, began_s, _felt(kept.sent, one.at_s), tuple(replies))
        for one, replies in zip(asked, answers, strict=True)
    ]
    return Explanation(
        call=kept.call.id,
        started_at=began_s,
        ended_because=kept.call.ended_because,
        turns=tuple(turn for turn in turns if turn is not None),
    )


def _latest(asked: Sequence[Sent], at_s: float) -> int | None:
    """The place of what was sent last before `at_s`."""
    places = [place for place, one in enumerate(asked) if one.at_s <= at_s]
    return places[-1] if places else None


def _turn(one: Sent, began_s: float, readings: tuple[Reading, ...], replies: tuple[Answered, ...]) -> Turn | None:
    shown: dict[str, Any] = {"at_s": one.at_s - began_s, "replies": replies}
    match one.message:
        case Utterance() | Chat() as message:
            return Turn(
                what="said" if isinstance(message, Utterance) else "typed",
                turn=message.turn or None,
                text=message.text,
                language=message.language,
                translation=message.translation,
                intent=message.intent,
                readings=readings,
                **shown,
            )
        case CallStarted(resumed=False, locale=locale):
            return Turn(what="began", language=locale, **shown)
        case CallStarted():
            return Turn(what="met the engine again", **shown)
        case BargeIn(heard_text=heard):
            return Turn(what="spoke over the agent", text=heard, **shown)
        case Coach(text=text):
            return Turn(what="a supervisor whispered", text=text, **shown)
        case TakenOver():
            return Turn(what="a person took over", **shown)
        case StaffWrote(text=text):
            return Turn(what="a person wrote", text=text, **shown)
        case Resumed():
            return Turn(what="a person handed back", **shown)
        case ConsentChanged(purposes=purposes):
            return Turn(what="changed consent", text=", ".join(purposes), **shown)
        case Translated(translation=translation):
            return Turn(what="translation", text=translation.text, language=translation.language, **shown)
        case CallEnded(reason=reason):
            return Turn(what="ended", text=reason, **shown)
        case _:
            return None


def _felt(sent: Sequence[Sent], at_s: float) -> tuple[Reading, ...]:
    """The latest valid signal of each kind that tells how the customer was, before `at_s`."""
    latest: dict[str, Reading] = {}
    for one in sent:
        if one.at_s > at_s:
            break
        if not isinstance(one.message, SignalSeen):
            continue
        signal = one.message.signal
        kind = str(signal.__struct_config__.tag)
        if kind not in FELT:
            continue
        latest.pop(kind, None)
        if signal.valid:
            latest[kind] = Reading(
                kind=kind,
                seq=signal.seq,
                label=getattr(signal.value, "label", "unknown"),
                confidence=signal.confidence,
                trend=getattr(signal.value, "trend", None),
                changed=getattr(signal.value, "changed", None),
                age_s=round(at_s - one.at_s, 2),
            )
    return tuple(latest[kind] for kind in FELT if kind in latest)
