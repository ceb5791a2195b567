"""MediaPipe's FaceLandmarker behind the same readings: what is said of our own face reader holds for it too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.errors import ModelMismatch, ModelMissing
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.inference.runtime import Runtime
from agent.perception.face import Face, FaceReader
from agent.perception.face_tracks import KEPT_MS, FaceTracks
from agent.perception.mediapipe_faces import MODEL, Landmarker, MediaPipeFaceReader
from agent.perception.regions import Picture
from agent.perception.trace import FrameTrace
from agent.perception.vision import NO_FACE, VisionAnalyser, VisionState
from agent.perception.vision_pool import VisionPool
from tests.perception.pictures import add_face, clip_frames, consent, frame, with_face

FRAME_MS = 1000 / 15
NOSE = 1

Read = Callable[..., Face | None]


@pytest.fixture(scope="module")
def bundle(shared_data: Path) -> Path:
    path = shared_data / "mediapipe" / "face_landmarker.task"
    if not path.is_file():
        pytest.skip("face_landmarker.task, which no package carries, is not beside this checkout")
    return path


@pytest.fixture(scope="module", params=["onnx", "mediapipe"])
def reader(request: pytest.FixtureRequest, runtime: Runtime) -> FaceReader | MediaPipeFaceReader:
    """Either backend's reader; what follows is asked of both."""
    if request.param == "onnx":
        return FaceReader(runtime, VisionSettings())
    return MediaPipeFaceReader(runtime, VisionSettings(), request.getfixturevalue("bundle"))


@pytest.fixture
def tracks() -> Iterator[FaceTracks]:
    following = FaceTracks()
    yield following
    following.close()


def read(
    reader: FaceReader | MediaPipeFaceReader, tracks: FaceTracks, picture: Picture, at_ms: float = 0.0
) -> Face | None:
    return reader.read(picture, tracks, at_ms, FrameTrace())


@pytest.mark.parametrize(("width", "height", "face_px", "turned_deg"), [(640, 480, 150, 0), (480, 854, 200, -25)])
def test_reads_place_and_tilt(
    reader: FaceReader | MediaPipeFaceReader,
    tracks: FaceTracks,
    width: int,
    height: int,
    face_px: float,
    turned_deg: float,
) -> None:
    """Both backends lay 468 points on the face and agree about its tilt and its mouth."""
    x, y = width / 2, height * 0.55
    picture = with_face(width=width, height=height, x=x, y=y, face_px=face_px, turned_deg=turned_deg)
    face = read(reader, tracks, picture)
    assert face is not None
    assert face.landmarks_px.shape == (468, 3) and face.landmarks_px.dtype == np.float32
    assert not face.landmarks_px.flags.writeable
    np.testing.assert_allclose(face.landmarks_px[:, :2].mean(axis=0), (x, y), atol=0.15 * face_px)
    assert face.pose.roll_deg == pytest.approx(turned_deg + 3, abs=6)
    assert abs(face.pose.yaw_deg) < 15
    assert 0.02 < face.mouth_open < 0.15


def test_a_face_that_moves_stays_the_same(reader: FaceReader | MediaPipeFaceReader, tracks: FaceTracks) -> None:
    """One id while the face moves across the picture, and landmarks that move with it."""
    faces = [
        read(reader, tracks, with_face(x=200 + 10 * number, face_px=130), number * FRAME_MS) for number in range(12)
    ]
    noses = [face.landmarks_px[NOSE, 0] for face in faces if face is not None]
    assert len(noses) == len(faces) and len({face.track_id for face in faces if face is not None}) == 1
    assert noses[-1] - noses[0] == pytest.approx(110, abs=12)


def test_a_face_that_leaves_and_returns(reader: FaceReader | MediaPipeFaceReader, tracks: FaceTracks) -> None:
    """Nothing is read while it is gone; soon after it is the same face, long after it is a new one."""
    empty = np.full((480, 640, 3), 90, np.uint8)
    first = read(reader, tracks, with_face(), 0)
    assert read(reader, tracks, empty, 100) is None
    soon = read(reader, tracks, with_face(x=340), 900)
    assert read(reader, tracks, empty, 1_000) is None
    assert read(reader, tracks, empty, 1_000 + KEPT_MS) is None
    late = read(reader, tracks, with_face(x=340), 5_000 + KEPT_MS)
    assert first is not None and soon is not None and late is not None
    assert soon.track_id == first.track_id != late.track_id


def test_the_larger_of_two_is_read(reader: FaceReader | MediaPipeFaceReader, tracks: FaceTracks) -> None:
    """Of two people the larger is the customer; the other is a box that is counted."""
    picture = add_face(with_face(x=150, face_px=95), x=430, y=240, face_px=140)
    face = read(reader, tracks, picture)
    assert face is not None and face.landmarks_px[NOSE, 0] > 320
    (bystander,) = tracks.bystanders()
    assert bystander.box.left_px < 150 < bystander.box.left_px + bystander.box.width_px


@pytest.mark.shared_data
def test_letters_and_clouds_are_no_face(reader: FaceReader | MediaPipeFaceReader, shared_data: Path) -> None:
    """A cartoon's opening titles hold no face for either backend."""
    tracks = FaceTracks()
    for one in clip_frames(shared_data / "video" / "no_face.mp4", every=4):
        assert read(reader, tracks, one.pixels.rgb(), one.stamp.media_ms) is None
    tracks.close()


@pytest.mark.shared_data
def test_backends_agree(runtime: Runtime, bundle: Path, tracks: FaceTracks) -> None:
    """The same face has the same points, to a few hundredths of the eyes' distance, and nearly the same pose."""
    picture = with_face(face_px=180)
    ours = read(FaceReader(runtime, VisionSettings()), FaceTracks(), picture)
    theirs = read(MediaPipeFaceReader(runtime, VisionSettings(), bundle), tracks, picture)
    assert ours is not None and theirs is not None
    eyes_px = np.linalg.norm(theirs.landmarks_px[33] - theirs.landmarks_px[263])
    apart_px = np.linalg.norm(ours.landmarks_px[:, :2] - theirs.landmarks_px[:, :2], axis=1)
    assert np.median(apart_px) < 0.05 * eyes_px
    assert ours.pose.yaw_deg == pytest.approx(theirs.pose.yaw_deg, abs=6)
    assert ours.presence_prob is not None and theirs.presence_prob is None
    assert ours.blendshapes is None and theirs.blendshapes is not None
    assert len(theirs.blendshapes) == 52
    assert theirs.blendshapes["mouthSmileLeft"] > 0.3 > theirs.blendshapes["eyeBlinkLeft"], "she smiles, eyes open"


@pytest.mark.shared_data
def test_times_that_go_back_are_taken(runtime: Runtime, bundle: Path, tracks: FaceTracks) -> None:
    """MediaPipe refuses times that do not rise; a track that begins anew, or stands still, is read all the same."""
    reader = MediaPipeFaceReader(runtime, VisionSettings(), bundle)
    for at_ms in (5_000.0, 5_000.2, 5_040.0, 0.0, 33.0, 33.0, 70.0):
        assert read(reader, tracks, with_face(), at_ms) is not None


@pytest.mark.shared_data
def test_the_whole_frame_is_read_with_it(runtime: Runtime, bundle: Path) -> None:
    """`perception.backend` changes who reads the mesh; expression is read by our own model, and runs are counted."""
    settings = PerceptionSettings(backend="mediapipe", face_landmarker=bundle)
    analyser = VisionAnalyser(runtime, VisionSettings(), FakeClock(), perception=settings)
    state = VisionState(consent(Purpose.EXPRESSION))
    reading = analyser.analyse(frame(with_face(face_px=180)), state)
    (face,) = reading.faces
    assert face.blendshapes is not None and face.expression is not None and face.expression.valid
    assert dict(state.model_runs) == {MODEL: 1, "expression": 1}
    assert analyser.analyse(frame(np.zeros((480, 640, 3), np.uint8), at_ms=40), state).reason == NO_FACE
    state.close()


@pytest.mark.shared_data
def test_a_withdrawn_consent_closes_the_landmarker(runtime: Runtime, bundle: Path) -> None:
    """What MediaPipe remembers of a face goes with the consent to read it, and comes back with it."""
    settings = PerceptionSettings(backend="mediapipe", face_landmarker=bundle)
    analyser = VisionAnalyser(runtime, VisionSettings(), FakeClock(), perception=settings)
    state = VisionState(consent(Purpose.EXPRESSION))
    analyser.analyse(frame(with_face()), state)
    follower = state.faces.follower
    assert isinstance(follower, Landmarker)
    state.consent = consent(Purpose.GESTURE)
    assert analyser.analyse(frame(with_face(), at_ms=40), state).faces == ()
    assert state.faces.follower is None
    state.consent = consent(Purpose.EXPRESSION)
    assert analyser.analyse(frame(with_face(), at_ms=80), state).faces
    assert state.faces.follower is not follower
    state.close()


@pytest.mark.shared_data
@pytest.mark.timeout(60)
async def test_the_pool_closes_what_its_calls_leave(runtime: Runtime, bundle: Path, clock: FakeClock) -> None:
    """A call's landmarker is closed when the call is, and those of calls still open when the pool stops."""
    settings = PerceptionSettings(backend="mediapipe", face_landmarker=bundle)
    pool = VisionPool(runtime, VisionSettings(threads=2), clock, perception=settings)
    await pool.start()
    states = []
    for call_id in ("one", "two"):
        pool.open_call(call_id, consent(Purpose.EXPRESSION))
        states.append(pool._call(call_id).state)
        picture = replace(frame(with_face()), call_id=call_id)
        assert (await pool.submit(call_id, picture, clock.now_ns() + 10**9)).valid
    assert all(state.faces.follower is not None for state in states)
    pool.close_call("one")
    await pool.stop()
    assert [state.faces.follower for state in states] == [None, None]


def test_a_missing_bundle_says_where_to_get_it(runtime: Runtime, tmp_path: Path) -> None:
    """Without the setting, or with a path to nothing, the start fails with the remedy."""
    with pytest.raises(ModelMissing, match=r"face_landmarker is not set\. Get it from http"):
        VisionAnalyser(runtime, VisionSettings(), perception=PerceptionSettings(backend="mediapipe"))
    with pytest.raises(ModelMissing, match="nothing.task is not there"):
        MediaPipeFaceReader(runtime, VisionSettings(), tmp_path / "nothing.task")


def test_another_file_is_refused(runtime: Runtime, tmp_path: Path) -> None:
    """A file that is no bundle is named at the start, not at the first frame."""
    path = tmp_path / "words.task"
    path.write_text("no bundle")
    with pytest.raises(ModelMismatch, match=r"words\.task is no face_landmarker\.task"):
        MediaPipeFaceReader(runtime, VisionSettings(), path)


def test_a_missing_package_is_named(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where MediaPipe cannot be imported the error says what to install or set."""
    path = tmp_path / "any.task"
    path.write_text("")

    def missing(name: str) -> None:
        raise ImportError(f"no {name}")

    monkeypatch.setattr("agent.perception.mediapipe_faces.import_module", missing)
    with pytest.raises(ModelMissing, match=r"no mediapipe.*perception\.backend to onnx"):
        MediaPipeFaceReader(runtime, VisionSettings(), path)
