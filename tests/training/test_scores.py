"""Figures about a classifier are what their definitions say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.training.scores import Answers, calibration_error, confident_prob, curves, score, separation, wilson


def test_report_on_four_answers() -> None:
    """Accuracy, F1 by class, coverage and the accuracy of the covered, counted by hand."""
    prob = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.8, 0.0], [0.55, 0.45, 0.0]])
    report = score(Answers(prob=prob, label=np.array([0, 0, 1, 1]), names=("cat", "dog", "fox"), confident_prob=0.7))
    assert (report.n, report.accuracy, report.confident_prob) == (4, 0.75, 0.7)
    assert set(report.per_class) == {"cat", "dog"}, "nobody showed or named a fox"
    assert report.per_class["cat"].precision == pytest.approx(2 / 3) and report.per_class["cat"].recall == 1
    assert report.per_class["dog"].f1 == pytest.approx(2 / 3)
    assert report.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert (report.coverage, report.coverage_accuracy) == (0.5, 1.0)


def test_answers_other_than_the_likeliest() -> None:
    """Where a program answers otherwise than the highest probability says, its answers are what is scored."""
    prob = np.array([[0.9, 0.1], [0.9, 0.1]])
    answers = Answers(prob=prob, label=np.array([0, 1]), names=("a", "b"), confident_prob=0.95, said=np.array([1, 1]))
    report = score(answers)
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


def test_curves() -> None:
    """Confusions are counted by right class and answer; more sure means fewer answers."""
    prob = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.8, 0.0], [0.55, 0.45, 0.0]])
    drawn = curves(Answers(prob=prob, label=np.array([0, 0, 1, 1]), names=("cat", "dog", "fox")))
    assert drawn.names == ["cat", "dog"] and drawn.confusion == [[2, 0], [1, 1]]
    assert sum(count for _, _, count in drawn.reliability) == 4
    assert drawn.coverage[0] == (0.0, 1.0, 0.75) and drawn.coverage[-1] == (0.9, 0.25, 1.0)


def test_wilson() -> None:
    """The bounds for 8 right of 10 are the known ones, and none lies outside of 0 and 1."""
    assert wilson(8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert wilson(0, 5)[0] == 0 and wilson(5, 5)[1] == 1


@st.composite
def some_answers(draw: st.DrawFn) -> Answers:
    """Up to 60 answers of five classes, of all degrees of sureness."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 60))
    prob = rng.dirichlet(np.full(5, draw(st.sampled_from((0.05, 0.5, 5.0)))), count)
    return Answers(prob=prob, label=rng.integers(0, 5, count), names=tuple("abcde"), confident_prob=0.6)


@settings(deadline=None)
@given(some_answers(), st.integers(0, 2**32))
def test_order_does_not_matter(answers: Answers, seed: int) -> None:
    """Items in another order give the same figures, and so do classes in another order."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(answers)), rng.permutation(5)
    place = np.argsort(columns)
    other = Answers(
        prob=answers.prob[rows][:, columns],
        label=place[answers.label[rows]],
        names=tuple(answers.names[column] for column in columns),
        confident_prob=0.6,
    )
    one, two = score(answers), score(other)
    for name in ("n", "accuracy", "coverage", "coverage_accuracy", "per_class"):
        assert getattr(one, name) == getattr(two, name), name
    assert (one.macro_f1, one.ece) == pytest.approx((two.macro_f1, two.ece))


@settings(deadline=None)
@given(some_answers())
def test_figures_stay_in_bounds(answers: Answers) -> None:
    """Shares lie between 0 and 1, supports and confusions add up to the items, coverage falls as thresholds rise."""
    scores, drawn = score(answers), curves(answers)
    low, high = scores.accuracy_95
    assert 0 <= low <= scores.accuracy <= high <= 1
    assert 0 <= scores.ece <= 1 and 0 <= scores.macro_f1 <= 1
    assert sum(one.support for one in scores.per_class.values()) == scores.n == np.sum(drawn.confusion)
    covered = [share for _, share, _ in drawn.coverage]
    assert covered == sorted(covered, reverse=True) and covered[0] == 1
    assert np.trace(np.array(drawn.confusion)) == pytest.approx(scores.accuracy * scores.n)


@pytest.mark.parametrize("spread", [0.2, 1.0, 3.0])
def test_answers_drawn_from_their_own_probabilities_are_calibrated(spread: float) -> None:
    """Labels drawn with the probabilities that are claimed give a calibration error near zero; when the claims
    are sharpened, it is not."""
    rng = np.random.default_rng(8)
    prob = rng.dirichlet(np.full(6, spread), 40_000)
    label = (rng.random((len(prob), 1)) > prob.cumsum(axis=1)).sum(axis=1).clip(max=5)
    sharp = prob**3 / (prob**3).sum(axis=1, keepdims=True)
    honest, boastful = (score(Answers(prob=each, label=label, names=tuple("abcdef"))).ece for each in (prob, sharp))
    assert honest < 0.01 and boastful > honest + 0.05
