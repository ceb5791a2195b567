"""Expression over time: the distribution of single frames, smoothed by measured time, with "unknown" as an answer."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.signals import ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, Stamp, VisionReading
from agent.fusion.baseline import Baseline
from agent.fusion.face import FaceState
from agent.fusion.trust import trust

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

    track_id: int | None = None
    """Of the face that all this is known of."""
    probabilities: NDArray[np.float32] | None = field(default=None, repr=False)
    updated_ns: int = 0
    label: str = "unknown"
    baseline: Baseline = Baseline()


def valence_arousal(probabilities: NDArray[np.floating]) -> tuple[float, float]:
    """Expected place on the circumplex of an (8,) distribution, each in [-1, 1]; of the difference of two, the step
    from one to the other."""
    valence, arousal = probabilities @ _PLACES
    return float(valence), float(arousal)


def step(
    state: ExpressionState, reading: VisionReading, face: FaceState, now_ns: int
) -> tuple[ExpressionState, Finding | None]:
    """One frame's reading into the smoothed state and the signal to send; an invalid reading never moves the state, and
    a frame of which the expression was not to be read says nothing.

    `face` has taken in the same reading. The signal's confidence is the smoothed, calibrated probability of its label,
    and None where the label is "unknown".
    """
    customer = reading.faces[0] if reading.faces else None
    if customer is not None and customer.track_id != state.track_id:
        state = ExpressionState(track_id=customer.track_id)
    if customer is None:
        return _not_read(state, reading.stamp, reading.reason or "no face", now_ns)
    if customer.expression is None:
        return state, None
    trusted = trust(customer.expression, face)
    probabilities = customer.expression.probabilities
    if trusted.reason is not None or probabilities is None:
        return _not_read(state, reading.stamp, trusted.reason or "expression not readable", now_ns)
    captured_ns = reading.stamp.captured_ns
    resting_weight = 0.0 if face.mouth.talks else trusted.weight
    state = replace(state, baseline=state.baseline.taught(probabilities, resting_weight, captured_ns))
    state = _fed(state, state.baseline.applied(probabilities), trusted.weight, captured_ns)
    return state, _finding(state, trusted.weight, reading.stamp)


def _not_read(state: ExpressionState, stamp: Stamp, reason: str, now_ns: int) -> tuple[ExpressionState, Finding]:
    """Nothing new; what was known stands until it is stale. The resting face stays known."""
    if now_ns - state.updated_ns > STALE_S * NS_PER_S:
        state = ExpressionState(track_id=state.track_id, baseline=state.baseline)
    return state, unknown(stamp, reason)


def _fed(
    state: ExpressionState, probabilities: NDArray[np.float32], weight: float, captured_ns: int
) -> ExpressionState:
    elapsed_s = (captured_ns - state.updated_ns) / NS_PER_S
    if state.probabilities is None or elapsed_s > STALE_S:
        smoothed = probabilities
        state = replace(state, label="unknown")
    else:
        # A frame that is trusted half counts as if it stood for half the time.
        gain = 1.0 - math.exp(-max(elapsed_s, 0.0) * weight / SMOOTHING_S)
        smoothed = state.probabilities + gain * (probabilities - state.probabilities)
    best = int(smoothed.argmax())
    label = state.label
    if smoothed[best] >= ENTER_PROB:
        label = EXPRESSIONS[best]
    elif label != "unknown" and smoothed[EXPRESSIONS.index(label)] < LEAVE_PROB:
        label = "unknown"
    return replace(state, probabilities=smoothed, updated_ns=captured_ns, label=label)


def _finding(state: ExpressionState, weight: float, stamp: Stamp) -> Finding:
    assert state.probabilities is not None
    valence, arousal = valence_arousal(state.probabilities)
    named = dict(zip(EXPRESSIONS, state.probabilities, strict=True))
    value = ExpressionValue(
        label=state.label,
        probabilities={name: round(float(probability), 4) for name, probability in named.items()},
        valence=round(valence, 3),
        arousal=round(arousal, 3),
        weight=round(weight, 3),
        adapted=round(state.baseline.strength, 3),
    )
    confidence = float(named[state.label]) if state.label in named else None
    return Finding(value=value, confidence=confidence, valid=True, stamp=stamp, sources=("face", "expression"))


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
