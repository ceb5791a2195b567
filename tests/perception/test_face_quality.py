"""A picture's weight falls with what spoils it, and says what spoils it most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from agent.core.types import HeadPose
from agent.perception.face_quality import LEAST_WEIGHT, light_quality, place_quality


def pose(yaw_deg: float = 0, pitch_deg: float = 0) -> HeadPose:
    return HeadPose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=0)


@pytest.mark.parametrize(
    ("height_px", "head", "weakness"),
    [
        (5.5, pose(), "too small"),
        (30, pose(yaw_deg=-42), "turned away"),
        (30, pose(pitch_deg=34), "turned away"),
        (30, pose(yaw_deg=36, pitch_deg=30), "turned away"),
    ],
)
def test_small_and_turned_faces_are_refused_with_why(height_px: float, head: HeadPose, weakness: str) -> None:
    """What cannot be read says so; two middling turns together can be too much."""
    quality = place_quality(height_px, head)
    assert not quality.sufficient and quality.weakness == weakness


def test_a_face_that_looks_ahead_counts_fully() -> None:
    """Everyday poses and sizes cost nothing."""
    assert place_quality(18, pose(yaw_deg=-18, pitch_deg=12)).weight == 1.0


@given(st.floats(1, 60), st.floats(-90, 90), st.floats(-90, 90), st.floats(0.1, 20))
def test_turning_further_or_shrinking_never_helps(height_px: float, yaw: float, pitch: float, more: float) -> None:
    """The weight is between 0 and 1 and falls with every degree and every pixel."""
    weight = place_quality(height_px, pose(yaw, pitch)).weight
    assert 0 <= weight <= 1
    assert place_quality(height_px, pose(yaw + np.copysign(more, yaw), pitch)).weight <= weight
    assert place_quality(height_px / (1 + more), pose(yaw, pitch)).weight <= weight


@given(hnp.arrays(np.uint8, (48, 48)))
def test_any_crop_has_a_weight_and_a_weakness(crop: NDArray[np.uint8]) -> None:
    """No picture, flat ones included, breaks the measure."""
    quality = light_quality(crop)
    assert 0 <= quality.weight <= 1 and quality.weakness
    both = quality * place_quality(18, pose(yaw_deg=30))
    assert both.weight <= quality.weight
    assert both.sufficient == (both.weight >= LEAST_WEIGHT)
