"""Softmax regression finds the minimum of what it minimises, and calibration the temperature that was put in."""

import numpy as np
import pytest

from agent.training.softmax import fit_linear, fit_temperature, fit_vector_scale, softmax


def test_minimum() -> None:
    """At the solution the slope of penalised cross-entropy is zero, which a numerical derivative confirms."""
    rng = np.random.default_rng(0)
    features, label, penalty = rng.normal(size=(60, 4)), rng.integers(0, 3, 60), 0.05
    fitted = fit_linear(features, label, 3, penalty=penalty)

    def loss(change: float, row: int, column: int) -> float:
        weights = fitted.weights.copy()
        weights[row, column] += change
        prob = softmax(features @ weights + fitted.bias)
        return float(-np.log(prob[np.arange(60), label]).mean() + penalty / 2 * (weights**2).sum())

    for row, column in ((0, 0), (3, 2), (1, 1)):
        assert (loss(1e-4, row, column) - loss(-1e-4, row, column)) / 2e-4 == pytest.approx(0, abs=1e-4)


def test_separable_classes() -> None:
    """Three clouds that lie apart are told apart without a mistake."""
    rng = np.random.default_rng(1)
    label = np.repeat(np.arange(3), 30)
    features = np.eye(3)[label] * 4 + rng.normal(size=(90, 3)) * 0.3
    fitted = fit_linear(features, label, 3, penalty=1e-3)
    assert (fitted.logits(features).argmax(axis=1) == label).all()


def test_weights_count() -> None:
    """A row that counts nothing changes nothing."""
    features, label = np.array([[1.0], [-1.0], [5.0]]), np.array([0, 1, 1])
    weighted = fit_linear(features, label, 2, penalty=0.1, weight=np.array([1.0, 1.0, 0.0]))
    without = fit_linear(features[:2], label[:2], 2, penalty=0.1)
    np.testing.assert_allclose(weighted.weights, without.weights, atol=1e-4)


def test_temperature() -> None:
    """Logits that are three times too large are divided by three."""
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(20_000, 4)) * 2
    label = np.array([rng.choice(4, p=row) for row in softmax(logits)])
    assert fit_temperature(logits * 3, label) == pytest.approx(3, rel=0.06)


def test_vector_scale_undoes_sharpening_and_a_shift() -> None:
    """Logits that were sharpened and of which one class was favoured come back to the probabilities they had."""
    rng = np.random.default_rng(4)
    honest = rng.normal(0, 1.5, (20_000, 4))
    prob = softmax(honest)
    label = (prob.cumsum(axis=1) < rng.random((len(prob), 1))).sum(axis=1)
    factor, offsets = fit_vector_scale(honest * 2.5 + np.array([1.0, 0, 0, 0]), label)
    assert factor == pytest.approx(0.4, rel=0.05)
    restored = softmax(factor * (honest * 2.5 + np.array([1.0, 0, 0, 0])) + offsets)
    assert np.abs(restored - prob).mean() < 0.01
    assert offsets.sum() == pytest.approx(0, abs=1e-9)


def test_single_precision_gives_the_same_classifier() -> None:
    """Features in single precision are fitted in it, which is half the memory, and answers are those of double."""
    rng = np.random.default_rng(3)
    label = np.repeat(np.arange(3), 40)
    features = rng.normal(size=(120, 8)) + 2 * np.eye(3, 8)[label]
    double = fit_linear(features, label, 3, penalty=0.01)
    single = fit_linear(features.astype(np.float32), label, 3, penalty=0.01)
    np.testing.assert_allclose(single.logits(features), double.logits(features), atol=2e-2)
    assert single.weights.dtype == np.float64
