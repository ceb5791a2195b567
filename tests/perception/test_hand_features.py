"""What is known of a hand does not depend on where it is, how large, or which of the two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.perception.hand_features import FEATURES, gesture_features

RIGHT, LEFT = np.array([False]), np.array([True])
DIRECTIONS = np.r_[40:44]
"""Where palm and thumb point in the picture."""
FLAT = np.r_[:59]
"""What is known without depth."""


def hand(seed: int = 3) -> NDArray[np.float64]:
    """(1, 21, 3) points somewhere in a picture; no real hand, but features do not care."""
    return np.random.default_rng(seed).normal(200, 40, (1, 21, 3))


@given(st.integers(0, 1_000), st.floats(0.1, 20), st.floats(-2_000, 2_000))
def test_place_and_size_do_not_matter(seed: int, scale: float, shift: float) -> None:
    """A hand that is moved or seen from nearer has the same features."""
    points = hand(seed)
    features = gesture_features(points, RIGHT)
    assert features.shape == (1, FEATURES) and features.dtype == np.float32
    np.testing.assert_allclose(gesture_features(points * scale + shift, RIGHT), features, rtol=1e-3, atol=1e-3)


@given(st.integers(0, 1_000))
def test_mirror_invariance(seed: int) -> None:
    """The mirror image of a right hand as a left hand has the features of the right hand."""
    points = hand(seed)
    mirrored = points * (-1, 1, 1)
    np.testing.assert_allclose(gesture_features(mirrored, LEFT), gesture_features(points, RIGHT), rtol=1e-4, atol=1e-4)


def test_up_and_down_are_kept() -> None:
    """A hand that is turned upside down keeps its shape in the picture, but not where palm and thumb point."""
    points = hand()
    upright, turned = (gesture_features(each, RIGHT)[0] for each in (points, points * (-1, -1, 1)))
    shape = np.setdiff1d(FLAT, DIRECTIONS)
    np.testing.assert_allclose(upright[shape], turned[shape], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(upright[DIRECTIONS], -turned[DIRECTIONS], rtol=1e-4, atol=1e-4)


def test_without_depth_a_hand_is_flat() -> None:
    """Two columns and a depth of nothing say the same; depth does not change what the picture shows."""
    points = hand()
    flat = gesture_features(points[..., :2], RIGHT)
    np.testing.assert_array_equal(flat, gesture_features(points * (1, 1, 0), RIGHT))
    np.testing.assert_array_equal(flat[:, FLAT], gesture_features(points, RIGHT)[:, FLAT])


def test_the_callers_points_are_left_alone() -> None:
    """Reading a left hand does not mirror the landmarks that were given."""
    points = hand()
    before = points.copy()
    gesture_features(points, LEFT)
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize("axes", [2, 3])
def test_collapsed_hand_is_finite(axes: int) -> None:
    """Landmarks that all fall on one point give finite features."""
    assert np.isfinite(gesture_features(np.full((1, 21, axes), 7.0), RIGHT)).all()
