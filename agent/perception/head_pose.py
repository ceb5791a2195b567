"""Which way a head is turned, from its mesh, and whether that is towards the screen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import Attention, HeadPose
from agent.perception.regions import Points

AWAY_YAW_DEG = 32.0
AWAY_UP_DEG = 24.0
AWAY_DOWN_DEG = 28.0
"""Beyond these a head is turned away. A screen 60 cm wide, 60 cm away, reaches 27 degrees to each side, of which the
head turns through about two thirds and the eyes the rest; a camera on its top edge sees a reader look down."""
BACK_DEG = 6.0
"""A head that was away must come this far inside those limits to count as turned to the screen again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalFace:
    """MediaPipe's neutral face: the points that move least with expression, and how much each counts in a fit."""

    point_ids: NDArray[np.int32]
    points_cm: NDArray[np.float64]
    """(k, 3) about their weighted mean: x to the picture's right, y up, z towards the camera."""
    weights: NDArray[np.float64]
    """(k,) summing to 1."""

    @classmethod
    def load(cls, path: Path) -> "CanonicalFace":
        """Reads `points_cm` (468, 3), `basis_ids` (k,) and `basis_weights` (k,) from an .npz file."""
        with np.load(path) as file:
            ids, weights = file["basis_ids"], file["basis_weights"].astype(np.float64)
            points = file["points_cm"][ids].astype(np.float64)
        weights /= weights.sum()
        return cls(point_ids=ids, points_cm=points - weights @ points, weights=weights)

    def pose_of(self, landmarks_px: Points) -> HeadPose:
        """The rotation that best takes the neutral face to these (468, 3) landmarks, as angles.

        Kabsch's weighted fit (Acta Crystallographica A34, 1978, 827) as if seen from far away: a face at the edge of
        the picture that looks straight ahead has a yaw near 0, although it does not look into the camera.
        """
        seen = landmarks_px[self.point_ids].astype(np.float64) * (1.0, -1.0, -1.0)
        seen -= self.weights @ seen
        covariance = (self.points_cm * self.weights[:, None]).T @ seen
        u, _, vt = np.linalg.svd(covariance)
        mirrored = np.sign(np.linalg.det(u @ vt))
        rotation = (u @ np.diag((1.0, 1.0, mirrored)) @ vt).T
        return angles_of(rotation)


def angles_of(rotation: NDArray[np.float64]) -> HeadPose:
    """Yaw, then pitch, then roll of a (3, 3) rotation in a frame with x to the right, y up, z towards the camera."""
    yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
    pitch = np.arcsin(np.clip(rotation[1, 2], -1.0, 1.0))
    roll = -np.arctan2(rotation[1, 0], rotation[1, 1])
    return HeadPose(
        yaw_deg=float(np.degrees(yaw)), pitch_deg=float(np.degrees(pitch)), roll_deg=float(np.degrees(roll))
    )


def attention(pose: HeadPose, before: Attention) -> Attention:
    """Whether a head in this pose is turned to the screen. The eyes are not seen, only where the head points."""
    margin = BACK_DEG if before is Attention.AWAY else 0.0
    towards = (
        abs(pose.yaw_deg) <= AWAY_YAW_DEG - margin and -AWAY_DOWN_DEG + margin <= pose.pitch_deg <= AWAY_UP_DEG - margin
    )
    return Attention.SCREEN if towards else Attention.AWAY
