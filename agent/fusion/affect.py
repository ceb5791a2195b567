"""Affect: the state of the last seconds and where it is heading, silent when the evidence does not carry it.

The face carries it. The voice, far less reliable, only makes a face's label more or less sure, decides where the face
is between two, and is named where it contradicts. Without a readable face there is no affect: a voice alone tells
too little.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, Stamp
from agent.fusion.expression import VALENCE_AROUSAL, valence_arousal
from agent.fusion.filters import Decaying
from agent.fusion.voice_emotion import VoiceEvidence

RECENT_S = 3.0
USUAL_S = 12.0
"""Time constants of the recent state and of what is usual for this customer in this call."""
ENOUGH_COVERAGE = 0.45
"""With less evidence than this share of the recent seconds, affect is unknown."""
CLEAR_PROB = 0.45
TREND_STEP = 0.12
"""Difference of valence between recent and usual that counts as a trend."""
PUBLISH_EVERY_MS = 500
PLEASANT = 0.5
"""Valence, without its sign, from which on an emotion is clearly pleasant or unpleasant."""
FACE_ALONE = ("expression",)
FACE_AND_VOICE = ("expression", "voice_emotion")


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


def conclude(
    state: AffectState, stamp: Stamp, now_ns: int, *, voice: VoiceEvidence | None = None
) -> tuple[AffectState, list[Finding]]:
    """The affect signal, twice a second at most. `voice` is what is left of the last utterance, if it counts."""
    if now_ns - state.published_ns < PUBLISH_EVERY_MS * NS_PER_MS:
        return state, []
    coverage = state.valence.aged(now_ns).weight
    state = replace(state, published_ns=now_ns)
    if coverage < ENOUGH_COVERAGE:
        return state, [unknown(stamp, "too little readable evidence in the last seconds", coverage=coverage)]
    felt = _felt(state, voice)
    value = AffectValue(
        label=felt.label,
        valence=round(felt.valence, 3),
        arousal=round(felt.arousal, 3),
        trend=_trend(state, now_ns),
        coverage=round(coverage, 3),
        conflict=felt.conflict,
    )
    confidence = None if felt.prob is None else felt.prob * min(1.0, coverage)
    sources = FACE_ALONE if voice is None else FACE_AND_VOICE
    return state, [_finding(value, confidence, stamp, valid=True, reason=None, sources=sources)]


class _Felt(NamedTuple):
    label: str
    prob: float | None
    """Of the label; None where that is "unknown"."""
    valence: float
    arousal: float
    conflict: str | None


def _felt(state: AffectState, voice: VoiceEvidence | None) -> _Felt:
    """Face and voice as independent witnesses, by Bayes' rule: the face's probabilities times the voice's ratios."""
    face = np.array([emotion.value for emotion in state.emotions])
    valence, arousal = state.valence.value, state.arousal.value
    seen = _clear(face)
    if voice is None:
        return _Felt(seen, _prob(face, seen), valence, arousal, None)
    both = face * voice.ratios
    both /= both.sum()
    if seen != "unknown" and _opposed(seen, voice.label):
        return _Felt(seen, _prob(both, seen), valence, arousal, voice.label)
    # A clear face names the state, however the voice sounds; the voice says only how sure that is.
    label = _clear(both) if seen == "unknown" else seen
    moved_valence, moved_arousal = valence_arousal(both - face)
    return _Felt(label, _prob(both, label), valence + moved_valence, arousal + moved_arousal, None)


def _clear(probabilities: NDArray[np.floating]) -> str:
    best = int(probabilities.argmax())
    return EXPRESSIONS[best] if probabilities[best] >= CLEAR_PROB else "unknown"


def _prob(probabilities: NDArray[np.floating], label: str) -> float | None:
    return float(probabilities[EXPRESSIONS.index(label)]) if label in EXPRESSIONS else None


def _opposed(seen: str, heard: str) -> bool:
    """Whether one is clearly pleasant and the other clearly unpleasant."""
    first, second = VALENCE_AROUSAL[seen][0], VALENCE_AROUSAL[heard][0]
    return first * second < 0 and min(abs(first), abs(second)) >= PLEASANT


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


def _finding(
    value: AffectValue,
    confidence: float | None,
    stamp: Stamp,
    *,
    valid: bool,
    reason: str | None,
    sources: tuple[str, ...] = FACE_ALONE,
) -> Finding:
    return Finding(value=value, confidence=confidence, valid=valid, stamp=stamp, sources=sources, reason=reason)
