"""Signs are named from landmarks, alike for both hands, anywhere in the picture and at any size."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.inference.runtime import Runtime
from agent.perception.gesture import GestureModel, name_sign


def hand(seed: int = 3) -> NDArray[np.float64]:
    """(1, 21, 3) points somewhere in a picture; no real hand."""
    return np.random.default_rng(seed).normal(200, 40, (1, 21, 3))


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
