"""How much of a face lies behind the hands that were read from the same picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.core.types import FaceReading, HandReading

FINGER = 0.14
"""Half the width of a finger, over the distance from wrist to middle knuckle (about 8 of 90 mm), with some margin."""

_BONES = np.array(
    [
        *((0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (9, 10), (10, 11), (11, 12)),
        *((13, 14), (14, 15), (15, 16), (17, 18), (18, 19), (19, 20)),
    ]
)
_PALM = np.array([(0, 5), (0, 9), (0, 13), (0, 17), (5, 17), (1, 5)])
_BEGINS, _ENDS = np.concatenate((_BONES, _PALM)).T
_REACH = np.array([FINGER] * len(_BONES) + [2 * FINGER] * len(_PALM), np.float32)
_EYES = np.array([33, 133, 159, 145, 160, 158, 362, 263, 386, 374, 385, 387])
_MOUTH = np.array([61, 291, 13, 14, 0, 17, 37, 267, 84, 314])
_SPREAD = np.arange(0, 468, 9)
"""Every ninth point tells the share of a whole face to within two percent."""
_POINTS = np.concatenate((_SPREAD, _EYES, _MOUTH))
_EYES_FROM, _MOUTH_FROM = len(_SPREAD), len(_SPREAD) + len(_EYES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Shares, 0 to 1, of the points of a face that lie behind a hand."""

    face: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0


def covered(face: FaceReading, hands: tuple[HandReading, ...]) -> Covered:
    """What of `face` the hands cover, taken to be in front of it: a hand behind a head is not read as a hand."""
    near = [hand for hand in hands if _reaches(hand, face)]
    if not near:
        return Covered()
    points = _complex(face.landmarks_px)[_POINTS]
    behind = np.zeros(len(points), bool)
    for hand in near:
        behind |= _behind(points, _complex(hand.landmarks_px))
    return Covered(
        face=_share(behind[:_EYES_FROM]),
        eyes=_share(behind[_EYES_FROM:_MOUTH_FROM]),
        mouth=_share(behind[_MOUTH_FROM:]),
    )


def _reaches(hand: HandReading, face: FaceReading) -> bool:
    low, high = hand.landmarks_px[:, :2].min(axis=0), hand.landmarks_px[:, :2].max(axis=0)
    box = face.box
    return bool(
        low[0] < box.left_px + box.width_px
        and high[0] > box.left_px
        and low[1] < box.top_px + box.height_px
        and high[1] > box.top_px
    )


def _behind(points: NDArray[np.complex64], joints: NDArray[np.complex64]) -> NDArray[np.bool_]:
    """Which of the points are within a finger's width of a bone, or twice that of a line through the palm."""
    along = joints[_ENDS] - joints[_BEGINS]
    length = np.maximum(np.abs(along), 1e-3)
    from_begin = (points[:, None] - joints[_BEGINS]) * (along.conj() / length)
    beyond = from_begin.real - np.clip(from_begin.real, 0, length)
    reach = _REACH * abs(joints[9] - joints[0])
    return np.asarray((beyond * beyond + from_begin.imag * from_begin.imag < reach * reach).any(axis=1))


def _complex(landmarks_px: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Places in the picture as numbers x + iy, for which turning is multiplying."""
    return landmarks_px[:, 0] + np.complex64(1j) * landmarks_px[:, 1]


def _share(which: NDArray[np.bool_]) -> float:
    return int(np.count_nonzero(which)) / len(which)
