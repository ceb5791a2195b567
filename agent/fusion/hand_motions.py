"""What a hand does over time: waving, or being held up to ask for attention."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.signals import Finding, GestureValue
from agent.core.types import FaceReading, HandReading, VisionReading
from agent.fusion.hand_over_face import CoverState
from agent.fusion.swings import LONGEST_GAP_S, RATE_HZ, Series, Swing, resampled, swings

WINDOW_S = 2.0
WAVE_SWINGS = 3
WAVE_FLOOR, WAVE_CAP = 0.7, 6.0
"""Size of a swing of the fingertips to the side, in palm lengths."""
WAVE_HALF_PERIOD_S = (0.1, 0.6)
WAVE_UNEVEN = 2.2
"""How many times larger, or longer, one swing may be than another."""
WAVE_UP_AND_DOWN = 0.7
"""How far the fingertips may move up and down, in parts of a swing to the side."""
OPEN_SHARE = 0.6
"""Share of the time that a waving hand must be open and upright, beside the face; it is blurred now and then."""
WAVE_BELOW_CHIN = 0.25
"""How far below the chin a waving hand may be, in face heights; hands that go with words stay lower."""
OVER_S = 1.0
"""A hand that has not waved for this long waves anew."""

RAISED_MS = 600
STILL = 0.9
"""How far the fingertips of a raised hand may move while it is held, in palm lengths."""
FLICKER_MS = 150
"""How long it may look otherwise in between."""
LOWERED_BELOW_CHIN = 0.35
"""A raised hand counts as raised until its palm is this far below the chin, in face heights, or it is gone."""
GONE_MS = 700

_WRIST, _MIDDLE_KNUCKLE, _MIDDLE_TIP = 0, 9, 12
_TIPS, _JOINTS = np.array([8, 12, 16, 20]), np.array([6, 10, 14, 18])
_STRETCHED = 1.15
"""A finger is stretched when its tip is this much further from the wrist than its middle joint."""
_FOREHEAD, _CHIN = 10, 152


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What one hand did in the last seconds."""

    samples: tuple[tuple[float, ...], ...] = ()
    """Seconds, x and y of the fingertips in palm lengths, 1 while open and upright, 1 while it may be waving."""
    waved_ns: int | None = None
    """When it last swung to and fro, while that is not over."""
    held_since_ns: int | None = None
    held_ns: int = 0
    """Since when it is up, open and still, and when it last was."""
    raised: bool = False
    seen_ns: int = 0


MotionState = dict[int, Motion]
"""By track id of the hand."""


def step(state: MotionState, reading: VisionReading, cover: CoverState) -> tuple[MotionState, list[Finding]]:
    """One frame's hands into their motions, and an event when one begins to wave or has been raised. A hand over the
    face does neither."""
    now_ns = reading.stamp.captured_ns
    after = {one: motion for one, motion in state.items() if now_ns - motion.seen_ns < GONE_MS * NS_PER_MS}
    findings = []
    for hand in reading.hands:
        before = after.get(hand.track_id, Motion())
        level = _level(hand, cover.face, reading.height_px)
        over_face = hand.track_id in cover.hands
        motion = replace(before, samples=_history(before, hand, cover.face, level, over_face, now_ns), seen_ns=now_ns)
        motion = _raising(_waving(motion, now_ns), level, over_face, now_ns)
        if motion.waved_ns is not None and before.waved_ns is None:
            findings.append(_finding("wave", hand, reading))
        if motion.raised and not before.raised:
            findings.append(_finding("raised_hand", hand, reading))
        after[hand.track_id] = motion
    return after, findings


def _history(
    motion: Motion, hand: HandReading, face: FaceReading | None, level: float, over_face: bool, now_ns: int
) -> tuple[tuple[float, ...], ...]:
    """Fingertips relative to the face, where there is one: a camera that is shaken moves both."""
    points = hand.landmarks_px[:, :2]
    palm_px = max(float(np.linalg.norm(points[_MIDDLE_KNUCKLE] - points[_WRIST])), 1.0)
    origin = face.landmarks_px[_FOREHEAD, :2] if face is not None else np.zeros(2, np.float32)
    x, y = (points[_TIPS].mean(axis=0) - origin) / palm_px
    at_s = now_ns / NS_PER_S
    before = motion.samples
    if before and not 0 < at_s - before[-1][0] <= LONGEST_GAP_S:
        before = ()
    is_open = _open_and_upright(points)
    sample = (at_s, float(x), float(y), float(is_open), float(is_open and level > -WAVE_BELOW_CHIN and not over_face))
    return (*(one for one in before if at_s - one[0] <= WINDOW_S), sample)


def _open_and_upright(points: NDArray[np.float32]) -> bool:
    reach = np.linalg.norm(points - points[_WRIST], axis=1)
    stretched = np.count_nonzero(reach[_TIPS] > _STRETCHED * reach[_JOINTS])
    rise = points[_WRIST, 1] - points[_MIDDLE_TIP, 1]
    return bool(stretched >= 3 and rise > 0.6 * reach[_MIDDLE_TIP])


def _waving(motion: Motion, now_ns: int) -> Motion:
    if _to_and_fro(np.array(motion.samples)):
        return replace(motion, waved_ns=now_ns)
    over = motion.waved_ns is not None and now_ns - motion.waved_ns > OVER_S * NS_PER_S
    return replace(motion, waved_ns=None) if over else motion


def _to_and_fro(samples: Series) -> bool:
    if len(samples) < 4 or np.ptp(samples[:, 1]) < WAVE_FLOOR:
        return False
    at_s, even = resampled(samples[:, 0], samples[:, 1:], WINDOW_S)
    x, y, _, may_wave = even.T
    last = swings(at_s, x, WAVE_FLOOR)[-WAVE_SWINGS:]
    if len(last) < WAVE_SWINGS or at_s[-1] - last[-1].middle_s > WAVE_HALF_PERIOD_S[1] or not _even(last):
        return False
    meanwhile = at_s >= last[0].middle_s - last[0].crossing_s - 1 / RATE_HZ
    size = float(np.mean([abs(swing.size) for swing in last]))
    return float(np.ptp(y[meanwhile])) <= WAVE_UP_AND_DOWN * size and float(may_wave[meanwhile].mean()) >= OPEN_SHARE


def _even(last: list[Swing]) -> bool:
    sizes = [abs(swing.size) for swing in last]
    halves_s = [later.middle_s - earlier.middle_s for earlier, later in zip(last, last[1:], strict=False)]
    shortest_s, longest_s = WAVE_HALF_PERIOD_S
    return (
        max(sizes) <= min(WAVE_CAP, WAVE_UNEVEN * min(sizes))
        and shortest_s <= min(halves_s)
        and max(halves_s) <= min(longest_s, WAVE_UNEVEN * min(halves_s))
    )


def _raising(motion: Motion, level: float, over_face: bool, now_ns: int) -> Motion:
    if motion.raised:
        return replace(motion, raised=level > -LOWERED_BELOW_CHIN and not over_face)
    waves = motion.waved_ns is not None
    if level > 0 and motion.samples[-1][3] and not over_face and not waves and _still(motion, now_ns):
        since_ns = now_ns if motion.held_since_ns is None else motion.held_since_ns
        raised = now_ns - since_ns >= RAISED_MS * NS_PER_MS
        return replace(motion, held_since_ns=since_ns, held_ns=now_ns, raised=raised)
    over = now_ns - motion.held_ns > FLICKER_MS * NS_PER_MS
    return replace(motion, held_since_ns=None) if over else motion


def _still(motion: Motion, now_ns: int) -> bool:
    recent = [sample[1:3] for sample in motion.samples if now_ns / NS_PER_S - sample[0] <= RAISED_MS / 1_000]
    return float(np.ptp(np.array(recent), axis=0).max()) <= STILL


def _level(hand: HandReading, face: FaceReading | None, height_px: int) -> float:
    """How far the palm is above the chin, in face heights. Where no face is read, the picture's middle stands in for
    the chin, and a quarter of the picture for the face."""
    palm_px = float(hand.landmarks_px[_MIDDLE_KNUCKLE, 1])
    if face is None:
        return (height_px / 2 - palm_px) / (height_px / 4)
    forehead_px, chin_px = (float(face.landmarks_px[point, 1]) for point in (_FOREHEAD, _CHIN))
    return (chin_px - palm_px) / max(chin_px - forehead_px, 1.0)


def _finding(name: str, hand: HandReading, reading: VisionReading) -> Finding:
    return Finding(
        value=GestureValue(name=name, hand=hand.side, dynamic=True),
        confidence=None,
        valid=True,
        stamp=reading.stamp,
        sources=("hands",),
    )
