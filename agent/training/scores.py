"""How good a classifier's answers are: accuracy, F1, calibration, and what is left when it may keep silent."""

import msgspec
import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal width, for the expected calibration error."""


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """One class: how many there were, and how well they were found."""

    n: int
    precision: float
    recall: float
    f1: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent evaluate` prints of a classifier. Shares lie between 0 and 1."""

    n: int
    """Items that have a right answer."""
    accuracy: float
    macro_f1: float
    """Mean over the classes that occur."""
    per_class: dict[str, ClassScore]
    ece: float
    """Expected calibration error of the highest probability (Naeini et al., AAAI 2015)."""
    coverage: float
    """Share of the items whose highest probability reaches the threshold that was frozen when the model was made."""
    coverage_accuracy: float | None
    """Accuracy on those; None when there are none."""
    ms_per_item: float
    """CPU time, from the item to the answer."""
    oos_auroc: float | None = None
    """Intents: how well lines that belong to none are told apart; None without such lines."""
    fer7: "Report | None" = None
    """Expressions: the report on FER2013's labels, when the other figures are about those of FER+."""


def score(
    prob: NDArray[np.floating],
    label: NDArray[np.integer],
    names: tuple[str, ...],
    *,
    confident_prob: float,
    ms_per_item: float,
    said: NDArray[np.integer] | None = None,
) -> Report:
    """Compares (n, classes) probabilities with (n,) labels; `said` are the answers where they are not the likeliest."""
    answers = prob.argmax(axis=1) if said is None else said
    right = answers == label
    highest = prob.max(axis=1)
    sure = highest >= confident_prob
    per_class = {name: _class_score(answers == each, label == each) for each, name in enumerate(names)}
    occurring = [one.f1 for one in per_class.values() if one.n]
    return Report(
        n=len(label),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean(occurring)),
        per_class={name: one for name, one in per_class.items() if one.n},
        ece=calibration_error(highest, prob.argmax(axis=1) == label),
        coverage=float(sure.mean()),
        coverage_accuracy=float(right[sure].mean()) if sure.any() else None,
        ms_per_item=ms_per_item,
    )


def calibration_error(highest: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Mean distance between probability and accuracy over `BINS` bins of probability, weighted by their sizes."""
    place = np.minimum((highest * BINS).astype(np.int64), BINS - 1)
    gaps = [abs(highest[place == each].sum() - right[place == each].sum()) for each in range(BINS)]
    return float(sum(gaps) / len(highest))


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
    return ClassScore(n=int(true.sum()), precision=precision, recall=recall, f1=f1)
