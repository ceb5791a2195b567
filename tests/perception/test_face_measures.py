"""Eyes and mouth are measured alike at any size and turn of the head, and not at all where they cannot be seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.types import HeadPose
from agent.perception.face_measures import EYES_SEEN_PX, eyes_open, mouth_open
from agent.perception.regions import Points
from tests.perception.test_head_pose import seen, turn

AHEAD = HeadPose(yaw_deg=0, pitch_deg=0, roll_deg=0)
UPPER_LIDS = [160, 159, 158, 385, 386, 387]
LOWER_LIDS = [144, 145, 153, 380, 374, 373]


def with_lids_closed(landmarks: Points) -> Points:
    closed = landmarks.copy()
    closed[UPPER_LIDS] = landmarks[LOWER_LIDS]
    return closed


@given(st.floats(-35, 35), st.floats(-20, 20), st.floats(-170, 170), st.floats(5, 60))
def test_turning_and_size_change_nothing(yaw: float, pitch: float, roll: float, px_per_cm: float) -> None:
    """The neutral face has the same eyes and mouth in any pose and size."""
    turned = seen(turn(1, yaw) @ turn(0, -pitch) @ turn(2, -roll), px_per_cm=px_per_cm)
    pose = HeadPose(yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
    assert eyes_open(turned, pose) == pytest.approx(eyes_open(seen(np.eye(3)), AHEAD), rel=0.01)
    assert mouth_open(turned) == pytest.approx(mouth_open(seen(np.eye(3))), abs=0.001)


def test_closing_lids_and_opening_the_jaw_show() -> None:
    """Lids that touch measure nothing; a jaw lowered by two centimetres opens the mouth by a tenth of the face."""
    neutral = seen(np.eye(3))
    assert eyes_open(with_lids_closed(neutral), AHEAD) == 0
    lowered = neutral.copy()
    lowered[[14, 152], 1] += 2 * 12
    assert mouth_open(lowered) - mouth_open(neutral) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    "pose",
    [
        HeadPose(yaw_deg=45, pitch_deg=0, roll_deg=0),
        HeadPose(yaw_deg=-45, pitch_deg=0, roll_deg=0),
        HeadPose(yaw_deg=0, pitch_deg=35, roll_deg=0),
        HeadPose(yaw_deg=0, pitch_deg=-30, roll_deg=0),
    ],
)
def test_eyes_of_a_turned_head_are_not_guessed(pose: HeadPose) -> None:
    """Where the mesh only guesses the lids, nothing is said of them."""
    assert eyes_open(seen(np.eye(3)), pose) is None


def test_eyes_of_a_tiny_face_are_not_guessed() -> None:
    """Lids that are hardly three pixels apart say nothing."""
    px_per_cm = EYES_SEEN_PX / 8.9
    assert eyes_open(seen(np.eye(3), px_per_cm=0.95 * px_per_cm), AHEAD) is None
    assert eyes_open(seen(np.eye(3), px_per_cm=1.05 * px_per_cm), AHEAD) is not None
