"""Head pose is exact on turned copies of the neutral face, with the signs that `HeadPose` documents."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.perception.head_pose import CanonicalFace, best_turn
from agent.perception.regions import Points

FILE = Registry.load(ModelSettings().folder).path("canonical_face")
CANONICAL = CanonicalFace.load(FILE)
with np.load(FILE) as _file:
    NEUTRAL_CM: NDArray[np.float64] = _file["points_cm"].astype(np.float64)
TWIN = np.linalg.norm((NEUTRAL_CM * (-1, 1, 1))[:, None] - NEUTRAL_CM, axis=2).argmin(axis=1)
"""For each point the one on the other side of the face."""


def turn(axis: int, degrees: float) -> NDArray[np.float64]:
    """Right-handed rotation about one axis: 0 is x, 1 is y, 2 is z."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotation = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    rotation[a, a], rotation[a, b], rotation[b, a], rotation[b, b] = cos, -sin, sin, cos
    return rotation


def seen(rotation: NDArray[np.float64], *, px_per_cm: float = 12.0, x: float = 320, y: float = 240) -> Points:
    """The neutral face turned and drawn: y downwards, z smaller when nearer."""
    landmarks = (NEUTRAL_CM @ rotation.T) * px_per_cm * (1, -1, -1) + (x, y, 0)
    return landmarks.astype(np.float32)


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-170, 170), st.floats(1, 60))
def test_finds_the_angles_that_a_face_was_turned_by(yaw: float, pitch: float, roll: float, px_per_cm: float) -> None:
    """Any yaw, pitch and roll at any size comes back to a tenth of a degree."""
    rotation = turn(1, yaw) @ turn(0, -pitch) @ turn(2, -roll)
    found = CANONICAL.pose_of(seen(rotation, px_per_cm=px_per_cm))
    assert (found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_signs_are_those_of_the_picture() -> None:
    """Yaw is positive when the nose points right, pitch when it points up, roll when the chin swings left."""
    nose, forehead, chin = 1, 10, 152
    to_the_right = seen(turn(1, 30))
    assert to_the_right[nose, 0] > to_the_right[[33, 263], 0].mean()
    assert CANONICAL.pose_of(to_the_right).yaw_deg == pytest.approx(30, abs=0.1)
    upwards = seen(turn(0, -30))
    assert upwards[nose, 1] < seen(np.eye(3))[nose, 1]
    assert CANONICAL.pose_of(upwards).pitch_deg == pytest.approx(30, abs=0.1)
    clockwise = seen(turn(2, -30))
    assert clockwise[chin, 0] < clockwise[forehead, 0]
    assert CANONICAL.pose_of(clockwise).roll_deg == pytest.approx(30, abs=0.1)


def test_an_open_mouth_turns_no_head() -> None:
    """Lowering the jaw by 3 cm moves pitch by less than 5 degrees: the fit rests on points that keep still."""
    landmarks = seen(np.eye(3))
    below_the_lips = NEUTRAL_CM[:, 1] < NEUTRAL_CM[14, 1]
    landmarks[below_the_lips, 1] += 3 * 12
    assert abs(CANONICAL.pose_of(landmarks).pitch_deg) < 5


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-170, 170), st.integers(0, 2**32 - 1))
def test_a_mirrored_mesh_has_mirrored_angles(yaw: float, pitch: float, roll: float, seed: int) -> None:
    """In a mirror any mesh, however uneven, has the yaw and roll of the other sign exactly, and the same pitch."""
    uneven = np.random.default_rng(seed).normal(0, 0.3, NEUTRAL_CM.shape)
    landmarks = ((NEUTRAL_CM + uneven) @ (turn(1, yaw) @ turn(0, -pitch) @ turn(2, -roll)).T) * (12, -12, -12)
    mirrored = np.empty_like(landmarks)
    mirrored[TWIN] = landmarks * (-1, 1, 1)
    one = CANONICAL.pose_of(landmarks.astype(np.float32))
    other = CANONICAL.pose_of(mirrored.astype(np.float32))
    assert (other.yaw_deg, other.pitch_deg, other.roll_deg) == pytest.approx(
        (-one.yaw_deg, one.pitch_deg, -one.roll_deg), abs=0.01
    )


@given(hnp.arrays(np.float64, (3, 3), elements=st.floats(-10, 10, width=32)))
def test_the_best_turn_is_the_best(covariance: NDArray[np.float64]) -> None:
    """No rotation brings the points closer than this one: Kabsch's, by singular values, is no better."""
    w, x, y, z = np.array(best_turn(covariance.tolist())) / np.linalg.norm(best_turn(covariance.tolist()))
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    u, strengths, vt = np.linalg.svd(covariance)
    strengths[2] *= np.sign(np.linalg.det(u @ vt))
    assert np.trace(rotation @ covariance) == pytest.approx(strengths.sum(), abs=1e-4 * max(strengths[0], 1e-3))
