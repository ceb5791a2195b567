"""A call's budget: what is measured of it, and the ladder it goes down when the budget is missed and up when there is
room."""

from dataclasses import dataclass, replace
from enum import IntEnum

from agent.core.clock import NS_PER_S

BUDGET_MS = 80.0
"""Nineteen of twenty frames are published within this long of their arrival; with the way to the agent and on to a
subscriber that makes 100 ms. The network's share is not the agent's to answer for."""
LATE_SHARE = 0.05
UNREAD_SHARE, FULLY_BUSY = 0.25, 0.9
"""More than this share of frames replaced by newer ones while the threads are this busy: more come than can be read."""
LOOP_LAG_MS = 100.0
HEARING_BACKLOG_MS = 500.0

ROOM = 0.6
"""There is room for more while ages, lag, backlog and the threads' work are below this share of what is too much."""
ROOM_LATE_SHARE = 0.01

FALL_AFTER_S = 1.0
SETTLE_S = 2.5
"""After a change the next one down waits this long: a page needs time to obey, and what it does has to be seen."""
BLIND_AFTER_S = 10.0
GRAVE_LATE_SHARE = 0.5
"""Pictures are given up altogether only after so long on the last rung but one with most frames late, or with the loop
or hearing behind: a picture that is a little late says more than none."""
CLIMB_AFTER_S = 8.0
LONGEST_CLIMB_AFTER_S = 64.0
RELAPSE_S = 15.0
"""Down again within this long of a climb: the climb was a mistake, and the next waits twice as long."""
STEADY_S = 60.0
"""After this long without a relapse, climbs are as ready as at first."""


class Rung(IntEnum):
    """How far a call is degraded, best first. No rung is for smaller models, as one model of each kind ships."""

    FULL = 0
    FEWER_PICTURES = 1
    """The page is asked for fewer pictures."""
    SMALLER_PICTURES = 2
    """The page is asked for smaller ones, too."""
    SKIPPED_FRAMES = 3
    """A page that did not obey is read no more often than it was asked to send."""
    SLOWER_HANDS = 4
    SLOWER_EXPRESSION = 5
    LISTENING_ONLY = 6
    """No picture is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What is read of a call, how often; a number of None means every frame."""

    frames_hz: float = 30.0
    """More pictures than these say nothing more about a face."""
    hands_hz: float | None = None
    expression_hz: float | None = None
    asked_fps: int | None = None
    """What the page is asked to send; None leaves it to the settings."""
    asked_width_px: int | None = None


_FEWER = Rates(asked_fps=12)
_SMALLER = replace(_FEWER, asked_width_px=480)
_SKIPPED = replace(_SMALLER, frames_hz=12.0)
_SLOWER_HANDS = replace(_SKIPPED, hands_hz=5.0)
_SLOWER_EXPRESSION = replace(_SLOWER_HANDS, frames_hz=8.0, asked_fps=8, expression_hz=4.0)

RATES: dict[Rung, Rates] = {
    Rung.FULL: Rates(),
    Rung.FEWER_PICTURES: _FEWER,
    Rung.SMALLER_PICTURES: _SMALLER,
    Rung.SKIPPED_FRAMES: _SKIPPED,
    Rung.SLOWER_HANDS: _SLOWER_HANDS,
    Rung.SLOWER_EXPRESSION: _SLOWER_EXPRESSION,
    Rung.LISTENING_ONLY: Rates(frames_hz=0.0, asked_fps=1, asked_width_px=160),
}

IN_WORDS: dict[Rung, str] = {
    Rung.FULL: "everything is read",
    Rung.FEWER_PICTURES: "fewer pictures are asked for",
    Rung.SMALLER_PICTURES: "fewer and smaller pictures are asked for",
    Rung.SKIPPED_FRAMES: "some frames are not read",
    Rung.SLOWER_HANDS: "hands are read less often",
    Rung.SLOWER_EXPRESSION: "hands and expression are read less often",
    Rung.LISTENING_ONLY: "pictures are not read, only the voice",
}
"""For health and supervisors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a call, and the process that serves it, did in the last seconds."""

    late_share: float = 0.0
    """Of the frames that were to be read, those that were given up or published later than the budget."""
    age_p95_ms: float | None = None
    """From arrival to publication; None without frames."""
    unread_share: float = 0.0
    """Of the frames that were to be read, those that newer ones replaced."""
    busy_share: float = 0.0
    """Of the perception threads' time, for all calls."""
    loop_lag_ms: float = 0.0
    hearing_backlog_ms: float = 0.0
    """Sound that waits to be heard, of the call that waits longest."""
    others_strained: bool = False
    """Another call misses its budget, so that there is no room here either."""
    costs_most: bool = False
    """This call needs more than its share, so that it has to help the others."""
    turn: bool = True
    """False while other calls are to change first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderState:
    rung: Rung = Rung.FULL
    entered_ns: int = 0
    because: tuple[str, ...] = ()
    """Why the rung was entered, in plain words; of the way up, why the call had gone down."""
    strained_since_ns: int | None = None
    grave_since_ns: int | None = None
    room_since_ns: int | None = None
    climbed_ns: int | None = None
    """When it last went up."""
    climb_after_s: float = CLIMB_AFTER_S


def strain(measured: Measured) -> tuple[str, ...]:
    """What is too much, in plain words; empty when the budget is kept."""
    age_ms = measured.age_p95_ms
    flooded = measured.busy_share > FULLY_BUSY and measured.unread_share > UNREAD_SHARE
    faults = {
        "pictures are read too late": measured.late_share > LATE_SHARE or (age_ms is not None and age_ms > BUDGET_MS),
        "more pictures come than can be read": flooded,
        "the process has no time left": measured.loop_lag_ms > LOOP_LAG_MS,
        "listening falls behind": measured.hearing_backlog_ms > HEARING_BACKLOG_MS,
        "other calls wait, and this one needs most": measured.others_strained and measured.costs_most,
    }
    return tuple(fault for fault, present in faults.items() if present)


def is_grave(measured: Measured) -> bool:
    """Whether hardly any picture is read in time, or speech suffers."""
    return (
        measured.late_share > GRAVE_LATE_SHARE
        or measured.loop_lag_ms > LOOP_LAG_MS
        or measured.hearing_backlog_ms > HEARING_BACKLOG_MS
    )


def has_room(measured: Measured) -> bool:
    """Whether more could be read than is."""
    return (
        measured.late_share <= ROOM_LATE_SHARE
        and (measured.age_p95_ms or 0.0) < ROOM * BUDGET_MS
        and measured.busy_share < ROOM
        and measured.loop_lag_ms < ROOM * LOOP_LAG_MS
        and measured.hearing_backlog_ms < ROOM * HEARING_BACKLOG_MS
        and not measured.others_strained
    )


def step(state: LadderState, measured: Measured, now_ns: int) -> LadderState:
    """The state after a look at what was measured: at most one rung further down or up.

    Down after `FALL_AFTER_S` of strain, to the last rung after `BLIND_AFTER_S` of grave strain; up after
    `climb_after_s` of room, and more slowly after a climb that did not last. In between, nothing moves.
    """
    reasons, room = strain(measured), has_room(measured)
    state = replace(
        state,
        strained_since_ns=_since(state.strained_since_ns, bool(reasons), now_ns),
        grave_since_ns=_since(state.grave_since_ns, is_grave(measured), now_ns),
        room_since_ns=_since(state.room_since_ns, room, now_ns),
    )
    if state.climbed_ns is not None and _passed_s(state.climbed_ns, now_ns) >= STEADY_S:
        state = replace(state, climb_after_s=CLIMB_AFTER_S, climbed_ns=None)
    if not measured.turn:
        return state
    if reasons and _has_borne_enough(state, now_ns):
        return _fallen(state, reasons, now_ns)
    if room and state.rung > Rung.FULL and _passed_s(state.room_since_ns, now_ns) >= state.climb_after_s:
        return _climbed(state, now_ns)
    return state


def _has_borne_enough(state: LadderState, now_ns: int) -> bool:
    strained_s = _passed_s(state.strained_since_ns, now_ns)
    if state.rung is Rung.FULL:
        return strained_s >= FALL_AFTER_S
    here_s = _passed_s(state.entered_ns, now_ns)
    if state.rung + 1 == Rung.LISTENING_ONLY:
        return min(_passed_s(state.grave_since_ns, now_ns), here_s) >= BLIND_AFTER_S
    return state.rung is not Rung.LISTENING_ONLY and strained_s >= FALL_AFTER_S and here_s >= SETTLE_S


def _fallen(state: LadderState, reasons: tuple[str, ...], now_ns: int) -> LadderState:
    relapsed = state.climbed_ns is not None and _passed_s(state.climbed_ns, now_ns) < RELAPSE_S
    return replace(
        state,
        rung=Rung(state.rung + 1),
        entered_ns=now_ns,
        because=reasons,
        strained_since_ns=None,
        climbed_ns=None,
        climb_after_s=min(2 * state.climb_after_s, LONGEST_CLIMB_AFTER_S) if relapsed else state.climb_after_s,
    )


def _climbed(state: LadderState, now_ns: int) -> LadderState:
    rung = Rung(state.rung - 1)
    because = () if rung is Rung.FULL else state.because
    return replace(
        state,
        rung=rung,
        entered_ns=now_ns,
        because=because,
        strained_since_ns=None,
        grave_since_ns=None,
        room_since_ns=None,
        climbed_ns=now_ns,
    )


def _since(before_ns: int | None, holds: bool, now_ns: int) -> int | None:
    if not holds:
        return None
    return now_ns if before_ns is None else before_ns


def _passed_s(since_ns: int | None, now_ns: int) -> float:
    return 0.0 if since_ns is None else (now_ns - since_ns) / NS_PER_S


class RateGate:
    """Lets frames through at a rate, evenly on average, whatever rate they come at."""

    def __init__(self) -> None:
        self._due_ns: int | None = None

    def admits(self, at_ns: int, rate_hz: float) -> bool:
        """Whether the frame that came at `at_ns` is one of `rate_hz` a second; none is of a rate of 0."""
        if rate_hz <= 0:
            return False
        interval_ns = round(NS_PER_S / rate_hz)
        # No frame is ever due later than this unless the clock went back.
        due_ns = at_ns if self._due_ns is None or self._due_ns > at_ns + 2 * interval_ns else self._due_ns
        # The network bunches frames of just this rate, so that one may come a whole interval early.
        if at_ns < due_ns - interval_ns:
            return False
        self._due_ns = max(due_ns + interval_ns, at_ns)
        return True
