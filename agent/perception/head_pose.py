"""Which way a head is turned, from its mesh."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import HeadPose
from agent.perception.regions import Points


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
