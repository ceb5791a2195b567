"""Eyes over time: closed or open by this person's own measure, and how often they blink."""

import math
from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.fusion.blinks import Lids, after_blink, remembered
from agent.fusion.filters import LONGEST_WATCHED_GAP_S, Pace, Tally

USUAL_OPEN = 0.085
NARROW_OPEN = 0.068
"""How far open eyes are at the least, in the measure of `FaceReading.eyes_open`: of a person just met, and of one who
was watched for `ACQUAINTED_S`. Somebody who comes in with closed eyes is not taken for one with narrow eyes."""
WIDE_OPEN = 0.115
ACQUAINTED_S = 30.0
WIDEN_S, NARROW_S = 0.6, 90.0
"""Time constants with which the reference for open eyes goes up and down: eyes are never wider than open."""
CLOSED_RATIO, REOPENED_RATIO = 0.66, 0.71
"""Of the open reference. A broad smile narrows eyes to 0.75, and the mesh shows closed ones at 0.5 to 0.6."""
CLOSED_HZ = 3.0
BLINK_HZ = 11.5
"""Below this many readings a second (12, with some jitter) a blink falls between two of them."""
RATE_MEMORY_S, RATE_AFTER_S = 60.0, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesState:
    """What is known of one person's eyes."""

    pace: Pace = Pace()
    reference: float | None = None
    watched_s: float = 0.0
    closed: bool | None = None
    closed_since_ns: int = 0
    blinks: int = 0
    blink_rate: Tally = Tally(tau_s=RATE_MEMORY_S)
    lids: tuple[Lids, ...] = ()
    """Readings of the last second, without gaps."""

    @property
    def blinks_seen(self) -> int | None:
        """Blinks so far; None while readings come too seldom to see them."""
        return self.blinks if self.pace.at_least(BLINK_HZ) else None

    @property
    def blinks_per_min(self) -> float | None:
        rate = self.blink_rate.per_second(after_s=RATE_AFTER_S)
        return None if rate is None or not self.pace.at_least(BLINK_HZ) else 60 * rate

    def closed_ms(self, now_ns: int) -> float:
        """For how long the eyes have been closed; 0 when they are not, or not known to be."""
        return (now_ns - self.closed_since_ns) / NS_PER_MS if self.closed else 0.0


def step(state: EyesState, eyes_open: float | None, now_ns: int) -> EyesState:
    """One reading of how far the eyes are open; None where they could not be seen."""
    state = replace(state, pace=state.pace.fed(now_ns))
    if eyes_open is None:
        return _unseen(state)
    elapsed_s = (now_ns - state.lids[-1].at_ns) / NS_PER_S if state.lids else 0.0
    if not 0 < elapsed_s <= LONGEST_WATCHED_GAP_S:
        state, elapsed_s = _unseen(state), 0.0
    state = _referenced(state, eyes_open, elapsed_s)
    state = _opened_or_closed(state, eyes_open, now_ns)
    return _blinked(replace(state, lids=remembered(state.lids, Lids(now_ns, eyes_open))), now_ns)


def _unseen(state: EyesState) -> EyesState:
    return replace(state, closed=None, lids=(), blink_rate=state.blink_rate.unwatched())


def _referenced(state: EyesState, eyes_open: float, elapsed_s: float) -> EyesState:
    acquainted = min(1.0, state.watched_s / ACQUAINTED_S)
    least = USUAL_OPEN + acquainted * (NARROW_OPEN - USUAL_OPEN)
    before = max(eyes_open, USUAL_OPEN) if state.reference is None else state.reference
    tau_s = WIDEN_S if eyes_open > before else NARROW_S
    after = before + (1 - math.exp(-elapsed_s / tau_s)) * (eyes_open - before)
    return replace(state, reference=min(max(after, least), WIDE_OPEN), watched_s=state.watched_s + elapsed_s)


def _opened_or_closed(state: EyesState, eyes_open: float, now_ns: int) -> EyesState:
    assert state.reference is not None
    if state.pace.interval_s is not None and not state.pace.at_least(CLOSED_HZ):
        return replace(state, closed=None)
    limit = REOPENED_RATIO if state.closed else CLOSED_RATIO
    closed = eyes_open < limit * state.reference
    return replace(state, closed=closed, closed_since_ns=state.closed_since_ns if state.closed else now_ns)


def _blinked(state: EyesState, now_ns: int) -> EyesState:
    if not state.pace.at_least(BLINK_HZ):
        return replace(state, blink_rate=state.blink_rate.unwatched())
    assert state.reference is not None
    since = after_blink(state.lids, open_from=CLOSED_RATIO * state.reference)
    return replace(
        state,
        lids=state.lids if since is None else since,
        blinks=state.blinks + (since is not None),
        blink_rate=state.blink_rate.fed(now_ns, events=int(since is not None)),
    )
