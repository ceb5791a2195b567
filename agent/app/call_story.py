"""Tells what happened in a call that has ended, from what was kept of it: lines, events, and a value a second."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

import msgspec

from agent.app.kept_alerts import RaisedAlert, SeenToAlert
from agent.core.cards import Card
from agent.core.consent import Purpose
from agent.core.signals import (
    AffectValue,
    ExpressionValue,
    GestureValue,
    SceneValue,
    TextEmotionValue,
    TurnValue,
    VoiceEmotionValue,
    VoiceValue,
)
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
from agent.transport.history_messages import (
    AffectSeries,
    ExpressionSeries,
    Label,
    Line,
    PastEvent,
    Replay,
    SceneSeries,
    Series,
    VoiceSeries,
)

STAFF_DEEDS = {"taken_over": "a person took over", "resumed": "the agent went on", "coach": "a whisper to the agent"}
ON_CAMERA = frozenset({"face", "expression", "gesture"})
"""Kinds of signals whose media time is that of pictures, as that of tracks is."""
ALERTS = frozenset({"alert", "alert_seen_to"})
"""Kept with signals, but by the clock on the wall alone."""
Value = TypeVar("Value")
At = Callable[[float], float]
"""Seconds since the call began, of Unix seconds."""


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
        because = tuple(one.words for one in msgspec.json.decode(reply.because, type=tuple[Because, ...]))
        lines.append(Line(at_s=kept.at_s(reply.said_at), who="agent", text=reply.text, because=because))
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
            case "alert" | "alert_seen_to":
                yield _alerted(kept, signal)
            case "turn":
                over, before = _value(signal, TurnValue).barge_in, over
                label = "spoke over the agent" if over and not before else None
        if label is not None and label not in ("unknown", "none"):
            sure = None if signal.kind == "turn" else signal.confidence
            yield PastEvent(at_s=kept.at_s(signal.captured_at), kind=signal.kind, label=label, confidence=sure)


def _alerted(kept: KeptStory, signal: StoredSignal) -> PastEvent:
    """With what it rested on, or who saw to it."""
    if signal.kind == "alert":
        raised = _value(signal, RaisedAlert)
        alert, detail = raised.kind, "; ".join(one.words for one in raised.evidence)
    else:
        seen_to = _value(signal, SeenToAlert)
        alert, detail = seen_to.kind, seen_to.name
    return PastEvent(at_s=kept.at_s(signal.captured_at), kind=signal.kind, label=alert.value, detail=detail)


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


def series_of(began_s: float, signals: Sequence[StoredSignal]) -> Series:
    """What there was every second."""
    affect = _states(signals, "affect", AffectValue)
    expression = _states(signals, "expression", ExpressionValue)
    voice = _states(signals, "voice", VoiceValue)
    scene = _states(signals, "scene", SceneValue)

    def times(states: list[tuple[StoredSignal, Any]]) -> tuple[float, ...]:
        return tuple(round(signal.captured_at - began_s, 2) for signal, _ in states)

    return Series(
        affect=AffectSeries(
            at_s=times(affect),
            valence=tuple(_short(value.valence if signal.valid else None) for signal, value in affect),
            arousal=tuple(_short(value.arousal if signal.valid else None) for signal, value in affect),
            frustration=tuple(_short(value.frustration) for _, value in affect),
            label=tuple(value.label for _, value in affect),
        ),
        expression=ExpressionSeries(
            at_s=times(expression),
            label=tuple(value.label for _, value in expression),
            confidence=tuple(_short(signal.confidence) for signal, _ in expression),
            reason=tuple(signal.reason for signal, _ in expression),
        ),
        voice=VoiceSeries(
            at_s=times(voice),
            speaking=tuple(value.speaking for _, value in voice),
            energy_db=tuple(round(value.energy_db, 1) for _, value in voice),
            pitch_hz=tuple(None if value.pitch_hz is None else round(value.pitch_hz) for _, value in voice),
        ),
        scene=SceneSeries(at_s=times(scene), label=tuple(value.label for _, value in scene)),
    )


def replay_of(kept: KeptStory, starts_ms: Sequence[float]) -> Replay:
    """Where the parts of the tracks begin, or why there are none."""
    if starts_ms:
        shift_s = media_began_s(kept.signals, kept.began_s)
        starts_s = tuple(round(at_ms / 1e3 + shift_s, 2) for at_ms in starts_ms)
        return Replay(state="kept", starts_s=starts_s, media_began_s=round(shift_s, 3))
    agreed = [Purpose.REPLAY in consent.purposes.split() for consent in kept.consents]
    if not any(agreed):
        return Replay(state="not_agreed")
    return Replay(state="gone" if agreed[-1] else "taken_back")


def media_began_s(signals: Sequence[StoredSignal], began_s: float) -> float:
    """When the clock of the call's pictures stood at 0, in seconds since the call began."""
    offsets = [one.captured_at - one.media_ms / 1e3 for one in signals if one.kind in ON_CAMERA]
    offsets = offsets or [one.captured_at - one.media_ms / 1e3 for one in signals if one.kind not in ALERTS]
    return median(offsets) - began_s if offsets else 0.0


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


def _states(signals: Sequence[StoredSignal], kind: str, value: type[Value]) -> list[tuple[StoredSignal, Value]]:
    return [(signal, _value(signal, value)) for signal in signals if signal.kind == kind]


def _value(signal: StoredSignal, kind: type[Value]) -> Value:
    return msgspec.json.decode(signal.value, type=kind)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
