"""Expression over time: the distribution of single frames, smoothed by measured time, with "unknown" as an answer."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.signals import ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, Stamp, VisionReading

SMOOTHING_S = 0.35
"""Time constant: an expression of half a second shows, a single misread frame does not."""
STALE_S = 1.0
"""Older evidence than this says nothing about now."""
ENTER_PROB = 0.50
LEAVE_PROB = 0.38
"""Hysteresis: a label is taken up above one probability and kept until it falls below the other."""

VALENCE_AROUSAL = {
    "neutral": (0.0, 0.0),
    "happiness": (0.8, 0.4),
    "surprise": (0.2, 0.8),
    "sadness": (-0.7, -0.4),
    "anger": (-0.6, 0.7),
    "disgust": (-0.6, 0.3),
    "fear": (-0.6, 0.8),
    "contempt": (-0.5, 0.2),
}
"""Rough places on the circumplex of affect (J. A. Russell, 1980): valence and arousal from these are a proxy."""
_PLACES = np.array([VALENCE_AROUSAL[name] for name in EXPRESSIONS], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionState:
    """What is known of one customer's expression."""

    probabilities: NDArray[np.float32] | None = None
    updated_ns: int = 0
    label: str = "unknown"


def valence_arousal(probabilities: NDArray[np.float32]) -> tuple[float, float]:
    """Expected place on the circumplex of an (8,) distribution, each in [-1, 1]."""
    valence, arousal = probabilities @ _PLACES
    return float(valence), float(arousal)


def step(state: ExpressionState, reading: VisionReading, now_ns: int) -> tuple[ExpressionState, Finding]:
    """One frame's reading into the smoothed state and the signal to send; an invalid reading never moves the state."""
    face = reading.faces[0] if reading.faces else None
    expression = face.expression if face else None
    if expression is None or not expression.valid or expression.probabilities is None:
        reason = expression.reason if expression else reading.reason or "no face"
        if now_ns - state.updated_ns > STALE_S * NS_PER_S:
            state = ExpressionState()
        return state, unknown(reading.stamp, reason or "expression not readable")
    captured_ns = reading.stamp.captured_ns
    state = _fed(state, expression.probabilities, captured_ns)
    assert state.probabilities is not None
    valence, arousal = valence_arousal(state.probabilities)
    confidence = float(state.probabilities.max())
    value = ExpressionValue(
        label=state.label,
        probabilities={name: round(float(p), 4) for name, p in zip(EXPRESSIONS, state.probabilities, strict=True)},
        valence=round(valence, 3),
        arousal=round(arousal, 3),
    )
    return state, Finding(
        value=value, confidence=confidence, valid=True, stamp=reading.stamp, sources=("face", "expression")
    )


def _fed(state: ExpressionState, probabilities: NDArray[np.float32], captured_ns: int) -> ExpressionState:
    elapsed_s = (captured_ns - state.updated_ns) / NS_PER_S
    if state.probabilities is None or elapsed_s > STALE_S:
        smoothed = probabilities
    else:
        gain = 1.0 - math.exp(-max(elapsed_s, 0.0) / SMOOTHING_S)
        smoothed = state.probabilities + gain * (probabilities - state.probabilities)
    best = int(smoothed.argmax())
    label = state.label
    if smoothed[best] >= ENTER_PROB:
        label = EXPRESSIONS[best]
    elif label != "unknown" and smoothed[EXPRESSIONS.index(label)] < LEAVE_PROB:
        label = "unknown"
    return replace(state, probabilities=smoothed, updated_ns=captured_ns, label=label)


def unknown(stamp: Stamp, reason: str) -> Finding:
    """The signal that says that nothing can be said of the expression, and why."""
    return Finding(
        value=ExpressionValue(label="unknown", probabilities={}),
        confidence=None,
        valid=False,
        stamp=stamp,
        sources=("face", "expression"),
        reason=reason,
    )
