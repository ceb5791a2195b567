"""What one mesh shows without a model: how far the eyes and the mouth are open, whichever way the head is turned."""

import numpy as np

from agent.core.types import HeadPose
from agent.perception.regions import Points

EYES_SEEN_YAW_DEG = 38.0
EYES_SEEN_UP_DEG, EYES_SEEN_DOWN_DEG = 28.0, 25.0
"""Beyond these the far eye is hidden, or lids and brow lie over one another, and the mesh only guesses the lids."""

_UPPER_LIDS = np.array([160, 159, 158, 385, 386, 387])
_LOWER_LIDS = np.array([144, 145, 153, 380, 374, 373])
"""Mesh points that face each other across both eyes, three pairs an eye."""
_OUTER_CORNERS = (33, 263)
_UPPER_LIP, _LOWER_LIP = 13, 14
_FOREHEAD, _CHIN = 10, 152


def eyes_open(landmarks_px: Points, pose: HeadPose) -> float | None:
    """Mean gap between the lids of both eyes over the distance of their outer corners, all in three dimensions.

    This is the eye aspect ratio (Soukupova and Cech, 2016) with a base that no blink changes. Depth takes out most of
    the head's turn, and what is too wide in one eye is too narrow in the other. Open eyes have 0.06 to 0.11; this mesh
    does not fall below 0.04 even where lids touch. None where the head is turned too far to tell.
    """
    if abs(pose.yaw_deg) > EYES_SEEN_YAW_DEG or not -EYES_SEEN_DOWN_DEG <= pose.pitch_deg <= EYES_SEEN_UP_DEG:
        return None
    gaps = _lengths(landmarks_px[_UPPER_LIDS] - landmarks_px[_LOWER_LIDS])
    right, left = (landmarks_px[corner] for corner in _OUTER_CORNERS)
    return float(gaps.mean()) / max(float(_lengths(right - left)), 1.0)


def mouth_open(landmarks_px: Points) -> float:
    """Gap between the inner lips over the height of the face, both in three dimensions: 0 when closed."""
    gap = _lengths(landmarks_px[_UPPER_LIP] - landmarks_px[_LOWER_LIP])
    height = _lengths(landmarks_px[_FOREHEAD] - landmarks_px[_CHIN])
    return float(gap / max(float(height), 1.0))


def _lengths(vectors: Points) -> Points:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)), np.float32)
