"""Attention: whether a head is turned to the screen or away, relative to where this customer's head usually points."""

import math
from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.types import Attention, HeadPose
from agent.fusion.filters import LONGEST_WATCHED_GAP_S, Tally

AWAY_YAW_DEG = 30.0
AWAY_UP_DEG = 22.0
AWAY_DOWN_DEG = 26.0
"""Beyond these from where it usually points, a head is turned away. A screen 60 cm wide, 60 cm away, reaches 27 degrees
to each side, of which the head turns through about two thirds and the eyes the rest; a keyboard lies further down."""
BACK_DEG = 6.0
"""A head that was away must come this far inside those limits to count as turned to the screen again."""
SETTLED_MS = 300
"""A head must be turned away or back for so long before it counts: a glance is not looking away."""

STEADY_DEG = 6.0
STEADY_S = 3.0
"""A pose that is kept within the one for the other is where this customer's screen is."""
FARTHEST_YAW_DEG = 22.0
FARTHEST_PITCH_DEG = 16.0
"""No farther from the camera than this is the screen believed to be; whoever then looks into the camera still looks at
the screen. A pose that counts as away teaches nothing: somebody may begin the call talking to a neighbour."""
MOVES_S = 90.0
"""Time constant with which the usual pose follows a customer who is turned to the screen."""
EYES_CLOSED_MS = 700
"""With eyes closed for longer than any blink, where the head points says nothing."""
MEMORY_S, RATE_AFTER_S = 60.0, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionState:
    """What is known of one person's attention. Angles are those of `HeadPose`."""

    attention: Attention = Attention.UNKNOWN
    turning_since_ns: int | None = None
    """Since when the head has pointed elsewhere than `attention` says."""
    usual_yaw_deg: float = 0.0
    usual_pitch_deg: float = 0.0
    usual_known: bool = False
    candidate: HeadPose | None = None
    candidate_since_ns: int = 0
    last_ns: int | None = None
    away: Tally = Tally(tau_s=MEMORY_S)
    look_aways: Tally = Tally(tau_s=MEMORY_S)

    @property
    def away_share(self) -> float | None:
        share = self.away.per_second(after_s=RATE_AFTER_S)
        return None if share is None else min(share, 1.0)

    @property
    def look_aways_per_min(self) -> float | None:
        rate = self.look_aways.per_second(after_s=RATE_AFTER_S)
        return None if rate is None else 60 * rate


def step(state: AttentionState, pose: HeadPose | None, now_ns: int, *, eyes_closed_ms: float = 0.0) -> AttentionState:
    """One reading of the head's pose; None where no face could be read."""
    elapsed_s = 0.0 if state.last_ns is None else (now_ns - state.last_ns) / NS_PER_S
    if pose is None or eyes_closed_ms > EYES_CLOSED_MS:
        return replace(
            state,
            attention=Attention.UNKNOWN,
            turning_since_ns=None,
            candidate=None,
            last_ns=now_ns,
            away=state.away.unwatched(),
            look_aways=state.look_aways.unwatched(),
        )
    if not 0 <= elapsed_s <= LONGEST_WATCHED_GAP_S:
        state = replace(state, attention=Attention.UNKNOWN, turning_since_ns=None, candidate=None)
        elapsed_s = 0.0
    before = state.attention
    state = _turned(state, pose, now_ns)
    state = _acquainted(state, pose, now_ns, elapsed_s)
    is_away = state.attention is Attention.AWAY
    return replace(
        state,
        last_ns=now_ns,
        away=state.away.fed(now_ns, share=float(is_away)),
        look_aways=state.look_aways.fed(now_ns, events=int(is_away and before is Attention.SCREEN)),
    )


def _turned(state: AttentionState, pose: HeadPose, now_ns: int) -> AttentionState:
    """Where the head points, once it has done so for long enough."""
    points_at = _points_at(state, pose)
    if points_at is state.attention:
        return replace(state, turning_since_ns=None)
    since_ns = now_ns if state.turning_since_ns is None else state.turning_since_ns
    if state.attention is Attention.UNKNOWN or now_ns - since_ns >= SETTLED_MS * NS_PER_MS:
        return replace(state, attention=points_at, turning_since_ns=None)
    return replace(state, turning_since_ns=since_ns)


def _points_at(state: AttentionState, pose: HeadPose) -> Attention:
    margin = BACK_DEG if state.attention is Attention.AWAY else 0.0
    yaw_deg, pitch_deg = pose.yaw_deg - state.usual_yaw_deg, pose.pitch_deg - state.usual_pitch_deg
    to_the_screen = (
        abs(yaw_deg) <= AWAY_YAW_DEG - margin and -AWAY_DOWN_DEG + margin <= pitch_deg <= AWAY_UP_DEG - margin
    )
    return Attention.SCREEN if to_the_screen else Attention.AWAY


def _acquainted(state: AttentionState, pose: HeadPose, now_ns: int, elapsed_s: float) -> AttentionState:
    """Learns the usual pose from the first that is kept still, and lets it follow the head slowly after that."""
    if state.attention is Attention.AWAY:
        return replace(state, candidate=None)
    if state.usual_known:
        gain = 1 - math.exp(-elapsed_s / MOVES_S)
        return replace(
            state,
            usual_yaw_deg=_within(state.usual_yaw_deg + gain * (pose.yaw_deg - state.usual_yaw_deg), FARTHEST_YAW_DEG),
            usual_pitch_deg=_within(
                state.usual_pitch_deg + gain * (pose.pitch_deg - state.usual_pitch_deg), FARTHEST_PITCH_DEG
            ),
        )
    steady = state.candidate
    if steady is None or max(abs(pose.yaw_deg - steady.yaw_deg), abs(pose.pitch_deg - steady.pitch_deg)) > STEADY_DEG:
        return replace(state, candidate=pose, candidate_since_ns=now_ns)
    if now_ns - state.candidate_since_ns < STEADY_S * NS_PER_S:
        gain = 1 - math.exp(-elapsed_s / STEADY_S)
        yaw_deg = steady.yaw_deg + gain * (pose.yaw_deg - steady.yaw_deg)
        pitch_deg = steady.pitch_deg + gain * (pose.pitch_deg - steady.pitch_deg)
        return replace(state, candidate=HeadPose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=steady.roll_deg))
    return replace(
        state,
        usual_known=True,
        usual_yaw_deg=_within(steady.yaw_deg, FARTHEST_YAW_DEG),
        usual_pitch_deg=_within(steady.pitch_deg, FARTHEST_PITCH_DEG),
        candidate=None,
    )


def _within(angle_deg: float, limit_deg: float) -> float:
    return min(max(angle_deg, -limit_deg), limit_deg)
