"""The hand of a single picture is read even when the picture is small and cut tightly around it."""

import cv2
import numpy as np
import pytest

from agent.core.settings import ModelSettings
from agent.core.types import GESTURES
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.regions import Picture
from agent.training.hand_pictures import PictureHandReader
from tests.perception.pictures import add_hand, with_face, with_hand


@pytest.fixture(scope="module")
def reader() -> PictureHandReader:
    return PictureHandReader(Runtime(Registry.load(ModelSettings().folder), "cpu"))


def cropped(picture: Picture, *, longer_px: int) -> Picture:
    """The drawn hand of `with_hand`, from fingertips to wrist, with its longer side as long as asked."""
    cut = picture[85:375, 225:460]
    scale = longer_px / max(cut.shape[:2])
    return np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("longer_px", [40, 90, 290])
@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
def test_a_tight_crop_of_any_size(reader: PictureHandReader, longer_px: int, left: bool) -> None:
    """An open hand is an open hand from 40 pixels on, although nothing but the hand is in the picture."""
    crop = cropped(with_hand(), longer_px=longer_px)
    prob = reader.read(np.ascontiguousarray(crop[:, ::-1]) if left else crop)
    assert prob is not None
    assert GESTURES[int(prob.argmax())] == "open_palm"
    assert prob.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.timeout(60)
def test_pictures_without_hands(reader: PictureHandReader) -> None:
    """A grey picture, noise and a portrait hold no hand."""
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    for picture in (np.full((48, 64, 3), 128, np.uint8), noise, with_face(face_px=160)):
        assert reader.read(picture) is None


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 200), (200, 5)])
def test_any_shape_is_read(reader: PictureHandReader, height: int, width: int) -> None:
    """Pictures of a pixel or a line are no error."""
    assert reader.read(np.full((height, width, 3), 90, np.uint8)) is None


@pytest.mark.timeout(60)
def test_the_hand_in_the_middle_counts(reader: PictureHandReader) -> None:
    """Beside the hand that the picture was cut around, part of another one may be in it."""
    two = add_hand(with_hand(x=320, y=260, scale=0.7), x=600, y=260, scale=0.7, left=True)
    prob = reader.read(two)
    assert prob is not None and GESTURES[int(prob.argmax())] == "open_palm"
