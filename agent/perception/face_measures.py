"""What one mesh shows without a model: how far the eyes and the mouth are open, whichever way the head is turned."""

import math

from agent.core.types import HeadPose
from agent.perception.regions import Points

EYES_SEEN_YAW_DEG = 38.0
EYES_SEEN_UP_DEG, EYES_SEEN_DOWN_DEG = 28.0, 25.0
"""Beyond these the far eye is hidden, or lids and brow lie over one another, and the mesh only guesses the lids."""
EYES_SEEN_PX = 35.0
"""Distance of the outer corners below which open lids are less than some three pixels apart."""

_LIDS = [160, 159, 158, 385, 386, 387, 144, 145, 153, 380, 374, 373]
"""Mesh points of the upper and, in the same order, of the lower lids, three pairs an eye."""
_OUTER_CORNERS = [33, 263]
_LIPS = [13, 14]
_FOREHEAD_AND_CHIN = [10, 152]


def eyes_open(landmarks_px: Points, pose: HeadPose) -> float | None:
    """Mean gap between the lids of both eyes over the distance of their outer corners, all in three dimensions.

    This is the eye aspect ratio (Soukupova and Cech, 2016) with a base that no blink changes. Depth takes out most of
    the head's turn, and what is too wide in one eye is too narrow in the other. Open eyes have 0.06 to 0.11; this mesh
    does not fall below 0.04 even where lids touch. None where the head is turned too far
    or the face is too small to tell.
    """
    if abs(pose.yaw_deg) > EYES_SEEN_YAW_DEG or not -EYES_SEEN_DOWN_DEG <= pose.pitch_deg <= EYES_SEEN_UP_DEG:
        return None
    # Distances of a few points are plain arithmetic: numpy's code is in no cache after a model has run.
    *lids, right, left = landmarks_px[_LIDS + _OUTER_CORNERS].tolist()
    apart_px, pairs = math.dist(right, left), len(lids) // 2
    if apart_px < EYES_SEEN_PX:
        return None
    return sum(map(math.dist, lids[:pairs], lids[pairs:])) / pairs / apart_px


def mouth_open(landmarks_px: Points) -> float:
    """Gap between the inner lips over the height of the face, both in three dimensions: 0 when closed."""
    upper, lower, forehead, chin = landmarks_px[_LIPS + _FOREHEAD_AND_CHIN].tolist()
    return math.dist(upper, lower) / max(math.dist(forehead, chin), 1.0)
