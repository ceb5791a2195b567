"""The perceptron learns what no straight line can."""

import numpy as np
from numpy.typing import NDArray

from agent.training.perceptron import Floats, fit_perceptron


def test_learns_a_ring() -> None:
    """Inside and outside of a circle are told apart on new points; the same seed gives the same perceptron."""

    def draw(rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        points = rng.normal(size=(1_024, 2)).astype(np.float32)
        return points, (np.linalg.norm(points, axis=1) > 1.2).astype(np.int64)

    one, same = (fit_perceptron(draw, 2, (16, 16), epochs=40, seed=3) for _ in range(2))
    points, label = draw(np.random.default_rng(99))
    assert (one.logits(points).argmax(axis=1) == label).mean() > 0.93
    np.testing.assert_array_equal(one.logits(points), same.logits(points))
