"""Affect: the state of the last seconds and where it is heading, silent when the evidence does not carry it.

Face, words and voice are witnesses, weighed by how sure and how fresh they are, by Bayes' rule with exponents (a
logarithmic opinion pool: Genest and Zidek, Combining Probability Distributions, 1986). Face or words carry it. The
voice, far less reliable, only makes a label more or less sure, decides where the others are between two, and is named
where it contradicts; alone it tells too little.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.signals import AffectValue, ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, Stamp
from agent.fusion import change
from agent.fusion.change import ChangeState
from agent.fusion.expression import VALENCE_AROUSAL, valence_arousal
from agent.fusion.filters import Decaying
from agent.fusion.levels import Levels, levels
from agent.fusion.recent import Recent
from agent.fusion.text_emotion import USUAL
from agent.fusion.witness import Evidence

RECENT_S = 3.0
USUAL_S = 12.0
"""Time constants of the recent state and of what is usual for this customer in this call."""
ENOUGH_COVERAGE = 0.45
"""With less evidence from the face than this share of the recent seconds, it tells nothing."""
CLEAR_PROB = 0.45
TREND_STEP = 0.12
"""Difference of valence between recent and usual that counts as a trend."""
PUBLISH_EVERY_MS = 500
PLEASANT = 0.5
"""Valence, without its sign, from which on an emotion is clearly pleasant or unpleasant."""
TELLING = 0.3
"""A level from which on it is told even where no emotion is known."""
USUAL_IN_WORDS = np.array([USUAL.get(name, 0.0) for name in EXPRESSIONS])
"""Where the words start from when there is no face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectState:
    emotions: tuple[Decaying, ...] = tuple(Decaying(tau_s=RECENT_S) for _ in EXPRESSIONS)
    """What the face showed."""
    valence: Decaying = Decaying(tau_s=RECENT_S)
    arousal: Decaying = Decaying(tau_s=RECENT_S)
    usual_valence: Decaying = Decaying(tau_s=USUAL_S)
    change: ChangeState = ChangeState()
    """Of valence."""
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
    )


def is_due(state: AffectState, now_ns: int) -> bool:
    """Whether the affect signal is to be told again: twice a second at most."""
    return now_ns - state.published_ns >= PUBLISH_EVERY_MS * NS_PER_MS


def conclude(
    state: AffectState,
    stamp: Stamp,
    now_ns: int,
    *,
    voice: Evidence | None = None,
    words: Evidence | None = None,
    recent: Recent | None = None,
) -> tuple[AffectState, list[Finding]]:
    """The affect signal, once it `is_due`. `voice` and `words` are what is left of the last utterance, if they
    count; `recent` is what the levels are told from."""
    coverage = state.valence.aged(now_ns).weight
    state = replace(state, published_ns=now_ns)
    face = _shown(state) if coverage >= ENOUGH_COVERAGE else None
    if face is None and words is None:
        state = replace(state, usual_valence=state.usual_valence.aged(now_ns))
        return state, [_unfelt(stamp, coverage, _levels(recent, None, now_ns))]
    felt = _felt(face, voice, words)
    state = replace(
        state,
        usual_valence=state.usual_valence.fed(felt.valence, now_ns=now_ns),
        change=change.step(state.change, felt.valence, now_ns),
    )
    weight = coverage if face is not None or words is None else words.strength
    told = _levels(recent, felt.probabilities, now_ns)
    value = _value(state, felt, told, now_ns, coverage=weight)
    confidence = None if felt.prob is None else felt.prob * min(1.0, weight)
    sources = {"expression": face, "voice_emotion": voice, "text_emotion": words}
    asked = tuple(name for name, evidence in sources.items() if evidence is not None)
    return state, [Finding(value=value, confidence=confidence, valid=True, stamp=stamp, sources=asked)]


class _Shown(NamedTuple):
    """What the face has shown in the last seconds."""

    probabilities: NDArray[np.float64]
    valence: float
    arousal: float


class _Felt(NamedTuple):
    label: str
    prob: float | None
    """Of the label; None where that is "unknown"."""
    valence: float
    arousal: float
    probabilities: NDArray[np.float64]
    conflict: str | None


def pooled(prior: NDArray[np.floating], *witnesses: Evidence | None) -> NDArray[np.float64]:
    """(8,) or (n, 8) probabilities after what each witness says; one that is None says nothing."""
    both = np.asarray(prior, np.float64)
    for witness in witnesses:
        if witness is not None:
            both = both * witness.ratios
    return np.asarray(both / both.sum(axis=-1, keepdims=True))


def _shown(state: AffectState) -> _Shown:
    face = np.array([emotion.value for emotion in state.emotions])
    return _Shown(face, state.valence.value, state.arousal.value)


def _felt(face: _Shown | None, voice: Evidence | None, words: Evidence | None) -> _Felt:
    """Who is clear names the state; what contradicts a clear face is named beside it, and not mixed in."""
    seen = "unknown" if face is None else clear(face.probabilities)
    told = pooled(USUAL_IN_WORDS if face is None else face.probabilities, words)
    both = pooled(told, voice)
    for witness in (voice, words):
        if face is not None and witness is not None and opposed(seen, witness.label):
            return _Felt(seen, _prob(both, seen), face.valence, face.arousal, both, witness.label)
    # Where face and words are clear they name the state, however the voice sounds: it says only how sure that is.
    label = clear(told)
    if label == "unknown":
        label = clear(both)
    if face is None:
        conflict = voice.label if voice is not None and opposed(label, voice.label) else None
        return _Felt(label, _prob(both, label), *valence_arousal(both), both, conflict)
    moved_valence, moved_arousal = valence_arousal(both - face.probabilities)
    valence, arousal = face.valence + moved_valence, face.arousal + moved_arousal
    return _Felt(label, _prob(both, label), valence, arousal, both, None)


def clear(probabilities: NDArray[np.floating]) -> str:
    """The expression that (8,) probabilities tell clearly, or "unknown"."""
    best = int(probabilities.argmax())
    return EXPRESSIONS[best] if probabilities[best] >= CLEAR_PROB else "unknown"


def _prob(probabilities: NDArray[np.floating], label: str) -> float | None:
    return float(probabilities[EXPRESSIONS.index(label)]) if label in EXPRESSIONS else None


def opposed(seen: str, heard: str) -> bool:
    """Whether one is clearly pleasant and the other clearly unpleasant."""
    if "unknown" in (seen, heard):
        return False
    first, second = VALENCE_AROUSAL[seen][0], VALENCE_AROUSAL[heard][0]
    return first * second < 0 and min(abs(first), abs(second)) >= PLEASANT


def _value(state: AffectState, felt: _Felt, told: Levels | None, now_ns: int, *, coverage: float) -> AffectValue:
    news = state.change.news(now_ns)
    entropy = -float((felt.probabilities * np.log(np.maximum(felt.probabilities, 1e-12))).sum())
    return AffectValue(
        label=felt.label,
        valence=round(felt.valence, 3),
        arousal=round(felt.arousal, 3),
        trend=_trend(state, felt.valence),
        coverage=round(coverage, 3),
        conflict=felt.conflict,
        probabilities={name: round(float(prob), 4) for name, prob in zip(EXPRESSIONS, felt.probabilities, strict=True)},
        uncertainty=round(entropy / math.log(len(EXPRESSIONS)), 3),
        changed=None if news is None else ("better" if news.direction == "rise" else "worse"),
        changed_s=None if news is None else round((now_ns - news.since_ns) / NS_PER_S, 1),
        **_named(told),
    )


def unknown(stamp: Stamp, reason: str, *, coverage: float = 0.0) -> Finding:
    """The signal that says that nothing can be said of the last seconds, and why."""
    value = AffectValue(label="unknown", valence=None, arousal=None, trend="unknown", coverage=round(coverage, 3))
    return Finding(value=value, confidence=None, valid=False, stamp=stamp, sources=("expression",), reason=reason)


def _unfelt(stamp: Stamp, coverage: float, told: Levels | None) -> Finding:
    """No emotion is known; what was said and done may tell of a level all the same."""
    finding = unknown(stamp, "too little readable evidence in the last seconds", coverage=coverage)
    if told is None or max(told.frustration or 0.0, told.confusion or 0.0, told.urgency or 0.0) < TELLING:
        return finding
    assert isinstance(finding.value, AffectValue)
    value = msgspec.structs.replace(finding.value, **_named(told))
    return replace(finding, value=value, valid=True, reason=None, sources=("turn", "transcript", "gesture"))


def _levels(recent: Recent | None, probabilities: NDArray[np.floating] | None, now_ns: int) -> Levels | None:
    return None if recent is None else levels(recent, probabilities, now_ns)


def _named(told: Levels | None) -> dict[str, float | None]:
    if told is None:
        return {}
    return {
        "frustration": told.frustration,
        "confusion": told.confusion,
        "engagement": told.engagement,
        "urgency": told.urgency,
    }


def _trend(state: AffectState, valence: float) -> Literal["rising", "falling", "steady", "unknown"]:
    if state.usual_valence.weight < ENOUGH_COVERAGE:
        return "unknown"
    step = valence - state.usual_valence.value
    if abs(step) < TREND_STEP:
        return "steady"
    return "rising" if step > 0 else "falling"
