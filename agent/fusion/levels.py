"""Frustration, confusion, engagement and urgency as indices, added up in the open from cues of the last half minute.

No data set says how frustrated somebody is in a support call, so nothing here is learnt: each cue takes away a part of
the doubt that is left (a noisy-or with the weights below), and fades with what it comes from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.core.types import EXPRESSIONS
from agent.fusion.cues import Cue
from agent.fusion.recent import Recent

FRUSTRATING = {
    Cue.COMPLAINS: 0.6,
    Cue.WANTS_PERSON: 0.4,
    Cue.REQUESTS_AGAIN: 0.3,
    Cue.NOT_UNDERSTOOD: 0.15,
    Cue.INTERRUPTS: 0.2,
    Cue.SHAKES_HEAD: 0.15,
    Cue.THUMBS_DOWN: 0.3,
}
CONFUSING = {
    Cue.LOST: 0.7,
    Cue.WANTS_REPEAT: 0.5,
    Cue.NOT_UNDERSTOOD: 0.15,
    Cue.REQUESTS_AGAIN: 0.2,
    Cue.ASKS: 0.1,
}
PRESSING = {
    Cue.HURRIES: 0.7,
    Cue.REQUESTS_AGAIN: 0.15,
    Cue.INTERRUPTS: 0.15,
}
"""What of the doubt a cue takes away at its full strength."""
HOSTILE = {"anger": 0.6, "disgust": 0.4, "contempt": 0.5, "sadness": 0.2}
PUZZLED = {"surprise": 0.2}
AFRAID = {"fear": 0.4}
"""The same by how probable an emotion is beyond `ORDINARY_PROB`."""
ORDINARY_PROB = 0.2
LOUD, PRESSING_LOUD = 0.3, 0.15
ENGAGED_BY_WATCHING, ENGAGED_BY_TALKING, ENGAGED_BY_SIGNS = 0.5, 0.35, 0.15
"""How much of engagement comes from turning to the screen, from taking part, and from nods and other signs."""
TAKES_PART = 0.35
"""Talking for so much of the time is taking part in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    frustration: float | None
    confusion: float | None
    engagement: float | None
    urgency: float | None
    """All 0 to 1; None where the call is too young, or nothing can be seen, to tell."""


SOON_S = 5.0
"""Before this much of a call nothing is said about it."""


def levels(recent: Recent, probabilities: NDArray[np.floating] | None, now_ns: int) -> Levels:
    """The indices now; `probabilities` (8,) are affect's, None where that is unknown."""
    if not SOON_S <= recent.age_s(now_ns) < float("inf"):
        return Levels(frustration=None, confusion=None, engagement=None, urgency=None)
    loud = recent.share("loud", now_ns)
    return Levels(
        frustration=_level(recent, now_ns, FRUSTRATING, probabilities, HOSTILE, LOUD * loud),
        confusion=_level(recent, now_ns, CONFUSING, probabilities, PUZZLED, 0.0),
        engagement=_engagement(recent, now_ns),
        urgency=_level(recent, now_ns, PRESSING, probabilities, AFRAID, PRESSING_LOUD * loud),
    )


def _level(
    recent: Recent,
    now_ns: int,
    cues: dict[Cue, float],
    probabilities: NDArray[np.floating] | None,
    emotions: dict[str, float],
    other: float,
) -> float:
    doubt = 1.0 - other
    for cue, weight in cues.items():
        doubt *= 1.0 - weight * recent.strength(cue, now_ns)
    if probabilities is not None:
        for name, weight in emotions.items():
            beyond = max(0.0, float(probabilities[EXPRESSIONS.index(name)]) - ORDINARY_PROB) / (1 - ORDINARY_PROB)
            doubt *= 1.0 - weight * beyond
    return round(1.0 - doubt, 3)


def _engagement(recent: Recent, now_ns: int) -> float | None:
    seen = recent.watched(now_ns)
    signs = max(recent.strength(cue, now_ns) for cue in (Cue.NODS, Cue.THUMBS_UP, Cue.SHAKES_HEAD, Cue.AGREES))
    talks = min(1.0, recent.share("customer", now_ns) / TAKES_PART)
    parts = [(ENGAGED_BY_TALKING, talks), (ENGAGED_BY_SIGNS, signs)]
    if seen:
        turned = 1.0 - min(1.0, recent.share("away", now_ns) + recent.share("absent", now_ns))
        parts.append((ENGAGED_BY_WATCHING, turned))
    elif not talks and not signs:
        return None
    return round(sum(weight * share for weight, share in parts) / sum(weight for weight, _ in parts), 3)
