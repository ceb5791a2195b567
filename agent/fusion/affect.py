"""Affect: the state of the last seconds and where it is heading, silent when the evidence does not carry it."""

from dataclasses import dataclass, replace
from typing import Literal

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, Stamp
from agent.fusion.filters import Decaying

RECENT_S = 3.0
USUAL_S = 12.0
"""Time constants of the recent state and of what is usual for this customer in this call."""
ENOUGH_COVERAGE = 0.45
"""With less evidence than this share of the recent seconds, affect is unknown."""
CLEAR_PROB = 0.45
TREND_STEP = 0.12
"""Difference of valence between recent and usual that counts as a trend."""
PUBLISH_EVERY_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectState:
    emotions: tuple[Decaying, ...] = tuple(Decaying(tau_s=RECENT_S) for _ in EXPRESSIONS)
    valence: Decaying = Decaying(tau_s=RECENT_S)
    arousal: Decaying = Decaying(tau_s=RECENT_S)
    usual_valence: Decaying = Decaying(tau_s=USUAL_S)
    published_ns: int = 0


def feed(state: AffectState, finding: Finding, now_ns: int) -> AffectState:
    """Takes one expression finding as evidence; one that is not valid only lets the older evidence age."""
    value = finding.value
    assert isinstance(value, ExpressionValue)
    if not finding.valid or value.valence is None or value.arousal is None:
        return replace(
            state,
            emotions=tuple(emotion.aged(now_ns) for emotion in state.emotions),
            valence=state.valence.aged(now_ns),
            arousal=state.arousal.aged(now_ns),
            usual_valence=state.usual_valence.aged(now_ns),
        )
    trust = 1.0 if value.weight is None else value.weight
    return replace(
        state,
        emotions=tuple(
            emotion.fed(value.probabilities[name], now_ns=now_ns, trust=trust)
            for name, emotion in zip(EXPRESSIONS, state.emotions, strict=True)
        ),
        valence=state.valence.fed(value.valence, now_ns=now_ns, trust=trust),
        arousal=state.arousal.fed(value.arousal, now_ns=now_ns, trust=trust),
        usual_valence=state.usual_valence.fed(value.valence, now_ns=now_ns, trust=trust),
    )


def conclude(state: AffectState, stamp: Stamp, now_ns: int) -> tuple[AffectState, list[Finding]]:
    """The affect signal, twice a second at most."""
    if now_ns - state.published_ns < PUBLISH_EVERY_MS * NS_PER_MS:
        return state, []
    coverage = state.valence.aged(now_ns).weight
    state = replace(state, published_ns=now_ns)
    if coverage < ENOUGH_COVERAGE:
        return state, [unknown(stamp, "too little readable evidence in the last seconds", coverage=coverage)]
    probabilities = [emotion.value for emotion in state.emotions]
    best = max(range(len(EXPRESSIONS)), key=probabilities.__getitem__)
    clear = probabilities[best] >= CLEAR_PROB
    confidence = probabilities[best] * min(1.0, coverage) if clear else None
    value = AffectValue(
        label=EXPRESSIONS[best] if clear else "unknown",
        valence=round(state.valence.value, 3),
        arousal=round(state.arousal.value, 3),
        trend=_trend(state, now_ns),
        coverage=round(coverage, 3),
    )
    return state, [_finding(value, confidence, stamp, valid=True, reason=None)]


def unknown(stamp: Stamp, reason: str, *, coverage: float = 0.0) -> Finding:
    """The signal that says that nothing can be said of the last seconds, and why."""
    value = AffectValue(label="unknown", valence=None, arousal=None, trend="unknown", coverage=round(coverage, 3))
    return _finding(value, None, stamp, valid=False, reason=reason)


def _trend(state: AffectState, now_ns: int) -> Literal["rising", "falling", "steady", "unknown"]:
    if state.usual_valence.aged(now_ns).weight < ENOUGH_COVERAGE:
        return "unknown"
    step = state.valence.value - state.usual_valence.value
    if abs(step) < TREND_STEP:
        return "steady"
    return "rising" if step > 0 else "falling"


def _finding(value: AffectValue, confidence: float | None, stamp: Stamp, *, valid: bool, reason: str | None) -> Finding:
    return Finding(value=value, confidence=confidence, valid=valid, stamp=stamp, sources=("expression",), reason=reason)
