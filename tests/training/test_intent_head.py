"""An intent head tells intents apart, knows what it was not taught, and is the same once it is an ONNX file."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from agent.training.intent import export_head
from agent.training.intent_head import MOST_EXAMPLES, OUTSIDE, IntentHead, fit_head, some

WIDTH = 384


def cloud(rng: np.random.Generator, centre: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """Unit vectors about one direction."""
    points = centre + rng.normal(size=(count, WIDTH)) * 0.04
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def lines() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Three intents and lines outside of them, 24 of each."""
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(4, WIDTH)) / np.sqrt(WIDTH)
    embeddings = np.concatenate([cloud(rng, centre, 24) for centre in centres])
    return embeddings, np.repeat(np.array([0, 1, 2, OUTSIDE]), 24)


@pytest.fixture(scope="module")
def head(lines: tuple[NDArray[np.float32], NDArray[np.int64]]) -> IntentHead:
    return fit_head(*lines)


def test_intents_and_scope(head: IntentHead, lines: tuple[NDArray[np.float32], NDArray[np.int64]]) -> None:
    """Every line gets its intent, and lines outside are less in scope than any inside."""
    embeddings, label = lines
    known = label != OUTSIDE
    prob, in_scope = head.read(embeddings)
    assert prob.shape == (96, 3)
    np.testing.assert_allclose(prob.sum(axis=1), 1)
    assert (prob.argmax(axis=1)[known] == label[known]).all()
    assert in_scope[known].min() > 0.5 > in_scope[~known].max()


def test_untaught_scope(lines: tuple[NDArray[np.float32], NDArray[np.int64]]) -> None:
    """A head that saw no line outside still finds strange lines less in scope."""
    embeddings, label = lines
    known = label != OUTSIDE
    head = fit_head(embeddings[known], label[known])
    _, in_scope = head.read(embeddings)
    assert in_scope[known].min() > in_scope[~known].max()


def test_exported_head_agrees(
    head: IntentHead, lines: tuple[NDArray[np.float32], NDArray[np.int64]], tmp_path: Path
) -> None:
    """The ONNX file answers what the head answers."""
    file = tmp_path / "intent.onnx"
    export_head(head, file)
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    prob, in_scope = session.run(None, {"features": lines[0]})
    wanted_prob, wanted_in_scope = head.read(lines[0])
    np.testing.assert_allclose(prob, wanted_prob, atol=1e-4)
    np.testing.assert_allclose(in_scope[:, 0], wanted_in_scope, atol=1e-4)


def test_a_head_without_lines_outside_agrees_as_well(
    lines: tuple[NDArray[np.float32], NDArray[np.int64]], tmp_path: Path
) -> None:
    """Nothing outside is near nothing: the file and the head say so alike."""
    embeddings, label = lines
    head = fit_head(embeddings[label != OUTSIDE], label[label != OUTSIDE])
    export_head(head, tmp_path / "intent.onnx")
    session = ort.InferenceSession(tmp_path / "intent.onnx", providers=["CPUExecutionProvider"])
    (in_scope,) = session.run(["in_scope_prob"], {"features": embeddings})
    np.testing.assert_allclose(in_scope[:, 0], head.read(embeddings)[1], atol=1e-4)


def test_of_very_many_examples_some_of_every_intent_are_compared() -> None:
    """More lines than are compared with each line still leave every intent with as many as the next."""
    rng = np.random.default_rng(1)
    label = np.repeat(np.arange(5), MOST_EXAMPLES // 4)
    embeddings = np.concatenate([cloud(rng, centre, MOST_EXAMPLES // 4) for centre in np.eye(5, WIDTH)])
    kept = some(embeddings, label)
    near = (kept @ np.eye(5, WIDTH, dtype=np.float32).T).argmax(axis=1)
    counts = np.bincount(near)
    assert len(kept) == MOST_EXAMPLES and counts.max() - counts.min() <= 2
