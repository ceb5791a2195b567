"""Messages that the tests of this folder send."""

from agent.core.signals import AffectSignal, AffectValue, GestureSignal, GestureValue, SceneSignal, SceneValue


def affect_signal(*, valence: float | None, seq: int = 0, label: str = "negative", call_id: str = "c1") -> AffectSignal:
    """An affect signal; without `valence` it is not valid, whatever else stands in it."""
    return AffectSignal(
        call_id=call_id,
        seq=seq,
        confidence=0.8,
        valid=valence is not None,
        reason=None if valence is not None else "turned away",
        frame_id=seq,
        captured_at=1_800_000_000.0,
        captured_error_ms=1.0,
        captured_from="arrival",
        media_ms=40.0 * seq,
        age_ms=20.0,
        sources=("expression",),
        value=AffectValue(
            label=label,
            valence=valence,
            arousal=None,
            trend="steady",
            coverage=0.9,
        ),
    )


def gesture_signal(name: str, *, seq: int = 0, confidence: float = 0.9) -> GestureSignal:
    """A hand sign, just seen."""
    return GestureSignal(
        call_id="c1",
        seq=seq,
        confidence=confidence,
        valid=True,
        frame_id=seq,
        captured_at=1_800_000_000.0,
        captured_error_ms=1.0,
        captured_from="arrival",
        media_ms=40.0 * seq,
        age_ms=20.0,
        sources=("hand",),
        value=GestureValue(name=name),
    )


def scene_signal(label: str, *, seq: int = 0, held_s: float = 0.0, because: tuple[str, ...] = ()) -> SceneSignal:
    """The situation that the call is in; "unknown" is told as not valid."""
    return SceneSignal(
        call_id="c1",
        seq=seq,
        confidence=None if label == "unknown" else 0.8,
        valid=label != "unknown",
        frame_id=-1,
        captured_at=1_800_000_000.0,
        captured_error_ms=0.0,
        captured_from="arrival",
        media_ms=40.0 * seq,
        age_ms=1.0,
        sources=("turn", "transcript"),
        value=SceneValue(label=label, probabilities={}, because=because, held_s=held_s),
    )
