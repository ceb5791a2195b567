"""Signs are named from landmarks, alike for both hands, anywhere in the picture and at any size."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.inference.runtime import Runtime
from agent.perception.gesture import FEATURES, GestureModel, gesture_features, name_sign

RIGHT, LEFT = np.array([False]), np.array([True])


def hand(seed: int = 3) -> NDArray[np.float64]:
    """(1, 21, 2) points somewhere in a picture; no real hand, but features do not care."""
    return np.random.default_rng(seed).normal(200, 40, (1, 21, 2))


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
    mirrored = points * (-1, 1)
    np.testing.assert_allclose(gesture_features(mirrored, LEFT), gesture_features(points, RIGHT), rtol=1e-4, atol=1e-4)


def test_up_and_down_are_kept() -> None:
    """A hand that is turned upside down keeps its shape, but not where palm and thumb point."""
    points = hand()
    upright, turned = gesture_features(points, RIGHT)[0], gesture_features(-points, RIGHT)[0]
    shape, direction = np.r_[0:40, 44:FEATURES], np.r_[40:44]
    np.testing.assert_allclose(upright[shape], turned[shape], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(upright[direction], -turned[direction], rtol=1e-4, atol=1e-4)


def test_collapsed_hand_is_finite() -> None:
    """Landmarks that all fall on one point give finite features."""
    assert np.isfinite(gesture_features(np.full((1, 21, 2), 7.0), RIGHT)).all()


def test_unsure_is_none() -> None:
    """A sign below the threshold is not named, and its doubt is the answer's probability."""
    prob = np.array([0.75, 0, 0, 0, 0, 0, 0, 0, 0.25])
    assert name_sign(prob, 0.8) == ("none", 0.25)
    assert name_sign(prob, 0.5) == ("thumbs_up", 0.75)


def drawn_hand(*, thumb_up: bool) -> NDArray[np.float32]:
    """A right fist seen from the side of the thumb, knuckles to the left of the picture, thumb up or down."""
    sign = -1 if thumb_up else 1
    points = np.zeros((21, 2), np.float32)
    points[0] = (300, 200)
    points[1:5] = [(285, 200 + sign * 25), (270, 200 + sign * 50), (262, 200 + sign * 80), (258, 200 + sign * 108)]
    for finger, across in enumerate((-28, -9, 10, 28)):
        y = 200 - sign * across
        points[5 + 4 * finger : 9 + 4 * finger] = [(225, y), (195, y), (215, y), (235, y)]
    return points


def test_thumbs(runtime: Runtime) -> None:
    """A drawn thumb is up, its reflection in the floor is down, for either hand."""
    model = GestureModel(runtime)
    up, down = drawn_hand(thumb_up=True), drawn_hand(thumb_up=False)
    mirror = np.array([-1, 1], np.float32)
    assert model.classify(up, "right")[0] == model.classify(up * mirror, "left")[0] == "thumbs_up"
    assert model.classify(down, "left")[0] == model.classify(down * mirror, "right")[0] == "thumbs_down"


@settings(max_examples=30)
@given(st.integers(0, 1_000))
def test_answers_are_signs(runtime: Runtime, seed: int) -> None:
    """Whatever the landmarks, the answer is one of the signs with a probability."""
    name, prob = GestureModel(runtime).classify(hand(seed)[0].astype(np.float32), "left")
    assert name in GESTURES and 0 <= prob <= 1


def test_real_hands(runtime: Runtime, shared_data: Path) -> None:
    """Hands filmed at odd angles, of which the last three tenths were never trained on, mostly show what they show."""
    with np.load(shared_data / "gesture" / "kinivi_keypoints.npz") as data:
        points, label = data["x"].reshape(-1, 21, 2), data["y"]
    wanted = np.array(["open_palm", "fist", "pointing", "ok"])
    model = GestureModel(runtime)
    late = np.concatenate([np.flatnonzero(label == each)[-60::3] for each in range(4)])
    said = [{model.classify(points[row], side)[0] for side in ("left", "right")} for row in late]
    assert np.mean([wanted[label[row]] in names for row, names in zip(late, said, strict=True)]) > 0.8
