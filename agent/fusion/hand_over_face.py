"""Whether a hand lies over the face: which hides an expression, and is no sign."""

from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS
from agent.core.signals import Finding, GestureValue
from agent.core.types import FaceReading, VisionReading
from agent.fusion.covering import covered

COVERS, UNCOVERS = 0.08, 0.04
"""Share of the face behind a hand from which on the hand lies over it, and below which it no longer does."""
HELD_MS = 600
FLICKER_MS = 200
GONE_MS = 700
"""How long face or hand may be out of sight, before it counts and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverState:
    face: FaceReading | None = None
    """As last seen: a mesh is lost under a hand."""
    face_ns: int = 0
    hands: frozenset[int] = frozenset()
    """Track ids of the hands that lie over the face in this frame."""
    covered: bool = False
    """Whether a hand has lain over the face for a while."""
    since_ns: int | None = None
    seen_ns: int = 0


def step(state: CoverState, reading: VisionReading) -> tuple[CoverState, list[Finding]]:
    """One frame into the state; an event when a hand has come to lie over the face."""
    now_ns = reading.stamp.captured_ns
    if reading.faces:
        state = replace(state, face=reading.faces[0], face_ns=now_ns)
    elif now_ns - state.face_ns > GONE_MS * NS_PER_MS:
        state = replace(state, face=None)
    hands = frozenset(hand.track_id for hand in reading.hands if _lies_over(state, reading, hand.track_id))
    state = replace(state, hands=hands)
    if not hands:
        patience_ms = GONE_MS if state.covered else FLICKER_MS
        over = now_ns - state.seen_ns > patience_ms * NS_PER_MS
        return (replace(state, since_ns=None, covered=False) if over else state), []
    since_ns = now_ns if state.since_ns is None else state.since_ns
    news = not state.covered and now_ns - since_ns >= HELD_MS * NS_PER_MS
    state = replace(state, since_ns=since_ns, seen_ns=now_ns, covered=state.covered or news)
    return state, [_finding(reading)] if news else []


def _lies_over(state: CoverState, reading: VisionReading, track_id: int) -> bool:
    if state.face is None:
        return False
    hand = next(hand for hand in reading.hands if hand.track_id == track_id)
    return covered(state.face, (hand,)).face >= (UNCOVERS if track_id in state.hands else COVERS)


def _finding(reading: VisionReading) -> Finding:
    return Finding(
        value=GestureValue(name="hand_over_face", dynamic=True),
        confidence=None,
        valid=True,
        stamp=reading.stamp,
        sources=("hands", "face"),
    )
