"""Tells what is drawn of a call that has ended: a value a second, and where its replay lies in time."""

from collections.abc import Sequence
from statistics import median
from typing import Any, TypeVar

import msgspec

from agent.app.call_story import KeptStory
from agent.core.consent import Purpose
from agent.core.signals import AffectValue, ExpressionValue, SceneValue, VoiceValue
from agent.storage.history import StoredSignal
from agent.storage.recording import ALERT_STEPS
from agent.transport.history_messages import AffectSeries, ExpressionSeries, Replay, SceneSeries, Series, VoiceSeries

ON_CAMERA = frozenset({"face", "expression", "gesture"})
"""Kinds of signals whose media time is that of pictures, as that of tracks is."""
Value = TypeVar("Value")


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
    # What is kept of alerts stands with the signals, but goes by the clock on the wall alone.
    offsets = offsets or [one.captured_at - one.media_ms / 1e3 for one in signals if one.kind not in ALERT_STEPS]
    return median(offsets) - began_s if offsets else 0.0


def _states(signals: Sequence[StoredSignal], kind: str, value: type[Value]) -> list[tuple[StoredSignal, Value]]:
    return [(signal, msgspec.json.decode(signal.value, type=value)) for signal in signals if signal.kind == kind]


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
