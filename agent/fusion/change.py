"""Lasting changes of a level: found soon after they begin, not taken from single moments, in bounded memory.

A two-sided cumulative sum (E. S. Page, Continuous Inspection Schemes, Biometrika 41, 1954) over measured time: what a
level lies above its usual, less a slack, adds up; below it drains away; so much of it is a change.
"""

from dataclasses import dataclass, replace
from typing import Literal

from agent.core.clock import NS_PER_S

SLACK = 0.15
SLACK_SPREADS = 1.5
"""Deviations smaller than this, or than so many times this customer's mean deviation, are how levels wander."""
THRESHOLD_S = 0.9
"""So many seconds times deviation beyond the slack are a change: a step of 0.6 after 2.5 s, one of 0.3 after 7."""
DOUBT_S = 0.3
"""With so much of it the usual waits for what it comes to, lest a change be taken for it."""
USUAL_S = 60.0
"""Time constant of the usual once it is known."""
ACQUAINTED_S = 6.0
"""So much of the level must have been seen before anything can differ from it."""
LONGEST_GAP_S = 3.0
"""Time without a sample beyond this adds nothing, and what had added up before is forgotten."""
NEWS_S = 30.0
"""A change is told for so long after it was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    direction: Literal["rise", "fall"]
    since_ns: int
    """When it began, as far as the sum tells: when that last left zero."""
    found_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """One side's cumulative sum, and where the level was since it left zero."""

    amount: float = 0.0
    since_ns: int = 0
    mean: float = 0.0
    seconds: float = 0.0

    def fed(self, excess: float, sample: float, now_ns: int, elapsed_s: float) -> "_Sum":
        """`excess` is what the sample lies beyond the slack."""
        amount = self.amount + excess * elapsed_s
        if amount <= 0:
            return _Sum()
        if self.amount <= 0:
            return _Sum(amount=amount, since_ns=now_ns, mean=sample, seconds=elapsed_s)
        seconds = self.seconds + elapsed_s
        mean = self.mean + (sample - self.mean) * elapsed_s / seconds
        return _Sum(amount=amount, since_ns=self.since_ns, mean=mean, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeState:
    """What is known of one level. Samples lie in [-1, 1]."""

    usual: float = 0.0
    spread: float = 0.0
    """Mean deviation from it, without sign."""
    known_s: float = 0.0
    """For how long the level has been seen since the call began or it last changed."""
    above: _Sum = _Sum()
    below: _Sum = _Sum()
    last_ns: int | None = None
    found: Change | None = None

    def news(self, now_ns: int) -> Change | None:
        """The last change, for as long as it is news."""
        found = self.found
        return None if found is None or now_ns - found.found_ns > NEWS_S * NS_PER_S else found


def step(state: ChangeState, sample: float, now_ns: int) -> ChangeState:
    """One sample, which stands for the time since the one before it."""
    elapsed_s = 0.0 if state.last_ns is None else (now_ns - state.last_ns) / NS_PER_S
    if elapsed_s < 0 or elapsed_s > LONGEST_GAP_S:
        return replace(state, above=_Sum(), below=_Sum(), last_ns=now_ns)
    deviation, slack = sample - state.usual, max(SLACK, SLACK_SPREADS * state.spread)
    above = state.above.fed(deviation - slack, sample, now_ns, elapsed_s)
    below = state.below.fed(-deviation - slack, sample, now_ns, elapsed_s)
    if state.known_s < ACQUAINTED_S:
        above = below = _Sum()
    side = max(above, below, key=lambda one: one.amount)
    if side.amount >= THRESHOLD_S:
        found = Change(direction="rise" if side is above else "fall", since_ns=side.since_ns, found_ns=now_ns)
        return ChangeState(usual=side.mean, spread=state.spread, known_s=side.seconds, last_ns=now_ns, found=found)
    known_s = state.known_s + elapsed_s
    gain = 0.0 if known_s <= 0 else elapsed_s / min(known_s, USUAL_S)
    if state.last_ns is None:
        return replace(state, usual=sample, last_ns=now_ns)
    usual = state.usual if side.amount > DOUBT_S else state.usual + gain * deviation
    spread = state.spread + gain * (abs(deviation) - state.spread)
    return replace(state, usual=usual, spread=spread, known_s=known_s, above=above, below=below, last_ns=now_ns)
