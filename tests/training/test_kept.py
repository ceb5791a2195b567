"""Perceptrons are trained once, and anew when anything they depend on has changed."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.types import GESTURES
from agent.training import gesture
from agent.training.kept import KeptPerceptrons
from agent.training.perceptron import Perceptron
from agent.training.progress import unheard


def a_perceptron(value: float) -> Perceptron:
    return Perceptron(
        mean=np.zeros(2, np.float32),
        deviation=np.ones(2, np.float32),
        weights=(np.full((2, 3), value, np.float32), np.eye(3, dtype=np.float32)),
        biases=(np.zeros(3, np.float32), np.full(3, value, np.float32)),
    )


def opened(work: Path, data: Path, settings: str = "") -> KeptPerceptrons:
    return KeptPerceptrons(work, files=[data], settings=settings, expected=2, progress=unheard)


def test_a_kept_perceptron_is_not_trained_again(tmp_path: Path) -> None:
    """What is taken a second time is what was trained the first time, whatever would be trained now."""
    data = tmp_path / "data"
    data.write_text("1")
    first = opened(tmp_path / "work", data).take("one", lambda: a_perceptron(0.5))
    again = opened(tmp_path / "work", data).take("one", lambda: a_perceptron(9.0))
    for left, right in zip((*first.weights, *first.biases), (*again.weights, *again.biases), strict=True):
        np.testing.assert_array_equal(left, right)
    features = np.array([[1.0, -2.0]], np.float32)
    np.testing.assert_array_equal(again.logits(features), a_perceptron(0.5).logits(features))


def test_what_is_stale_is_left(tmp_path: Path) -> None:
    """Changed data and another seed train anew."""
    data = tmp_path / "data"
    data.write_text("1")
    opened(tmp_path / "work", data).take("one", lambda: a_perceptron(0.5))
    other_seed = opened(tmp_path / "work", data, "seed 2").take("one", lambda: a_perceptron(2.0))
    data.write_text("2")
    other_data = opened(tmp_path / "work", data).take("one", lambda: a_perceptron(3.0))
    assert (other_seed.biases[1][0], other_data.biases[1][0]) == (2.0, 3.0)


@pytest.mark.timeout(120)
def test_a_stopped_training_of_gestures_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after two perceptrons, a run trains only those that are missing, and ends with the file of one that was
    never stopped."""
    for name, value in (("EPOCHS", 1), ("FOLDS", 2)):
        monkeypatch.setattr(gesture, name, value)
    rng = np.random.default_rng(1)
    label, right = np.arange(60) % len(GESTURES), rng.random(60)
    points = rng.normal(100, 20, (60, 21, 3))
    np.savez(tmp_path / "hands.npz", lm=points, label=label, names=np.array(GESTURES), right=right)
    heard: list[str] = []

    def stop_at_the_third(stage: str, share: float, note: str = "") -> None:
        heard.append(note)
        if share == 2 / 5 and heard.count(note) == 1:
            raise KeyboardInterrupt

    def run(work: str, file: str, stopped: bool = False) -> str:
        progress = stop_at_the_third if stopped else unheard
        done = gesture.train(tmp_path / "hands.npz", tmp_path / work, tmp_path / file, progress=progress)
        assert done.held_out and done.cpu_s > 0
        return done.sha256

    with pytest.raises(KeyboardInterrupt):
        run("a", "a.onnx", stopped=True)
    before = len(list((tmp_path / "a").glob("*/*.npz")))
    assert before == 2 and not (tmp_path / "a.onnx").exists()
    assert run("a", "a.onnx") == run("b", "b.onnx")
    assert len(list((tmp_path / "a").glob("*/*.npz"))) == gesture.FOLDS + gesture.MEMBERS
