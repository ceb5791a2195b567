"""Figures about a classifier are what their definitions say."""

import numpy as np
import pytest

from agent.training.scores import calibration_error, confident_prob, score, separation


def test_report_on_four_answers() -> None:
    """Accuracy, F1 by class, coverage and the accuracy of the covered, counted by hand."""
    prob = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.8, 0.0], [0.55, 0.45, 0.0]])
    report = score(prob, np.array([0, 0, 1, 1]), ("cat", "dog", "fox"), confident_prob=0.7, ms_per_item=1.5)
    assert (report.n, report.accuracy, report.ms_per_item) == (4, 0.75, 1.5)
    assert set(report.per_class) == {"cat", "dog"}, "nobody showed a fox"
    assert report.per_class["cat"].precision == pytest.approx(2 / 3) and report.per_class["cat"].recall == 1
    assert report.per_class["dog"].f1 == pytest.approx(2 / 3)
    assert report.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert (report.coverage, report.coverage_accuracy) == (0.5, 1.0)


def test_answers_other_than_the_likeliest() -> None:
    """Where a program answers otherwise than the highest probability says, its answers are what is scored."""
    prob = np.array([[0.9, 0.1], [0.9, 0.1]])
    report = score(prob, np.array([0, 1]), ("a", "b"), confident_prob=0.95, ms_per_item=0, said=np.array([1, 1]))
    assert report.accuracy == 0.5 and report.coverage == 0 and report.coverage_accuracy is None


def test_calibration_error() -> None:
    """Answers that are right as often as their probability says have no error; overconfident ones have the excess."""
    highest = np.full(100, 0.8)
    assert calibration_error(highest, np.arange(100) < 80) == pytest.approx(0)
    assert calibration_error(highest, np.arange(100) < 50) == pytest.approx(0.3)


def test_separation() -> None:
    """All above is 1, all below 0, the same everywhere one half."""
    low, high = np.array([0.1, 0.2]), np.array([0.8, 0.9, 0.7])
    assert (separation(high, low), separation(low, high), separation(low, low)) == (1.0, 0.0, 0.5)


def test_confident_prob() -> None:
    """The threshold is the lowest from which on enough answers are right, and 1 where no threshold is enough."""
    prob = np.array([[0.95, 0.05], [0.85, 0.15], [0.75, 0.25], [0.65, 0.35]])
    assert confident_prob(prob, np.array([0, 0, 1, 1]), 1.0) == 0.76
    assert confident_prob(prob, np.array([0, 0, 0, 1]), 0.7) == 0.0
    assert confident_prob(prob, np.array([1, 1, 1, 1]), 0.5) == 1.0
