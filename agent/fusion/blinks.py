"""Finds blinks in how far eyes were open of late: short valleys between two shoulders, at whatever level."""

from typing import NamedTuple

from agent.core.clock import NS_PER_MS

DEPTH = 0.20
"""A valley counts that is this much deeper than its lower shoulder. A photograph in an unsteady hand reaches 0.15."""
SHORTEST_MS, LONGEST_MS = 80, 500
"""A spontaneous blink takes 100 to 400 ms (Schiffman, Sensation and Perception, 2001)."""
FLOOR = 1.15
"""Readings within this factor of the deepest one are the valley's floor."""
SHOULDER_MS = 200
"""How far from the floor its shoulders are looked for. Lids close in some 100 ms."""
SETTLED_MS = 100
"""A right shoulder as high as the left is believed at once, a lower one after this long."""
KEPT_MS = LONGEST_MS + 3 * SHOULDER_MS


class Lids(NamedTuple):
    at_ns: int
    eyes_open: float


def remembered(history: tuple[Lids, ...], reading: Lids) -> tuple[Lids, ...]:
    """The history with one more reading, as far back as a blink may reach."""
    since_ns = reading.at_ns - KEPT_MS * NS_PER_MS
    return (*(lids for lids in history if lids.at_ns >= since_ns), reading)


def after_blink(history: tuple[Lids, ...], *, open_from: float) -> tuple[Lids, ...] | None:
    """The readings since a blink that is over by the last of them; None when there is none in `history`.

    A blink goes from open eyes to open eyes, which `open_from` tells from closed ones that twitch. How long it
    took is measured a quarter of the way down, between the readings, by straight lines.
    """
    deepest = min(range(len(history)), key=lambda index: history[index].eyes_open)
    floor = history[deepest].eyes_open * FLOOR
    first = last = deepest
    while first > 0 and history[first - 1].eyes_open <= floor:
        first -= 1
    while last < len(history) - 1 and history[last + 1].eyes_open <= floor:
        last += 1
    reach_ns = SHOULDER_MS * NS_PER_MS
    before = [lids for lids in history[:first] if history[first].at_ns - lids.at_ns <= reach_ns]
    after = [lids for lids in history[last + 1 :] if lids.at_ns - history[last].at_ns <= reach_ns]
    if not before or not after:
        return None
    left, right = (max(lids.eyes_open for lids in side) for side in (before, after))
    shoulder = min(left, right)
    depth = shoulder - history[deepest].eyes_open
    settled = right >= 0.95 * left or history[-1].at_ns - history[last].at_ns >= SETTLED_MS * NS_PER_MS
    if not settled or depth < DEPTH * shoulder or shoulder < open_from:
        return None
    level = shoulder - depth / 4
    took_ns = _rises(after, history[last], level) - _falls(before, history[first], level)
    return history[last + 1 :] if SHORTEST_MS <= took_ns / NS_PER_MS <= LONGEST_MS else None


def _falls(before: list[Lids], floor: Lids, level: float) -> float:
    """When the lids last came down past `level`."""
    higher = next(index for index in range(len(before) - 1, -1, -1) if before[index].eyes_open >= level)
    return _crossing(before[higher], before[higher + 1] if higher + 1 < len(before) else floor, level)


def _rises(after: list[Lids], floor: Lids, level: float) -> float:
    higher = next(index for index, lids in enumerate(after) if lids.eyes_open >= level)
    return _crossing(after[higher - 1] if higher else floor, after[higher], level)


def _crossing(one: Lids, other: Lids, level: float) -> float:
    share = (level - one.eyes_open) / (other.eyes_open - one.eyes_open)
    return one.at_ns + share * (other.at_ns - one.at_ns)
