"""Films simulated customers: the readings that perception would give, at uneven times and with its noise.

The head pose of a person who sits still varies by 0.15 to 0.5 degrees in our own readings of clips.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from agent.core.types import Box, FaceReading, HandReading, HeadPose, VisionReading, read_only
from tests.fusion.readings import UNREADABLE, face, frame, hand
from tests.fusion.simulated_people import FINE_HZ, Track


def filmed(track: Track, rng: np.random.Generator, *, fps: float, missing: float = 0.03) -> Iterator[VisionReading]:
    """The readings of a camera at about `fps`, at uneven times, with noise, and with some frames missing."""
    at_s = rng.uniform(0, 1 / fps)
    while at_s * FINE_HZ < len(track):
        if rng.random() >= missing:
            yield _reading(track, rng, at_s)
        at_s += rng.uniform(0.75, 1.25) / fps


def _reading(track: Track, rng: np.random.Generator, at_s: float) -> VisionReading:
    place = int(at_s * FINE_HZ)
    hands = (_hand(track, rng, place),) if track.hand_seen and rng.random() > 0.02 else ()
    blank = frame(at_s * 1_000 + 1_000, hands=hands)
    return replace(blank, valid=True, reason=None, faces=(_face(track, rng, place),))


_ANGLES = np.linspace(0, 2 * np.pi, 26, endpoint=False)
_FACE = np.concatenate(
    [np.stack([0.38 * r * np.sin(_ANGLES), -0.5 * r * np.cos(_ANGLES)], axis=1) for r in np.linspace(0.05, 1, 18)]
)
"""468 points of an oval of height 1 about its middle."""


def _face(track: Track, rng: np.random.Generator, place: int) -> FaceReading:
    height = track.face_px[place]
    middle = np.array([track.x_px[place], track.y_px[place]]) + rng.normal(0, 0.003 * height, 2)
    points = np.zeros((468, 3), np.float32)
    points[:, :2] = middle + height * _FACE
    points[10, :2], points[152, :2] = middle + (0, -height / 2), middle + (0, height / 2)
    left, top = middle - height * np.array([0.4, 0.5])
    return replace(
        face(UNREADABLE),
        box=Box(left_px=left, top_px=top, width_px=0.8 * height, height_px=height),
        landmarks_px=read_only(points),
        pose=HeadPose(
            yaw_deg=track.yaw_deg[place] + rng.normal(0, 0.3),
            pitch_deg=track.pitch_deg[place] + rng.normal(0, 0.4),
            roll_deg=rng.normal(0, 0.2),
        ),
        mouth_open=float(track.mouth[place]),
    )


_OPEN = np.array(
    [
        *((0, 0), (28, -16), (48, -38), (64, -56), (78, -72), (24, -76), (28, -112), (31, -134), (33, -152)),
        *((3, -80), (3, -122), (3, -147), (3, -168), (-16, -74), (-20, -112), (-22, -136), (-24, -155)),
        *((-34, -62), (-42, -90), (-47, -108), (-51, -124)),
    ],
    np.float64,
)
_FIST = np.where(np.arange(21)[:, None] % 4 == 0, 0.5, 0.62) * _OPEN
_FIST[[0, 5, 9, 13, 17]] = _OPEN[[0, 5, 9, 13, 17]]
HAND_SIZE = 0.8


def _hand(track: Track, rng: np.random.Generator, place: int) -> HandReading:
    is_open = track.hand_open[place] > 0.5
    lean = track.hand_lean_rad[place]
    turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    shape = (_OPEN if is_open else _FIST) * HAND_SIZE @ turn.T
    wrist = np.array([track.hand_x_px[place], track.hand_y_px[place] + 80 * HAND_SIZE])
    points = np.zeros((21, 3), np.float32)
    points[:, :2] = wrist + shape + rng.normal(0, 1.0, (21, 2))
    return replace(hand("open_palm" if is_open else "none"), landmarks_px=read_only(points))
