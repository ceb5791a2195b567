"""The detectors merge what their anchors say and find faces of every size and shape of picture."""

import numpy as np
import pytest

from agent.inference.runtime import Runtime
from agent.perception.detection import Detector, merge
from agent.perception.regions import Picture
from agent.perception.trace import FrameTrace
from tests.perception.pictures import add_face, with_face


def test_boxes_that_overlap_become_their_weighted_mean() -> None:
    """Two anchors on one object give one box, nearer to the surer; a third elsewhere stays alone."""
    boxes = np.array([[0.5, 0.5, 0.2, 0.2, 0.5, 0.5], [0.53, 0.5, 0.2, 0.2, 0.56, 0.5], [0.1, 0.1, 0.1, 0.1, 0, 0]])
    probs = np.array([0.6, 0.9, 0.7], np.float32)
    merged, best = merge(boxes.astype(np.float32), probs)
    np.testing.assert_allclose(best, [0.9, 0.7], rtol=1e-6)
    np.testing.assert_allclose(merged[0], [0.518, 0.5, 0.2, 0.2, 0.536, 0.5], rtol=1e-5)
    np.testing.assert_allclose(merged[1], boxes[2], rtol=1e-5)


def test_boxes_without_area_are_each_their_own() -> None:
    """Degenerate boxes neither loop for ever nor divide by zero."""
    merged, best = merge(np.zeros((3, 16), np.float32), np.full(3, 0.8, np.float32))
    assert len(merged) == len(best) == 3


@pytest.mark.parametrize(
    ("width", "height", "face_px"),
    [(640, 480, 120), (1920, 1080, 400), (120, 90, 40), (480, 854, 150), (1000, 300, 150)],
)
def test_finds_a_face_where_it_is(runtime: Runtime, width: int, height: int, face_px: float) -> None:
    """Landscape, portrait, tiny, large and wide pictures: one face, its centre within a quarter of its width."""
    x, y = width * 0.55, height * 0.5
    picture = with_face(width=width, height=height, x=x, y=y, face_px=face_px)
    (face,) = Detector(runtime.open("face_detection", warm_up=False)).detect(picture, FrameTrace())
    assert face.box.left_px + face.box.width_px / 2 == pytest.approx(x, abs=face_px / 4)
    assert face.box.top_px + face.box.height_px / 2 == pytest.approx(y, abs=face_px / 4)
    right_eye, left_eye = face.points_px[0], face.points_px[1]
    assert right_eye[0] < left_eye[0], "the person's right eye is on the left of a picture that is not mirrored"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280)])
def test_looking_at_the_middle_finds_smaller_faces(runtime: Runtime, width: int, height: int) -> None:
    """A face too small for the whole picture is found in its middle, and its place is that in the whole picture."""
    detector = Detector(runtime.open("face_detection", warm_up=False))
    x, y = width / 2 + 60, height / 2 - 50
    picture = with_face(width=width, height=height, x=x, y=y, face_px=100)
    assert detector.detect(picture, FrameTrace()) == []
    (face,) = detector.detect(picture, FrameTrace(), only_middle=True)
    assert face.box.left_px + face.box.width_px / 2 == pytest.approx(x, abs=25)
    assert face.box.top_px + face.box.height_px / 2 == pytest.approx(y, abs=25)
    assert face.points_px[0, 0] < x < face.points_px[1, 0]


def test_finds_two_faces(runtime: Runtime) -> None:
    """Two people are two detections."""
    picture = add_face(with_face(x=170, face_px=100), x=470, y=240, face_px=100)
    faces = Detector(runtime.open("face_detection", warm_up=False)).detect(picture, FrameTrace())
    assert len(faces) == 2


@pytest.mark.parametrize("model", ["face_detection", "palm_detection"])
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["black", "white", "one pixel"],
)
def test_finds_nothing_where_nothing_is(runtime: Runtime, model: str, picture: Picture) -> None:
    """Black, overexposed and tiny pictures hold neither faces nor palms."""
    assert Detector(runtime.open(model, warm_up=False)).detect(picture, FrameTrace()) == []
