"""Hands are read from arrays as HaGRID and others give them, and are disturbed without losing what they show."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from agent.core.errors import DataRejected
from agent.core.types import GESTURES
from agent.perception.hand_features import gesture_features
from agent.training import gesture, hands
from agent.training.softmax import softmax


def write(file: Path, **arrays: object) -> Path:
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file


def test_hagrid_names(tmp_path: Path) -> None:
    """Landmarks with depth, handedness and picture; classes in our words, unnamed ones none."""
    names = np.array(["like", "mute", "stop", "rock", "no_gesture"])
    file = write(tmp_path / "h.npz", lm=np.ones((5, 21, 3)), label=np.arange(5), names=names,
                 right=np.array([0.9, 0.1, 0.9, 0.9, 0.9]), image_id=np.array(["a", "b", "b", "c", "d"]))  # fmt: skip
    found = hands.load_hands(file)
    assert [GESTURES[sign] for sign in found.sign] == ["thumbs_up", "pointing", "open_palm", "none", "none"]
    assert found.left is not None and found.left.tolist() == [False, True, False, False, False]
    assert found.source[1] == found.source[2] != found.source[0]


def test_flat_points(tmp_path: Path) -> None:
    """42 values a hand are 21 points without depth, of an unknown side."""
    file = write(
        tmp_path / "k.npz", x=np.arange(84.0).reshape(2, 42), y=np.array([1, 0]), names=np.array(["open", "close"])
    )
    found = hands.load_hands(file)
    assert found.points.shape == (2, 21, 3) and found.points[0, 1].tolist() == [2, 3, 0] and found.left is None
    assert [GESTURES[sign] for sign in found.sign] == ["fist", "open_palm"]


@pytest.mark.parametrize("arrays", [{}, {"x": np.zeros((2, 40)), "y": np.zeros(2), "names": np.array(["ok"])}])
def test_refused(tmp_path: Path, arrays: dict[str, object]) -> None:
    """Arrays that are missing or do not hold 21 points are refused by the file's name."""
    with pytest.raises(DataRejected, match=r"bad\.npz"):
        hands.load_hands(write(tmp_path / "bad.npz", **arrays))


def test_no_npz(tmp_path: Path) -> None:
    """A file of another kind is refused."""
    file = tmp_path / "hands.npz"
    file.write_text("no archive")
    with pytest.raises(DataRejected, match="npz"):
        hands.load_hands(file)


def some_hands(count: int, seed: int = 0) -> hands.Hands:
    rng = np.random.default_rng(seed)
    return hands.Hands(
        points=rng.normal(100, 20, (count, 21, 3)).astype(np.float32),
        left=rng.random(count) < 0.5,
        sign=rng.integers(0, len(GESTURES), count),
        source=np.arange(count),
    )


def test_first_of_each() -> None:
    """The first share of every sign is taken, in the order of filming."""
    few = some_hands(6)
    few = hands.Hands(points=few.points, left=few.left, sign=np.array([1, 2, 1, 2, 1, 1]), source=few.source)
    assert gesture.first_of_each(few, 0.5).tolist() == [True, True, True, False, False, False]


@pytest.mark.timeout(60)
def test_exported_members_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ONNX file answers with the mean of its members, divided by the temperature."""
    monkeypatch.setattr(gesture, "EPOCHS", 1)
    known = some_hands(300)
    members = gesture.train_members(known, None, count=2)
    file = tmp_path / "gesture.onnx"
    gesture.export_members(members, 0.7, file)
    assert known.left is not None
    features = gesture_features(known.points, known.left)
    (prob,) = ort.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"features": features})
    np.testing.assert_allclose(prob, softmax(gesture.member_logits(members, known) / 0.7), atol=1e-4)
