"""How good a classifier's answers are: accuracy, F1, calibration, and what is left when it may keep silent."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal width, for the expected calibration error (Guo et al., On Calibration of Modern Neural Networks, 2017)."""
Z_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""
CURVE_STEPS = 100


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """One class: how many there were, and how well they were found."""

    support: int
    precision: float
    recall: float
    f1: float


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Figures about answers. Shares lie between 0 and 1."""

    n: int
    """Items that have a right answer."""
    accuracy: float
    accuracy_95: tuple[float, float]
    """Where the accuracy on many more such items lies with 95 % confidence (Wilson, 1927)."""
    macro_f1: float
    """Mean over the classes that occur."""
    per_class: dict[str, ClassScore]
    """Classes that occur."""
    ece: float
    """Expected calibration error of the highest probability, over `BINS` bins of equal width (Guo et al., 2017)."""
    coverage: float
    """Share of the items whose highest probability reaches `confident_prob`."""
    coverage_accuracy: float | None
    """Accuracy on those; None when there are none."""
    confident_prob: float
    """The threshold, frozen when the model was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a classifier answered to n items, and what was right."""

    prob: NDArray[np.floating]
    """(n, classes), rows sum to one."""
    label: NDArray[np.integer]
    """(n,) index of the right class."""
    names: tuple[str, ...]
    """Of the classes."""
    confident_prob: float = 0.0
    said: NDArray[np.integer] | None = None
    """(n,) the answers, where they are not the likeliest classes."""

    def __len__(self) -> int:
        return len(self.label)

    @property
    def answer(self) -> NDArray[np.integer]:
        """(n,) index of the class that was answered."""
        return self.prob.argmax(axis=1) if self.said is None else self.said

    def take(self, rows: NDArray[np.bool_]) -> "Answers":
        """The answers to some of the items."""
        return Answers(
            prob=self.prob[rows],
            label=self.label[rows],
            names=self.names,
            confident_prob=self.confident_prob,
            said=None if self.said is None else self.said[rows],
        )


def score(answers: Answers) -> Scores:
    """The figures of at least one answer."""
    answer, label = answers.answer, answers.label
    right = answer == label
    highest = answers.prob.max(axis=1)
    sure = highest >= answers.confident_prob
    per_class = {answers.names[each]: _class_score(answer == each, label == each) for each in np.unique(label)}
    return Scores(
        n=len(answers),
        accuracy=float(right.mean()),
        accuracy_95=wilson(int(right.sum()), len(answers)),
        macro_f1=float(np.mean([one.f1 for one in per_class.values()])),
        per_class=per_class,
        ece=calibration_error(highest, answers.prob.argmax(axis=1) == label),
        coverage=float(sure.mean()),
        coverage_accuracy=float(right[sure].mean()) if sure.any() else None,
        confident_prob=answers.confident_prob,
    )


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """What the plots are drawn from."""

    names: list[str]
    """Classes that occur or were answered, in the model's order: rows and columns of `confusion`."""
    confusion: list[list[int]]
    """Items by right class (row) and answer (column)."""
    reliability: list[tuple[float, float, int]]
    """Mean highest probability, share of it that was right, and number of items, of each bin that holds any."""
    coverage: list[tuple[float, float, float]]
    """Threshold, share of the items that reach it, accuracy on those; thresholds rise until none does."""


def curves(answers: Answers) -> Curves:
    """Confusion matrix, reliability diagram and coverage curve."""
    answer, label = answers.answer, answers.label
    met = np.unique(np.concatenate([label, answer]))
    counts = np.zeros((len(answers.names), len(answers.names)), dtype=np.int64)
    np.add.at(counts, (label, answer), 1)
    highest, right = answers.prob.max(axis=1), answer == label
    likeliest_right = answers.prob.argmax(axis=1) == label
    bins = _bins(highest)
    held = [(highest[rows], likeliest_right[rows]) for rows in (bins == each for each in range(BINS)) if rows.any()]
    covered = [(step / CURVE_STEPS, highest >= step / CURVE_STEPS) for step in range(CURVE_STEPS)]
    return Curves(
        names=[answers.names[each] for each in met],
        confusion=counts[np.ix_(met, met)].tolist(),
        reliability=[(float(prob.mean()), float(hit.mean()), len(prob)) for prob, hit in held],
        coverage=[(at, float(sure.mean()), float(right[sure].mean())) for at, sure in covered if sure.any()],
    )


def calibration_error(highest: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Mean distance between probability and accuracy over `BINS` bins of probability, weighted by their sizes."""
    place = _bins(highest)
    gaps = [abs(highest[place == each].sum() - right[place == each].sum()) for each in range(BINS)]
    return float(sum(gaps) / len(highest))


def wilson(right: int, n: int) -> tuple[float, float]:
    """Bounds of the share of which `right` of `n` is a sample, with 95 % confidence."""
    share, doubt = right / n, Z_95**2 / n
    middle = (share + doubt / 2) / (1 + doubt)
    reach = Z_95 * np.sqrt(share * (1 - share) / n + doubt / (4 * n)) / (1 + doubt)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def separation(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """Area under the ROC curve: how often something inside scores higher than something outside, ties by half."""
    above = np.searchsorted(np.sort(outside), inside, side="left").sum()
    not_below = np.searchsorted(np.sort(outside), inside, side="right").sum()
    return float((above + not_below) / 2 / (len(inside) * len(outside)))


def confident_prob(prob: NDArray[np.floating], label: NDArray[np.integer], wanted_accuracy: float) -> float:
    """The lowest highest-probability, to two places, from which on `wanted_accuracy` of the answers or more are right;
    1 where there is none."""
    highest, right = prob.max(axis=1), prob.argmax(axis=1) == label
    for hundredths in range(100):
        sure = highest >= hundredths / 100
        if sure.any() and right[sure].mean() >= wanted_accuracy:
            return hundredths / 100
    return 1.0


def _class_score(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> ClassScore:
    both = int((said & true).sum())
    precision = both / int(said.sum()) if said.any() else 0.0
    recall = both / int(true.sum()) if true.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return ClassScore(support=int(true.sum()), precision=precision, recall=recall, f1=f1)


def _bins(highest: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.minimum((highest * BINS).astype(np.int64), BINS - 1)
