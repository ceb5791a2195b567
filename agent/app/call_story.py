"""Tells what happened in a call that has ended, from what was kept of it: lines, events, and what staff noted."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from agent.app.kept_alerts import OverAlert, RaisedAlert, SeenToAlert
from agent.core.cards import Card
from agent.core.sentences import Sentence
from agent.core.signals import GestureValue, SceneValue, TextEmotionValue, TurnValue, VoiceEmotionValue
from agent.dialogue.protocol import Because, Chat, Intent, ToEngine, Utterance
from agent.storage.history import (
    StoredCard,
    StoredConsent,
    StoredLabel,
    StoredMessage,
    StoredReply,
    StoredSignal,
    StoredUtterance,
)
from agent.storage.recording import ALERT_STEPS
from agent.transport.history_messages import Label, Line, PastEvent

STAFF_DEEDS = {"taken_over": "a person took over", "resumed": "the agent went on", "coach": "a whisper to the agent"}
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStory:
    """What is kept of a call, each in order."""

    began_s: float
    """Unix seconds."""
    utterances: Sequence[StoredUtterance]
    replies: Sequence[StoredReply]
    sent: Sequence[StoredMessage]
    cards: Sequence[StoredCard]
    signals: Sequence[StoredSignal]
    consents: Sequence[StoredConsent]

    def at_s(self, unix_s: float) -> float:
        """Since the call began."""
        return round(unix_s - self.began_s, 2)


def lines_of(kept: KeptStory) -> tuple[Line, ...]:
    """Everything that was said, typed and answered, in order."""
    understood: defaultdict[str, deque[Intent | None]] = defaultdict(deque)
    for message in kept.sent:
        if message.type in ("utterance", "chat"):
            told = msgspec.json.decode(message.body, type=ToEngine)
            assert isinstance(told, Utterance | Chat)
            understood[told.text].append(told.intent)
    lines = []
    for said in kept.utterances:
        waiting = understood[said.text]
        intent = waiting.popleft() if waiting else None
        lines.append(
            Line(
                at_s=kept.at_s(said.said_at),
                who=said.speaker,
                text=said.text,
                typed=bool(said.typed),
                intent=None if intent is None else intent.label,
                slots={} if intent is None else intent.slots,
            )
        )
    for reply in kept.replies:
        told = tuple(one.sentence for one in msgspec.json.decode(reply.because, type=tuple[Because, ...]))
        because = tuple(one.words for one in told)
        at_s = kept.at_s(reply.said_at)
        lines.append(Line(at_s=at_s, who="agent", text=reply.text, because=because, told_because=told))
    return tuple(sorted(lines, key=lambda line: line.at_s))


def events_of(kept: KeptStory) -> tuple[PastEvent, ...]:
    """What happened beside the words, in order."""
    events = [*_seen(kept), *_shown(kept), *_agreed(kept)]
    events += [
        PastEvent(at_s=kept.at_s(message.sent_at), kind=message.type, label=STAFF_DEEDS[message.type])
        for message in kept.sent
        if message.type in STAFF_DEEDS
    ]
    return tuple(sorted(events, key=lambda event: event.at_s))


def _seen(kept: KeptStory) -> Iterator[PastEvent]:
    scene, over = "unknown", False
    for signal in kept.signals:
        label = None
        match signal.kind:
            case "gesture" if signal.valid:
                label = _value(signal, GestureValue).name
            case "voice_emotion" if signal.valid:
                label = _value(signal, VoiceEmotionValue).label
            case "text_emotion" if signal.valid:
                label = _value(signal, TextEmotionValue).label
            case "scene" if signal.valid and (now := _value(signal, SceneValue).label) != scene:
                scene = label = now
            case kind if kind in ALERT_STEPS:
                yield _alerted(kept, signal)
            case "turn":
                over, before = _value(signal, TurnValue).barge_in, over
                label = "spoke over the agent" if over and not before else None
        if label is not None and label not in ("unknown", "none"):
            sure = None if signal.kind == "turn" else signal.confidence
            yield PastEvent(at_s=kept.at_s(signal.captured_at), kind=signal.kind, label=label, confidence=sure)


def _alerted(kept: KeptStory, signal: StoredSignal) -> PastEvent:
    """With what it rested on, or who saw to it."""
    told: tuple[Sentence, ...] = ()
    match signal.kind:
        case "alert":
            raised = _value(signal, RaisedAlert)
            told = tuple(Sentence(words=one.words, code=one.code, values=one.values) for one in raised.evidence)
            alert, detail = raised.kind, "; ".join(one.words for one in told)
        case "alert_seen_to":
            seen_to = _value(signal, SeenToAlert)
            alert, detail = seen_to.kind, seen_to.name
        case _:
            alert, detail = _value(signal, OverAlert).kind, ""
    at_s = kept.at_s(signal.captured_at)
    return PastEvent(at_s=at_s, kind=signal.kind, label=alert.value, detail=detail, told_detail=told)


def _shown(kept: KeptStory) -> Iterator[PastEvent]:
    for card in kept.cards:
        if card.body:
            title = msgspec.json.decode(card.body, type=Card).title
            yield PastEvent(at_s=kept.at_s(card.shown_at), kind="card", label=title)


def _agreed(kept: KeptStory) -> Iterator[PastEvent]:
    """Changes of what was agreed to; not the first yes, before which there is no call."""
    before: set[str] | None = None
    for consent in kept.consents:
        now = set(consent.purposes.split())
        if before is not None and now != before:
            said = [f"yes to {name}" for name in sorted(now - before)] + [
                f"no to {name}" for name in sorted(before - now)
            ]
            yield PastEvent(at_s=kept.at_s(consent.recorded_at), kind="consent", label=", ".join(said))
        before = now


def labels_of(labels: Sequence[StoredLabel]) -> tuple[Label, ...]:
    told = []
    for label in labels:
        value = msgspec.json.decode(label.value, type=dict[str, str])
        told.append(
            Label(
                at_s=label.at_ms / 1e3,
                kind=label.kind,
                read=value.get("read", ""),
                right=value.get("right", ""),
                correct=bool(label.correct),
                by=label.labelled_by,
                labelled_at=label.labelled_at,
            )
        )
    return tuple(told)


def _value(signal: StoredSignal, kind: type[Value]) -> Value:
    return msgspec.json.decode(signal.value, type=kind)
