"""The scene: what situation the call is in, told when one clearly stands out, for as long as it does, and why."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.signals import Finding, SceneValue
from agent.core.types import SCENES, Stamp
from agent.fusion.recent import Recent
from agent.fusion.situation import FEATURES, describe
from agent.inference.runtime import Model, Runtime

OUTCOMES = (*SCENES, "none")
"""Columns of the model: "none" is a call in which nothing of these stands out."""
LOOK_EVERY_MS = 1_000
REPEAT_S = 5.0
ENTER_PROB = 0.6
LEAVE_PROB = 0.35
SETTLED_LOOKS = 2
"""Hysteresis: a scene is told once it was this probable so many looks in a row, and until it falls below the other."""
REASONS = 3
SOURCES = ("turn", "voice", "transcript", "intent", "gesture", "face", "affect")
"""Kinds that are looked at, as far as the customer agreed to them."""
LEAST_POINTS = 0.3
"""A reason adds at least so much to the log-odds of the scene against the others' mean."""


class Judged(NamedTuple):
    probabilities: NDArray[np.float32]
    """(12,) of `OUTCOMES`."""
    points: NDArray[np.float32]
    """(features, 12) what each feature of `FEATURES` adds to the log-odds of each outcome; their sum and the model's
    offsets are all there is to the probabilities."""


class Judge(Protocol):
    """Tells the scene from the numbers of `describe`."""

    def __call__(self, features: NDArray[np.float32]) -> Judged: ...


class SceneModel:
    """The `Judge` that ships. One thread at a time, as its session is its own."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model: Model = runtime.open("scene")

    def __call__(self, features: NDArray[np.float32]) -> Judged:
        probabilities, points = self._model.run(features[None])
        return Judged(probabilities[0], points[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneState:
    label: str = "unknown"
    since_ns: int = 0
    candidate: str = "unknown"
    looks: int = 0
    """In a row in which the candidate was probable."""
    looked_ns: int = 0
    published_ns: int = 0


def step(
    state: SceneState, recent: Recent, judge: Judge, stamp: Stamp, now_ns: int
) -> tuple[SceneState, list[Finding]]:
    """Looks at the last half minute, once a second at most; the signal when the scene has changed, and now and then
    while one holds."""
    if now_ns - state.looked_ns < LOOK_EVERY_MS * NS_PER_MS:
        return state, []
    judged = judge(describe(recent, now_ns))
    before, state = state.label, _moved(replace(state, looked_ns=now_ns), judged.probabilities, now_ns)
    due = state.label != "unknown" and now_ns - state.published_ns >= REPEAT_S * NS_PER_S
    if state.label == before and not due:
        return state, []
    state = replace(state, published_ns=now_ns)
    return state, [_finding(state, judged, stamp, now_ns)]


def unknown(stamp: Stamp, reason: str) -> Finding:
    """The signal that says that no scene is told any more, and why."""
    value = SceneValue(label="unknown", probabilities={})
    return Finding(value=value, confidence=None, valid=False, stamp=stamp, sources=SOURCES, reason=reason)


def reasons(judged: Judged, label: str) -> tuple[str, ...]:
    """What speaks for the scene the most against the others, in words, the strongest first."""
    column = OUTCOMES.index(label)
    ahead = judged.points[:, column] - judged.points.mean(axis=1)
    words = tuple(FEATURES.values())
    strongest = [index for index in np.argsort(-ahead)[:REASONS] if ahead[index] >= LEAST_POINTS]
    return tuple(words[index] for index in strongest)


def _moved(state: SceneState, probabilities: NDArray[np.float32], now_ns: int) -> SceneState:
    named = dict(zip(OUTCOMES, (float(each) for each in probabilities), strict=True))
    best = max(SCENES, key=lambda name: named[name])
    before = state
    if named[best] < ENTER_PROB:
        state = replace(state, candidate="unknown", looks=0)
    else:
        state = replace(state, candidate=best, looks=state.looks + 1 if best == state.candidate else 1)
    if state.label != best and state.looks >= SETTLED_LOOKS:
        return replace(state, label=best, since_ns=now_ns)
    # What may be about to take its place is waited for, one look.
    waits = state.looks == 1 and (before.looks == 0 or before.candidate == state.label)
    if state.label != "unknown" and named[state.label] < LEAVE_PROB and not waits:
        return replace(state, label="unknown", since_ns=now_ns)
    return state


def _finding(state: SceneState, judged: Judged, stamp: Stamp, now_ns: int) -> Finding:
    named = {name: float(prob) for name, prob in zip(OUTCOMES, judged.probabilities, strict=True)}
    if state.label == "unknown":
        return unknown(stamp, "no situation stands out")
    value = SceneValue(
        label=state.label,
        probabilities={name: round(prob, 3) for name, prob in named.items()},
        because=reasons(judged, state.label),
        held_s=round((now_ns - state.since_ns) / NS_PER_S, 1),
    )
    return Finding(value=value, confidence=named[state.label], valid=True, stamp=stamp, sources=SOURCES)
