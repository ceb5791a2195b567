"""Nods and shakes of the head: quick, even swings of pitch or yaw while all else is quiet."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from agent.core.clock import NS_PER_S
from agent.core.signals import Finding, GestureValue
from agent.core.types import FaceReading, VisionReading
from agent.fusion.swings import LONGEST_GAP_S, Series, Swing, resampled, swings

WINDOW_S = 2.0
SWINGS = 3
"""Down, up and down again: one dip alone is as likely a look at the keyboard."""
FLOOR_DEG = {"nod": 3.5, "shake": 5.0}
CAP_DEG = {"nod": 40.0, "shake": 70.0}
"""Size of a swing, from one extreme to the other."""
HALF_PERIOD_S = (0.14, 0.42)
"""Of a swing to one side. Most nods and shakes in conversation go at 1.8 to 3.7 Hz (Hadar and others, 1983), slow ones
at 1.2; laughter shakes the head at 4 to 6."""
UNEVEN = 2.5
"""How many times longer or larger one swing may be than another."""
ACROSS = 0.6
"""How far the head may turn about the other axis meanwhile, in parts of a swing."""
TRAVEL = 0.03
"""How far the face may move in the picture meanwhile, in face heights a degree of a swing. A head that nods or turns on
its neck moves 0.01; a camera that is shaken moves the picture by 0.05."""
SPEAKING_MOUTH = 0.02
SPEAKING_FACTOR = 1.8
"""A mouth whose opening deviates by this much moves; heads beat time to speech, so only larger swings count then."""
OVER_S = 0.7
"""Without swings for this long the next ones are a new gesture."""
SLOWEST_HZ = 7.0
"""Readings that come more slowly do not show such swings."""

_FOREHEAD, _CHIN = 10, 152
Name = Literal["nod", "shake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadState:
    track_id: int | None = None
    samples: tuple[tuple[float, ...], ...] = ()
    """Of the last `WINDOW_S`: seconds, pitch and yaw in degrees, x and y of the face in its heights, mouth opening."""
    swinging: Name | None = None
    seen_ns: int = 0
    """When the head last swung so."""


def step(state: HeadState, reading: VisionReading) -> tuple[HeadState, list[Finding]]:
    """One frame into the history of the customer's head; an event when it has just begun to nod or shake."""
    if not reading.faces:
        return state, []
    face, now_ns = reading.faces[0], reading.stamp.captured_ns
    state = replace(state, track_id=face.track_id, samples=_history(state, face, now_ns / NS_PER_S))
    name = _read(np.array(state.samples))
    if name is None:
        over = now_ns - state.seen_ns > OVER_S * NS_PER_S
        return (replace(state, swinging=None) if over else state), []
    news = state.swinging is None
    state = replace(state, swinging=state.swinging or name, seen_ns=now_ns)
    return state, [_finding(name, reading)] if news else []


def _history(state: HeadState, face: FaceReading, at_s: float) -> tuple[tuple[float, ...], ...]:
    points = face.landmarks_px
    height_px = max(float(np.linalg.norm(points[_FOREHEAD, :2] - points[_CHIN, :2])), 1.0)
    x, y = (points[_FOREHEAD, :2] + points[_CHIN, :2]) / (2 * height_px)
    sample = (at_s, face.pose.pitch_deg, face.pose.yaw_deg, float(x), float(y), face.mouth_open)
    before = state.samples
    if before and (face.track_id != state.track_id or not 0 < at_s - before[-1][0] <= LONGEST_GAP_S):
        before = ()
    return (*(one for one in before if at_s - one[0] <= WINDOW_S), sample)


def _read(samples: Series) -> Name | None:
    """What the head is doing at the end of the samples."""
    at_s = samples[:, 0]
    if len(samples) < 4 or (len(samples) - 1) / max(at_s[-1] - at_s[0], 1e-3) < SLOWEST_HZ:
        return None
    if np.ptp(samples[:, 1]) < FLOOR_DEG["nod"] and np.ptp(samples[:, 2]) < FLOOR_DEG["shake"]:
        return None
    even_s, even = resampled(at_s, samples[:, 1:], WINDOW_S)
    pitch, yaw, x, y, mouth = even.T
    wanted = SPEAKING_FACTOR if mouth.std() > SPEAKING_MOUTH else 1.0
    place = np.stack([x, y], axis=1)
    if _to_and_fro("nod", even_s, pitch, yaw, place, wanted):
        return "nod"
    if _to_and_fro("shake", even_s, yaw, pitch, place, wanted):
        return "shake"
    return None


def _to_and_fro(name: Name, at_s: Series, along: Series, across: Series, place: Series, wanted: float) -> bool:
    if np.ptp(along) < FLOOR_DEG[name] * wanted:
        return False
    last = swings(at_s, along, FLOOR_DEG[name] * wanted)[-SWINGS:]
    if len(last) < SWINGS or at_s[-1] - last[-1].middle_s > HALF_PERIOD_S[1] or not _even(last, CAP_DEG[name]):
        return False
    meanwhile = (at_s >= last[0].middle_s - last[0].crossing_s) & (at_s <= last[-1].middle_s + last[-1].crossing_s)
    size = float(np.mean([abs(swing.size) for swing in last]))
    still = float(np.ptp(place[meanwhile], axis=0).max()) <= TRAVEL * size
    return still and float(np.ptp(across[meanwhile])) <= ACROSS * size


def _even(last: list[Swing], cap: float) -> bool:
    sizes = [abs(swing.size) for swing in last]
    halves_s = [later.middle_s - earlier.middle_s for earlier, later in zip(last, last[1:], strict=False)]
    shortest_s, longest_s = HALF_PERIOD_S
    return (
        max(sizes) <= min(cap, UNEVEN * min(sizes))
        and min(halves_s) >= shortest_s
        and max(*halves_s, *(2 * swing.crossing_s for swing in last)) <= longest_s
        and max(halves_s) <= UNEVEN * min(halves_s)
    )


def _finding(name: Name, reading: VisionReading) -> Finding:
    return Finding(
        value=GestureValue(name=name, dynamic=True),
        confidence=None,
        valid=True,
        stamp=reading.stamp,
        sources=("face",),
    )
