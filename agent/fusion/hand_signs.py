"""Hand signs over time: a sign counts once several frames in a row agree on it."""

from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS
from agent.core.signals import Finding, GestureValue
from agent.core.types import HandReading, VisionReading

AGREEING_FRAMES = 4
CLEAR_PROB = 0.7
HELD_MS = 120
"""A sign must also have been held this long, however fast frames come."""
FORGET_MS = 600
"""A hand unseen for this long has left; the same sign shown again is a new event."""
RESTING = frozenset({"pointing", "fist", "open_palm"})
"""What a hand that rests on the face looks like without meaning it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandHistory:
    candidate: str = "none"
    agreeing: int = 0
    since_ns: int = 0
    seen_ns: int = 0
    announced: str = "none"
    """The sign that this hand is already known to show."""


SignState = dict[int, HandHistory]
"""By track id of the hand."""


def step(state: SignState, reading: VisionReading, over_face: frozenset[int]) -> tuple[SignState, list[Finding]]:
    """One frame's hands into histories, and an event for each sign that has just become certain.

    `over_face` are the track ids of hands that lie over the face: they only show what no resting hand looks like.
    """
    captured_ns = reading.stamp.captured_ns
    after = {
        track: history for track, history in state.items() if captured_ns - history.seen_ns < FORGET_MS * NS_PER_MS
    }
    findings = []
    for hand in reading.hands:
        history = _fed(after.get(hand.track_id, HandHistory()), _shown(hand, over_face), captured_ns)
        certain = history.agreeing >= AGREEING_FRAMES and captured_ns - history.since_ns >= HELD_MS * NS_PER_MS
        if certain and history.candidate != history.announced:
            history = replace(history, announced=history.candidate)
            if history.candidate != "none":
                findings.append(_finding(hand, reading))
        after[hand.track_id] = history
    return after, findings


def _shown(hand: HandReading, over_face: frozenset[int]) -> str:
    rests = hand.track_id in over_face and hand.gesture in RESTING
    return "none" if rests or hand.gesture_prob < CLEAR_PROB else hand.gesture


def _fed(history: HandHistory, shown: str, captured_ns: int) -> HandHistory:
    if shown == history.candidate:
        return replace(history, agreeing=history.agreeing + 1, seen_ns=captured_ns)
    return replace(history, candidate=shown, agreeing=1, since_ns=captured_ns, seen_ns=captured_ns)


def _finding(hand: HandReading, reading: VisionReading) -> Finding:
    return Finding(
        value=GestureValue(name=hand.gesture, hand=hand.side),
        confidence=hand.gesture_prob,
        valid=True,
        stamp=reading.stamp,
        sources=("hands", "gesture"),
    )
