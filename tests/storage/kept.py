"""Things to keep in an archive, and a way to wait until it has them."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from agent.core.consent import Choice, consent_for
from agent.core.signals import (
    AffectSignal,
    AffectValue,
    GestureSignal,
    GestureValue,
    SceneSignal,
    SceneValue,
    Signal,
    TranscriptSignal,
    TranscriptValue,
)

BEGAN_S = 1_800_000_000.25
CONSENT = consent_for(Choice.AGREE, locale="en", given_at=BEGAN_S)
AT_ONCE_S = 0.01


class Reason(msgspec.Struct, frozen=True):
    kind: str
    seqs: tuple[int, ...]
    words: str


class Question(msgspec.Struct, frozen=True, tag="question"):
    text: str


class Reply(msgspec.Struct, frozen=True):
    id: str
    text: str
    because: tuple[Reason, ...] = ()
    turn: int | None = None


def seen(kind: str, seq: int, call_id: str = "c1", text: str = "hello") -> Signal:
    common: dict[str, Any] = dict(
        call_id=call_id, seq=seq, confidence=0.9, valid=True, frame_id=seq, captured_at=BEGAN_S + seq,
        captured_error_ms=1.0, captured_from="arrival", media_ms=40.0 * seq, age_ms=20.0, sources=("expression",),
    )  # fmt: skip
    match kind:
        case "gesture":
            return GestureSignal(value=GestureValue(name="thumbs_up"), **common)
        case "partial" | "final":
            said = TranscriptValue(utterance_id=1, text=text, final=kind == "final", language="en")
            return TranscriptSignal(value=said, **common)
        case "scene":
            return SceneSignal(value=SceneValue(label="unknown", probabilities={}), **common)
        case _:
            value = AffectValue(label="sadness", valence=-0.4, arousal=0.1, trend="falling", coverage=0.9)
            return AffectSignal(value=value, **common)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.005)
