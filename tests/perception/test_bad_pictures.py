"""Whatever a camera shows, nothing is claimed of a face that cannot be seen, and the customer stays who they are."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.settings import VisionSettings
from agent.core.types import EXPRESSIONS, VisionReading
from agent.inference.runtime import Runtime
from agent.perception.regions import Picture
from agent.perception.vision import VisionAnalyser, VisionState
from tests.perception.pictures import add_face, clip_frames, consent, frame, with_face

FRAME_MS = 1000 / 15


@pytest.fixture(scope="module")
def analyser(runtime: Runtime) -> VisionAnalyser:
    return VisionAnalyser(runtime, VisionSettings(), FakeClock())


def read(analyser: VisionAnalyser, pictures: Iterable[Picture]) -> list[VisionReading]:
    """The readings of pictures that follow one another at 15 a second."""
    state = VisionState(consent(Purpose.EXPRESSION))
    return [analyser.analyse(frame(picture, at_ms=n * FRAME_MS), state) for n, picture in enumerate(pictures)]


def expression(reading: VisionReading) -> str | None:
    """The expression read from a single frame, None when none was."""
    if not reading.faces:
        return None
    read = reading.faces[0].expression
    assert read is not None
    return EXPRESSIONS[int(read.probabilities.argmax())] if read.probabilities is not None else None


def scaled(width: int, height: int) -> Callable[[Picture], Picture]:
    return lambda picture: np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def grey(picture: Picture) -> Picture:
    return np.repeat(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)[:, :, None], 3, axis=2)


def portrait(picture: Picture) -> Picture:
    """The upright strip in the middle, as from a telephone."""
    height, width = picture.shape[:2]
    strip = height * 9 // 16
    left = int(0.55 * width) - strip // 2
    return np.ascontiguousarray(picture[:, left : left + strip])


READABLE: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda picture: picture,
    "greyscale": grey,
    "full HD": scaled(1920, 1080),
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    "dim": lambda picture: (picture * 0.5).astype(np.uint8),
}


@pytest.fixture(scope="module")
def smiles(shared_data: Path) -> list[Picture]:
    """Some frames of the two people in the development clips, smiling broadly."""
    one = clip_frames(shared_data / "video" / "single_face.mp4", every=12)[3:]
    other = clip_frames(shared_data / "video" / "strong_emotion.mp4", every=30)[9:13]
    return [taken.pixels.rgb() for taken in (*one, *other)]


@pytest.mark.shared_data
@pytest.mark.parametrize("how", READABLE)
def test_harmless_changes_change_nothing(analyser: VisionAnalyser, smiles: list[Picture], how: str) -> None:
    """A smile is happiness in grey, in full HD, mirrored and dim."""
    for picture in smiles:
        (reading,) = read(analyser, [READABLE[how](picture)])
        assert expression(reading) == "happiness"


@pytest.mark.shared_data
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_is_read_right_or_not_at_all(
    analyser: VisionAnalyser, smiles: list[Picture], quarters: int
) -> None:
    """Turned by 90, 180 or 270 degrees a face is found with its tilt or not found; its smile is nothing else."""
    for picture in smiles:
        for reading in read(analyser, [np.ascontiguousarray(np.rot90(picture, -quarters))] * 2):
            assert expression(reading) in (None, "happiness")
            for face in reading.faces:
                tilt = abs((face.pose.roll_deg - 90 * quarters + 180) % 360 - 180)
                assert tilt < 35, "roll is where the top of the head is"


@pytest.mark.shared_data
@pytest.mark.parametrize("width", [120, 160])
def test_tiny_pictures_are_read_right_or_refused(analyser: VisionAnalyser, smiles: list[Picture], width: int) -> None:
    """At 120 by 90 a smile may be too small to read, but is not read as something else."""
    said = [
        expression(reading)
        for picture in smiles
        for reading in read(analyser, [scaled(width, width * 3 // 4)(picture[:, : picture.shape[0] * 4 // 3])] * 2)
    ]
    assert set(said) <= {None, "happiness"}


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda picture: (picture * 0.03).astype(np.uint8),
        lambda picture: np.clip(picture.astype(np.int32) * 4 + 120, 0, 255).astype(np.uint8),
        lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 14), np.uint8),
        lambda picture: np.asarray(cv2.resize(cv2.resize(picture, (20, 15)), (640, 480)), np.uint8),
    ],
    ids=["nearly black", "overexposed", "out of focus", "a few pixels"],
)
def test_hopeless_pictures_give_a_reason_and_no_expression(
    analyser: VisionAnalyser, spoiled: Callable[[Picture], Picture]
) -> None:
    """Where nobody could tell an expression none is told, though a face may be found; there is always a reason."""
    for reading in read(analyser, [spoiled(with_face(face_px=150))] * 2):
        assert expression(reading) is None
        assert reading.reason is not None or all(face.expression and face.expression.reason for face in reading.faces)


def test_a_portrait_video_is_read(analyser: VisionAnalyser) -> None:
    """Upright pictures, as from a telephone, are no worse."""
    readings = read(analyser, [portrait(with_face(width=1280, height=720, x=700, y=360, face_px=200))] * 2)
    assert [expression(reading) for reading in readings] == ["happiness"] * 2


def test_somebody_who_walks_past_in_front_is_never_read(analyser: VisionAnalyser) -> None:
    """A larger face crosses between customer and camera: it is never read as the customer's, who then is as before."""

    def scene(step: int) -> Picture:
        scene = with_face(x=320, y=260, face_px=110)
        return add_face(scene, x=-120 + 22 * step, y=230, face_px=190)

    readings = read(analyser, [with_face(x=320, y=260, face_px=110)] * 8 + [scene(step) for step in range(40)])
    customer = readings[0].faces[0].track_id
    for reading in readings:
        for face in reading.faces:
            if face.track_id == customer:
                assert face.box.width_px < 150, "the passer-by is wider"
    assert readings[-1].faces and readings[-1].faces[0].track_id == customer


def test_faces_that_change_places_keep_their_ids(analyser: VisionAnalyser) -> None:
    """Customer and companion walk around each other, the customer in front: both are who they were."""

    def scene(step: int) -> Picture:
        behind = with_face(x=470 - 10 * step, y=200, face_px=90)
        return add_face(behind, x=150 + 10 * step, y=270, face_px=150)

    readings = read(analyser, (scene(step) for step in range(34)))
    ids = {reading.faces[0].track_id for reading in readings if reading.faces}
    assert len(ids) == 1
    nose_x = [reading.faces[0].landmarks_px[1, 0] for reading in readings if reading.faces]
    assert nose_x[0] < 200 and nose_x[-1] > 420
