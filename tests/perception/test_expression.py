"""Expressions are read from faces that carry one, and refused with the reason from faces that do not."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.settings import VisionSettings
from agent.core.types import EXPRESSIONS, HeadPose
from agent.inference.runtime import Runtime
from agent.perception.expression import ExpressionModel, aligned_crop
from agent.perception.face import FaceReader
from agent.perception.face_tracks import FaceTracks
from agent.perception.regions import Picture, Points
from agent.perception.trace import FrameTrace
from tests.perception.pictures import with_face

AHEAD = HeadPose(yaw_deg=0, pitch_deg=0, roll_deg=0)
EYES_AND_MOUTH = ((33, 133), (362, 263), (61, 291))


@pytest.fixture(scope="module")
def model(runtime: Runtime) -> ExpressionModel:
    return ExpressionModel(runtime)


@pytest.fixture(scope="module")
def faces(runtime: Runtime) -> FaceReader:
    return FaceReader(runtime, VisionSettings())


def mesh(faces: FaceReader, picture: Picture) -> Points:
    tracks = FaceTracks()
    face = faces.read(picture, tracks, 0.0, FrameTrace()) or faces.read(picture, tracks, 2_000.0, FrameTrace())
    assert face is not None
    return face.landmarks_px


@pytest.mark.parametrize("turned_deg", [0, 25, -25])
@pytest.mark.parametrize("face_px", [60, 150, 300])
def test_smile(model: ExpressionModel, faces: FaceReader, face_px: float, turned_deg: float) -> None:
    """The astronaut's smile is happiness at any size and tilt, in eight probabilities that sum to one."""
    picture = with_face(face_px=face_px, turned_deg=turned_deg)
    reading = model.read(picture, mesh(faces, picture), AHEAD)
    assert reading.valid and reading.reason is None and reading.probabilities is not None
    assert reading.probabilities.shape == (8,) and not reading.probabilities.flags.writeable
    assert reading.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert EXPRESSIONS[int(reading.probabilities.argmax())] == "happiness"


def test_crop_is_aligned(faces: FaceReader) -> None:
    """However the head is tilted, the crop shows it upright, and a tilted picture gives nearly the same crop."""
    straight = with_face(face_px=200)
    tilted = with_face(face_px=200, turned_deg=30)
    one, other = (aligned_crop(picture, mesh(faces, picture)) for picture in (straight, tilted))
    assert one.shape == other.shape == (48, 48) and one.dtype == np.uint8
    middle = slice(8, 44), slice(10, 38)
    assert np.corrcoef(one[middle].ravel(), other[middle].ravel())[0, 1] > 0.9


def test_crop_puts_eyes_and_mouth_in_place() -> None:
    """A bright dot on the mouth and dark dots on the eyes land where FER2013 has them."""
    picture = np.full((400, 400, 3), 128, np.uint8)
    points = np.full((468, 3), 200, np.float32)
    for ids, place in zip(EYES_AND_MOUTH, ((160, 150), (240, 150), (200, 231)), strict=True):
        points[list(ids), :2] = place
        cv2.circle(picture, place, 8, (255, 255, 255) if ids[0] == 61 else (0, 0, 0), -1)
    crop = aligned_crop(picture, points).astype(int)
    assert crop[36:38, 23:26].mean() > 200
    assert crop[18:20, 14:17].mean() < 60 and crop[18:20, 32:35].mean() < 60


@given(st.integers(1, 90), st.integers(1, 90), st.floats(-200, 300), st.floats(-200, 300), st.floats(0, 120))
def test_a_face_anywhere_has_a_crop(width: int, height: int, x: float, y: float, size: float) -> None:
    """Beyond the picture's edges its last pixels repeat, in pictures of any size and for faces that lie outside."""
    picture = np.tile(np.arange(width, dtype=np.uint8)[None, :, None], (height, 1, 3))
    points = np.full((468, 3), 0, np.float32)
    for ids, place in zip(EYES_AND_MOUTH, ((-0.4, -0.3), (0.4, -0.3), (0.0, 0.5)), strict=True):
        points[list(ids), :2] = x + size * place[0], y + size * place[1]
    crop = aligned_crop(picture, points)
    assert crop.shape == (48, 48)
    assert crop.max() < width, "nothing is in the crop that is not in the picture"
    if x + 2 * size < 0:
        assert crop.max() == 0, "left of the picture there is only its left edge"


def test_refusals(model: ExpressionModel, faces: FaceReader, runtime: Runtime) -> None:
    """Too small, turned away, too dark, too bright and blurred faces give the reason and no probabilities, unread."""
    picture = with_face(face_px=200)
    points = mesh(faces, picture)
    before = runtime.runs()["expression"]
    small = with_face(face_px=26)
    blurred = cv2.GaussianBlur(picture, (0, 0), 25)
    cases = {
        "too small": (np.asarray(small), points * 0.06, AHEAD),
        "turned away": (picture, points, HeadPose(yaw_deg=60, pitch_deg=0, roll_deg=0)),
        "too dark": (picture // 16, points, AHEAD),
        "too bright": (255 - (255 - picture) // 16, points, AHEAD),
        "blurred": (np.asarray(blurred, np.uint8), points, AHEAD),
    }
    for reason, (image, landmarks, pose) in cases.items():
        reading = model.read(image, landmarks.astype(np.float32), pose)
        assert (reading.valid, reading.reason, reading.probabilities) == (False, reason, None)
    assert runtime.runs()["expression"] == before


def test_face_at_the_edge(model: ExpressionModel, faces: FaceReader) -> None:
    """A face that reaches beyond the picture is read from what there is of it."""
    picture = with_face(face_px=200)
    points = mesh(faces, picture)
    left = int(points[:, 0].min() + 40)
    shifted = points - np.array([left, 0, 0], np.float32)
    assert model.read(np.ascontiguousarray(picture[:, left:]), shifted, AHEAD).valid


def test_a_worse_picture_weighs_less(model: ExpressionModel, faces: FaceReader) -> None:
    """A clear face counts fully; the more it is shrunk, turned, blurred or darkened, the less it counts."""
    picture = with_face(face_px=200)
    points = mesh(faces, picture)
    assert model.read(picture, points, AHEAD).weight == 1.0
    spoiled = {
        "turned": [(picture, points, HeadPose(yaw_deg=yaw, pitch_deg=0, roll_deg=0)) for yaw in (20, 30, 38)],
        "blurred": [
            (np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8), points, AHEAD) for sigma in (0.5, 5, 6)
        ],
        "darkened": [((picture * share).astype(np.uint8), points, AHEAD) for share in (0.5, 0.17, 0.14)],
    }
    for how, series in spoiled.items():
        weights = [model.read(*one).weight for one in series]
        assert weights[0] == 1.0 and weights[0] > weights[1] > weights[2] > 0, (how, weights)
