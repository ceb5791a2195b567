"""The customer's face is followed through moving pictures: found, read, lost, found again."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.core.settings import VisionSettings
from agent.inference.runtime import Runtime
from agent.perception.face import Face, FaceReader
from agent.perception.face_tracks import KEPT_MS, FaceTracks
from agent.perception.regions import Picture
from agent.perception.trace import FrameTrace
from tests.perception.pictures import add_face, clip_frames, with_face

FRAME_MS = 1000 / 15
NOSE = 1


@pytest.fixture(scope="module")
def reader(runtime: Runtime) -> FaceReader:
    return FaceReader(runtime, VisionSettings())


def read(
    reader: FaceReader, tracks: FaceTracks, picture: Picture, at_ms: float = 0.0
) -> tuple[Face | None, dict[str, int]]:
    """The face, and which models ran how often."""
    trace = FrameTrace()
    return reader.read(picture, tracks, at_ms, trace), dict(trace.model_runs)


@pytest.mark.parametrize(
    ("width", "height", "face_px", "turned_deg"),
    [
        (640, 480, 120, 0),
        (640, 480, 150, 35),
        (640, 480, 150, -35),
        (1920, 1080, 420, 10),
        (120, 90, 40, 0),
        (480, 854, 200, 0),
    ],
)
def test_reads_place_and_tilt(reader: FaceReader, width: int, height: int, face_px: float, turned_deg: float) -> None:
    """The mesh lies on the face at any size and tilt; roll is the tilt, the portrait's own 3 degrees included."""
    x, y = width / 2, height * 0.55
    picture = with_face(width=width, height=height, x=x, y=y, face_px=face_px, turned_deg=turned_deg)
    face, _ = read(reader, FaceTracks(), picture)
    assert face is not None and face.presence_prob is not None and face.presence_prob > 0.9
    assert face.landmarks_px.shape == (468, 3) and face.landmarks_px.dtype == np.float32
    assert not face.landmarks_px.flags.writeable
    middle = face.landmarks_px[:, :2].mean(axis=0)
    np.testing.assert_allclose(middle, (x, y), atol=0.15 * face_px)
    assert face.pose.roll_deg == pytest.approx(turned_deg + 3, abs=6)
    assert abs(face.pose.yaw_deg) < 15
    if face_px < 50:
        assert face.eyes_open is None, "too small to tell"
    else:
        assert face.eyes_open is not None and 0.075 < face.eyes_open < 0.12
    assert 0.02 < face.mouth_open < 0.15, "the astronaut smiles with her teeth showing"


def test_a_mirrored_picture_has_mirrored_angles(reader: FaceReader) -> None:
    """Yaw and roll change sign with the picture, pitch does not."""
    picture = with_face(face_px=180, turned_deg=20)
    face, _ = read(reader, FaceTracks(), picture)
    mirrored, _ = read(reader, FaceTracks(), np.ascontiguousarray(picture[:, ::-1]))
    assert face is not None and mirrored is not None
    assert mirrored.pose.roll_deg == pytest.approx(-face.pose.roll_deg, abs=3)
    assert mirrored.pose.yaw_deg == pytest.approx(-face.pose.yaw_deg, abs=3)
    assert mirrored.pose.pitch_deg == pytest.approx(face.pose.pitch_deg, abs=3)


def test_follows_a_moving_face_without_the_detector(reader: FaceReader) -> None:
    """While the face moves across the picture the detector runs once a second, and landmarks move with the face."""
    tracks = FaceTracks()
    noses, detections, ids = [], 0, set()
    for number in range(20):
        face, runs = read(reader, tracks, with_face(x=200 + 10 * number, face_px=130), number * FRAME_MS)
        assert face is not None
        noses.append(face.landmarks_px[NOSE, 0])
        ids.add(face.track_id)
        detections += runs.get("face_detection", 0)
    assert detections == 2
    assert len(ids) == 1
    np.testing.assert_allclose(np.diff(noses), 10, atol=3)


def test_a_face_that_leaves_and_returns(reader: FaceReader) -> None:
    """Nothing is read while it is gone; soon after it is the same face, long after it is a new one."""
    tracks, empty = FaceTracks(), np.full((480, 640, 3), 90, np.uint8)
    first, _ = read(reader, tracks, with_face(), 0)
    assert read(reader, tracks, empty, 100)[0] is None
    assert read(reader, tracks, empty, 200)[0] is None
    soon, _ = read(reader, tracks, with_face(x=380), 900)
    assert read(reader, tracks, empty, 1_000)[0] is None
    assert read(reader, tracks, empty, 1_000 + KEPT_MS)[0] is None
    late, _ = read(reader, tracks, with_face(x=380), 5_000 + KEPT_MS)
    assert first is not None and soon is not None and late is not None
    assert soon.track_id == first.track_id != late.track_id


def test_a_jump_across_the_picture_is_found_in_the_same_frame(reader: FaceReader) -> None:
    """A face that is not where it was is searched at once, not a second later."""
    tracks = FaceTracks()
    read(reader, tracks, with_face(x=150), 0)
    face, runs = read(reader, tracks, with_face(x=350), 67)
    assert face is not None
    assert face.landmarks_px[NOSE, 0] == pytest.approx(350, abs=20)
    assert runs["face_detection"] == 1


def test_bystanders_cost_no_mesh(reader: FaceReader) -> None:
    """With two people the larger is read; the other is a box and costs the detector only."""
    tracks = FaceTracks()
    picture = add_face(with_face(x=150, face_px=95), x=430, y=240, face_px=140)
    face, runs = read(reader, tracks, picture)
    assert face is not None and face.landmarks_px[NOSE, 0] > 320
    (bystander,) = tracks.bystanders()
    assert bystander.box.left_px < 150 < bystander.box.left_px + bystander.box.width_px
    assert runs == {"face_detection": 1, "face_landmark": 1}


def test_a_small_face_is_found_by_looking_closer(reader: FaceReader) -> None:
    """A face too small for the whole picture is read in the second frame, from the middle, and then followed."""
    tracks = FaceTracks()
    picture = with_face(width=1280, height=720, x=600, y=380, face_px=100)
    assert read(reader, tracks, picture, 0)[0] is None
    for number in range(1, 20):
        face, runs = read(reader, tracks, picture, number * FRAME_MS)
        assert face is not None
        assert runs["face_landmark"] == 1


@pytest.mark.parametrize("turned_deg", [90, 180])
def test_a_camera_on_its_side_is_no_crash(reader: FaceReader, turned_deg: float) -> None:
    """A face lying down or upside down is read or not, but what is read lies on it."""
    face, _ = read(reader, FaceTracks(), with_face(face_px=150, turned_deg=turned_deg))
    if face is not None:
        np.testing.assert_allclose(face.landmarks_px[:, :2].mean(axis=0), (320, 240), atol=40)


@pytest.mark.parametrize("change", ["grey", "dark", "overexposed", "blurred"])
def test_reads_poor_pictures_or_says_nothing(reader: FaceReader, change: str) -> None:
    """Grey, dark, bright and blurred faces: never a mesh away from the face."""
    picture = with_face(face_px=150)
    if change == "grey":
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    elif change == "dark":
        picture = (picture * 0.15).astype(np.uint8)
    elif change == "overexposed":
        picture = np.clip(picture.astype(np.int32) * 2 + 60, 0, 255).astype(np.uint8)
    else:
        picture = cv2.GaussianBlur(picture, (0, 0), 6).astype(np.uint8, copy=False)
    face, _ = read(reader, FaceTracks(), picture)
    if face is not None:
        np.testing.assert_allclose(face.landmarks_px[:, :2].mean(axis=0), (320, 240), atol=30)
    assert face is not None or change != "grey"


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_no_face(reader: FaceReader, seed: int) -> None:
    """What the detector takes for a face in noise, the mesh refuses."""
    noise = np.random.default_rng(seed).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert read(reader, FaceTracks(), noise)[0] is None


@pytest.mark.shared_data
def test_letters_and_clouds_are_no_face(reader: FaceReader, shared_data: Path) -> None:
    """In a cartoon's opening titles the detector fires now and then; nothing is read."""
    tracks = FaceTracks()
    for frame in clip_frames(shared_data / "video" / "no_face.mp4"):
        assert read(reader, tracks, frame.pixels.rgb(), frame.stamp.media_ms)[0] is None
        assert tracks.bystanders() == ()
