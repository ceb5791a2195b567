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
_SEGMENTS = np.concatenate((_BONES, _PALM))
_REACH = np.array([FINGER] * len(_BONES) + [2 * FINGER] * len(_PALM))
_EVERY = 6
"""Every sixth of the 468 points tells the share to within two percent."""
_EYES = np.array([33, 133, 159, 145, 160, 158, 362, 263, 386, 374, 385, 387])
_MOUTH = np.array([61, 291, 13, 14, 0, 17, 37, 267, 84, 314])


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
    points = np.concatenate(
        (face.landmarks_px[::_EVERY, :2], face.landmarks_px[_EYES, :2], face.landmarks_px[_MOUTH, :2])
    )
    behind = np.zeros(len(points), bool)
    for hand in near:
        behind |= _behind(points, hand.landmarks_px[:, :2])
    whole, eyes = len(points) - len(_EYES) - len(_MOUTH), len(points) - len(_MOUTH)
    return Covered(
        face=float(behind[:whole].mean()), eyes=float(behind[whole:eyes].mean()), mouth=float(behind[eyes:].mean())
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


def _behind(points: NDArray[np.float32], joints: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the points (n, 2) are within a finger's width of a bone, or twice that of a line through the palm."""
    begins, ends = joints[_SEGMENTS[:, 0]], joints[_SEGMENTS[:, 1]]
    along = ends - begins
    length = np.maximum((along * along).sum(axis=1), 1e-6)
    to_points = points[:, None] - begins
    share = np.clip((to_points * along).sum(axis=2) / length, 0.0, 1.0)
    off = to_points - share[:, :, None] * along
    reach = _REACH * float(np.hypot(*(joints[9] - joints[0])))
    return np.asarray(((off * off).sum(axis=2) < reach * reach).any(axis=1))
