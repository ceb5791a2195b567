"""Simulated customers: how heads, hands and cameras move in calls.

Made up from what is known of such movements. Figures that are measured on it are figures of a simulation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
FINE_HZ = 120
FACE_PX = 170.0
"""From forehead to chin, in a picture of 640 by 480."""
PICTURE_PX_A_DEG = 9.6
"""How far a camera that turns by a degree moves the picture, with a lens that sees 64 degrees across."""


@dataclass(slots=True)
class Track:
    """One person over time, `FINE_HZ` values a second."""

    pitch_deg: Line
    yaw_deg: Line
    x_px: Line
    y_px: Line
    """The face's middle."""
    face_px: Line
    mouth: Line
    hand_x_px: Line
    hand_y_px: Line
    """The hand's middle knuckle."""
    hand_lean_rad: Line
    """Of the hand about its wrist."""
    hand_open: Line
    """0 a fist, 1 open."""
    hand_seen: bool = False

    def __len__(self) -> int:
        return len(self.pitch_deg)


def sitting(rng: np.random.Generator, seconds: float) -> Track:
    """Somebody who looks at the screen: slow drift of everything, no hand in sight."""
    n = round(seconds * FINE_HZ)
    return Track(
        pitch_deg=-5 + wander(rng, n, 2.0, 3.0),
        yaw_deg=wander(rng, n, 3.0, 3.0),
        x_px=320 + wander(rng, n, 8, 4.0),
        y_px=230 + wander(rng, n, 5, 4.0),
        face_px=FACE_PX * (1 + wander(rng, n, 0.02, 4.0)),
        mouth=np.abs(wander(rng, n, 0.004, 0.5)),
        hand_x_px=450 + wander(rng, n, 4, 1.0),
        hand_y_px=420 + wander(rng, n, 4, 1.0),
        hand_lean_rad=wander(rng, n, 0.05, 1.0),
        hand_open=np.ones(n),
    )


def drifting(rng: np.random.Generator, seconds: float) -> Track:
    """Restless: the head wanders far, and turns to other things and back."""
    track = sitting(rng, seconds)
    track.pitch_deg += wander(rng, len(track), 4, 1.5)
    track.yaw_deg += wander(rng, len(track), 7, 1.5)
    for begin in _times(rng, len(track), 1.5, 6.0):
        long = rng.uniform(0.5, 3.0)
        _add(track.yaw_deg, begin, plateau(rng.uniform(0.2, 0.6), long) * rng.choice([-1, 1]) * rng.uniform(8, 40))
        _add(track.pitch_deg, begin, plateau(rng.uniform(0.2, 0.6), long) * rng.uniform(-25, 10))
    return track


def reading(rng: np.random.Generator, seconds: float) -> Track:
    """Reads from the screen: the head follows each line and jumps back to the next."""
    track, at, down = sitting(rng, seconds), 0, 0.0
    width_deg = rng.uniform(4, 12)
    while at < len(track):
        line, back = round(rng.uniform(1.0, 3.0) * FINE_HZ), round(rng.uniform(0.12, 0.3) * FINE_HZ)
        sweep = np.concatenate([np.linspace(0, width_deg, line), np.linspace(width_deg, 0, back)])
        _add(track.yaw_deg, at, sweep)
        _add(track.pitch_deg, at, np.full(line + back, -down))
        down = (down + rng.uniform(0.3, 0.8)) % 8
        at += line + back
    return track


def talking(rng: np.random.Generator, seconds: float) -> Track:
    """Talks: the mouth moves, the head follows the speech and now and then beats time to it, once at a time."""
    track = sitting(rng, seconds)
    n = len(track)
    track.mouth = 0.05 * np.abs(wander(rng, n, 1.0, 0.1))
    track.pitch_deg += wander(rng, n, 1.3, 0.25)
    track.yaw_deg += wander(rng, n, 1.5, 0.3)
    track.x_px += wander(rng, n, 2.5, 0.3)
    track.y_px += wander(rng, n, 2.5, 0.3)
    for begin in _times(rng, n, 0.7, 3.5):
        _add(track.pitch_deg, begin, -dip(rng.uniform(0.25, 0.5)) * rng.uniform(2, 8))
    return track


def laughing(rng: np.random.Generator, seconds: float) -> Track:
    """Laughs in bouts: head and shoulders shake four to six times a second, the face bounces, the mouth is open."""
    track = sitting(rng, seconds)
    for begin in _times(rng, len(track), 2.0, 6.0):
        bout = plateau(0.4, rng.uniform(0.5, 2.5))
        beat = bout * np.sin(2 * np.pi * rng.uniform(4, 6) * np.arange(len(bout)) / FINE_HZ)
        _add(track.pitch_deg, begin, beat * rng.uniform(0.5, 2.5) + bout * rng.uniform(0, 12))
        _add(track.y_px, begin, beat * rng.uniform(0.01, 0.04) * FACE_PX)
        _add(track.mouth, begin, bout * rng.uniform(0.05, 0.15))
    return track


def leaning(rng: np.random.Generator, seconds: float) -> Track:
    """Leans forward and back: the face grows and sinks, and is tilted against it."""
    track = sitting(rng, seconds)
    for begin in _times(rng, len(track), 1.5, 5.0):
        shape = plateau(rng.uniform(0.5, 1.2), rng.uniform(0.5, 2.0))
        _add(track.face_px, begin, shape * rng.uniform(-0.2, 0.4) * FACE_PX)
        _add(track.y_px, begin, shape * rng.uniform(-40, 40))
        _add(track.pitch_deg, begin, shape * rng.uniform(-15, 15))
    return track


def shaken_camera(rng: np.random.Generator, seconds: float) -> Track:
    """A telephone in the hand: it turns to and fro in bouts, and the whole picture moves with it."""
    track = sitting(rng, seconds)
    for begin in _times(rng, len(track), 1.0, 4.0):
        long = rng.uniform(0.5, 3.0)
        window = plateau(0.2, long)
        at_s = np.arange(len(window)) / FINE_HZ
        up_deg, side_deg = (
            window * rng.uniform(0, 3.5) * np.sin(2 * np.pi * (rng.uniform(1.0, 6.0) * at_s + rng.random()))
            for _ in range(2)
        )
        _add(track.pitch_deg, begin, up_deg)
        _add(track.yaw_deg, begin, side_deg)
        for along, moved in ((track.y_px, up_deg), (track.hand_y_px, up_deg)):
            _add(along, begin, moved * PICTURE_PX_A_DEG)
        for along, moved in ((track.x_px, side_deg), (track.hand_x_px, side_deg)):
            _add(along, begin, moved * PICTURE_PX_A_DEG)
    track.hand_seen = True
    track.hand_y_px -= 30
    return track


def gesticulating(rng: np.random.Generator, seconds: float) -> Track:
    """Talks with a hand that is now open and now closed, and moves in all directions below the chin."""
    track = talking(rng, seconds)
    n = len(track)
    track.hand_seen = True
    track.hand_x_px += 40 * wander(rng, n, 1.0, 0.35)
    track.hand_y_px += 30 * wander(rng, n, 1.0, 0.35) - 20
    track.hand_lean_rad += wander(rng, n, 0.35, 0.4)
    track.hand_open = (wander(rng, n, 1.0, 0.8) > -0.3).astype(np.float64)
    return track


def fidgeting(rng: np.random.Generator, seconds: float) -> Track:
    """Scratches the head, pushes glasses up, takes a cup: the hand comes up quickly and goes down again."""
    track = drifting(rng, seconds)
    track.hand_seen = True
    track.hand_y_px += 80
    for begin in _times(rng, len(track), 2.0, 6.0):
        shape = plateau(rng.uniform(0.25, 0.5), rng.uniform(0.0, 0.35))
        _add(track.hand_y_px, begin, -shape * rng.uniform(200, 330))
        _add(track.hand_x_px, begin, -shape * rng.uniform(-60, 120))
        _add(track.hand_open, begin, -shape * rng.choice([0.0, 1.0]))
    return track


QUIET: dict[str, Callable[[np.random.Generator, float], Track]] = {
    "sitting": sitting,
    "drifting": drifting,
    "reading": reading,
    "talking": talking,
    "laughing": laughing,
    "leaning": leaning,
    "shaken camera": shaken_camera,
    "gesticulating": gesticulating,
    "fidgeting": fidgeting,
}
"""What people do that is no gesture."""


def nodding(rng: np.random.Generator) -> Track:
    """Nods two to four times, at rest before and after."""
    track = sitting(rng, 5.0)
    move = np.tile(dip(rng.uniform(0.3, 0.75)), int(rng.integers(2, 5))) * rng.uniform(6, 22)
    begin = round(1.5 * FINE_HZ)
    _add(track.pitch_deg, begin, -move)
    _add(track.yaw_deg, begin, move * rng.uniform(-0.15, 0.15))
    _add(track.y_px, begin, 0.01 * FACE_PX * move)
    return track


def shaking(rng: np.random.Generator) -> Track:
    """Shakes the head to both sides, one and a half to three times."""
    track = sitting(rng, 5.0)
    period_s = rng.uniform(0.35, 0.75)
    at_s = _seconds(period_s * rng.choice([1.5, 2.0, 2.5, 3.0]))
    move = np.sin(2 * np.pi * at_s / period_s) * rng.uniform(8, 35) / 2 * rng.choice([-1, 1])
    begin = round(1.5 * FINE_HZ)
    _add(track.yaw_deg, begin, move)
    _add(track.pitch_deg, begin, move * rng.uniform(-0.15, 0.15))
    _add(track.x_px, begin, 0.01 * FACE_PX * move)
    return track


def waving(rng: np.random.Generator) -> Track:
    """Lifts an open hand, waves it two to four times about wrist or elbow, and lowers it."""
    track = sitting(rng, 5.0)
    track.hand_seen = True
    _add(track.hand_y_px, FINE_HZ // 2, -plateau(0.4, 2.8) * rng.uniform(120, 280))
    period_s = rng.uniform(0.3, 0.9)
    at_s = _seconds(period_s * rng.choice([2.0, 2.5, 3.0, 4.0]))
    move = np.sin(2 * np.pi * at_s / period_s)
    begin = round(1.2 * FINE_HZ)
    if rng.random() < 0.5:
        _add(track.hand_lean_rad, begin, move * rng.uniform(0.25, 0.6))
    else:
        _add(track.hand_x_px, begin, move * rng.uniform(35, 110))
        _add(track.hand_lean_rad, begin, move * rng.uniform(0, 0.3))
    return track


def raising(rng: np.random.Generator) -> Track:
    """Holds an open hand up beside the head for a second or more."""
    track = sitting(rng, 5.0)
    track.hand_seen = True
    track.hand_x_px += rng.uniform(20, 60)
    _add(track.hand_y_px, FINE_HZ, -plateau(rng.uniform(0.3, 0.6), rng.uniform(1.0, 2.5)) * rng.uniform(150, 260))
    return track


def covering(rng: np.random.Generator) -> Track:
    """Lays a hand over mouth, cheek or eyes for a second or more."""
    track = sitting(rng, 5.0)
    track.hand_seen = True
    shape = plateau(rng.uniform(0.3, 0.6), rng.uniform(1.0, 2.5))
    _add(track.hand_y_px, FINE_HZ, -shape * rng.uniform(130, 220))
    _add(track.hand_x_px, FINE_HZ, -shape * rng.uniform(100, 150))
    _add(track.hand_open, FINE_HZ, -shape * rng.choice([0.0, 1.0]))
    return track


MEANT: dict[str, Callable[[np.random.Generator], Track]] = {
    "nod": nodding,
    "shake": shaking,
    "wave": waving,
    "raised_hand": raising,
    "hand_over_face": covering,
}
"""Gestures, by the name of their event."""


def wander(rng: np.random.Generator, n: int, deviation: float, tau_s: float) -> Line:
    """Smooth random movement about 0 with a deviation and a time in which it forgets where it was."""
    keep = np.exp(-1 / (tau_s / 2 * FINE_HZ))
    kernel = np.arange(min(n, int(4 * tau_s * FINE_HZ))) + 1.0
    kernel *= keep**kernel
    size = 2 * n
    smooth = np.fft.irfft(np.fft.rfft(rng.normal(size=n), size) * np.fft.rfft(kernel, size), size)[:n]
    return np.asarray(deviation * smooth / np.sqrt((kernel * kernel).sum()), np.float64)


def dip(seconds: float) -> Line:
    """From 0 to 1 and back, smoothly."""
    return np.asarray((1 - np.cos(2 * np.pi * _seconds(seconds) / seconds)) / 2)


def plateau(rise_s: float, hold_s: float) -> Line:
    """Smoothly from 0 to 1, held, and back."""
    rise = (1 - np.cos(np.pi * _seconds(rise_s) / rise_s)) / 2
    return np.concatenate([rise, np.ones(max(round(hold_s * FINE_HZ), 0)), rise[::-1]])


def _seconds(seconds: float) -> Line:
    return np.arange(round(seconds * FINE_HZ)) / FINE_HZ


def _add(line: Line, begin: int, values: Line) -> None:
    line[begin : begin + len(values)] += values[: len(line) - begin]


def _times(rng: np.random.Generator, n: int, shortest_s: float, longest_s: float) -> Iterator[int]:
    """Places apart by random times."""
    at = rng.uniform(0, longest_s)
    while at * FINE_HZ < n:
        yield int(at * FINE_HZ)
        at += rng.uniform(shortest_s, longest_s)
