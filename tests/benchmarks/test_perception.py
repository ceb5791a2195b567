"""The perception benchmark: our own pipeline is measured on real frames, and a peer that cannot run is named."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av import VideoFrame
from numpy.typing import NDArray

from agent.app.commands.bench import _show_perception
from agent.app.printing import console
from agent.core.errors import NotMedia
from benchmarks import perception
from benchmarks.agreement import face_distance, hand_distance
from benchmarks.face import face_picture
from benchmarks.frame_passes import MAX_HANDS, Frames, Pass, Seen, walk
from benchmarks.perception import Pipeline, decoded, measure
from benchmarks.perception_plot import plot

FRAMES = 8


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of a real face that moves."""
    path = tmp_path_factory.mktemp("clip") / "face.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=Fraction(15))
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for index in range(FRAMES):
            container.mux(stream.encode(VideoFrame.from_ndarray(face_picture(index), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_decodes_as_many_frames_as_asked(clip: Path) -> None:
    """Frames come as planar YUV with times from zero, as many as asked and no more than there are."""
    frames = decoded(clip, 5)
    assert frames.i420.shape == (5, 720, 640) and frames.i420.dtype == np.uint8
    np.testing.assert_allclose(frames.at_ms, np.arange(5) * 1000 / 15, atol=1)
    assert len(decoded(clip, 100).i420) == FRAMES


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    """What cannot be decoded is an error that says which file."""
    path = tmp_path / "words.mp4"
    path.write_text("no video")
    with pytest.raises(NotMedia, match="words.mp4"):
        decoded(path, 5)


@pytest.mark.timeout(120)
async def test_ours_is_measured_and_a_peer_that_fails_is_reported(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stages and costs of our own run stand beside the reason why the peer has none; table and plot take both."""

    async def missing() -> list[str]:
        return ["/nowhere/python"]

    monkeypatch.setattr(perception, "_mediapipe", lambda *_: [Pipeline("mediapipe", "MediaPipe", missing)])
    report = await measure(clip, frames=FRAMES, runs=1, mediapipe=True, face_task=None, hand_task=None)
    assert report.frames_with_face == FRAMES
    assert {"convert", "face_mesh", "expression", "palm_detection"} <= report.stages.keys()
    assert 0 < sum(report.stages.values()) <= report.cpu_ms_per_frame
    assert sum(view.frames for view in report.in_view) == FRAMES
    peer = report.peers["mediapipe"]
    assert not peer.ok and peer.ratio is None and peer.why is not None and "/nowhere/python" in peer.why
    plot(report, tmp_path / "costs.svg")
    assert (tmp_path / "costs.svg").read_text().rstrip().endswith("</svg>")
    with console.capture() as shown:
        _show_perception(report)
    assert "mediapipe did not run" in shown.get()


async def test_mediapipe_without_its_bundle_says_what_to_give(clip: Path, tmp_path: Path) -> None:
    """The tasks pipeline has no model of its own; the reason names the option that gives it one."""
    (_, tasks) = perception._mediapipe(None, None)
    await perception._run(tasks, clip, tmp_path / "out.npz")
    assert tasks.why is not None and "--face-task" in tasks.why


@pytest.mark.timeout(120)
async def test_a_worker_that_breaks_gives_its_last_words(tmp_path: Path) -> None:
    """A peer's traceback ends up in the report, not in silence."""
    broken = Pipeline("broken", "", perception._ours)
    await perception._run(broken, tmp_path / "no frames.npz", tmp_path / "out.npz")
    assert broken.why is not None and "no frames.npz" in broken.why
    assert not broken.passes


def _pass(faces: list[NDArray[np.float32] | None], hands: list[list[NDArray[np.float32]]]) -> Pass:
    return walk(len(faces), lambda number: Seen(faces[number], hands[number]))


def _face(x: float) -> NDArray[np.float32]:
    """A mesh whose eyes are 100 pixels apart, its points `x` to the right."""
    points = np.zeros((468, 2), np.float32)
    points[263, 0] = 100
    return points + np.array((x, 0), np.float32)


def _hand(x: float) -> NDArray[np.float32]:
    """A hand with a palm of 50 pixels, `x` to the right."""
    points = np.zeros((21, 2), np.float32)
    points[9, 1] = -50
    return points + np.array((x, 0), np.float32)


def test_faces_are_compared_where_both_are() -> None:
    """Distances are percentages of the distance between the eyes, over frames in which both found the face."""
    ours = _pass([_face(2), None, _face(2)], [[], [], []])
    theirs = _pass([_face(0), _face(0), None], [[], [], []])
    found = face_distance(ours, theirs)
    assert found is not None
    assert (found.matched, found.median_percent, found.p95_percent) == (1, 2.0, 2.0)
    assert face_distance(_pass([None], [[]]), _pass([None], [[]])) is None


def test_hands_are_matched_whatever_their_order() -> None:
    """Each hand is compared with the one that lies on it; a hand that nobody else found counts for nothing."""
    ours = _pass([None] * 2, [[_hand(300), _hand(5)], [_hand(0)]])
    theirs = _pass([None] * 2, [[_hand(0), _hand(300)], [_hand(200)]])
    found = hand_distance(ours, theirs)
    assert found is not None and found.matched == 2
    assert found.p95_percent == pytest.approx(10.0) and found.median_percent == pytest.approx(5.0, abs=5)


def test_passes_survive_the_way_between_processes(tmp_path: Path) -> None:
    """Frames and passes are read back as they were written, gaps as gaps."""
    frames = Frames(np.zeros((2, 6, 4), np.uint8), np.array([0.0, 40.0]))
    frames.save(tmp_path / "frames.npz")
    assert Frames.load(tmp_path / "frames.npz").i420.shape == (2, 6, 4)
    done = _pass([None, _face(1)], [[], [_hand(1)] * (MAX_HANDS + 1)])
    done.save(tmp_path / "pass.npz")
    back = Pass.load(tmp_path / "pass.npz")
    assert back.has_face.tolist() == [False, True] and back.hand_counts.tolist() == [0, MAX_HANDS]
    np.testing.assert_array_equal(back.cpu_ms, done.cpu_ms)
