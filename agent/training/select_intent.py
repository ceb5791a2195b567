"""Compares kinds of classifiers for intents by cross-validation, and writes the best one as ONNX."""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.understanding import Understanding
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.training.lines import bare
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers, Curves, curves, score
from agent.training.selected_model import write_selected

try:
    from scipy.stats import binomtest
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import ParameterGrid, StratifiedKFold
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "comparing kinds of models needs scikit-learn; install it with `uv sync --extra training`"
    ) from error

FOLDS = 5
SEARCH_FOLDS = 3
SEARCHED = 2_000
"""Lines on which parameters are searched, at most: what is best on these is near the best on more."""
CURVE_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
CURVE_FOLDS = 3

Matrix = NDArray[np.float32]
Classes = NDArray[np.int64]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of classifier: the parameters that served it best, and how well it did with them on lines held out."""

    name: str
    parameters: dict[str, str]
    tried: list[tuple[dict[str, str], float]]
    """Every set of parameters with its macro F1 on the lines of the search."""
    accuracy: float
    accuracy_95: tuple[float, float]
    fold_deviation: float
    """Standard deviation of the accuracy over the folds."""
    precision: float
    recall: float
    macro_f1: float
    """Like precision and recall, the mean over the intents, of all folds together."""
    fit_cpu_s: float
    ms_per_line: float
    """CPU time of a line's answer from its features."""
    worse_p: float
    """How probable the difference to the best kind, or a larger one, would be if both were equally good (McNemar, 1947,
    exact); 1 for the best itself."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent train intent --select` found."""

    data: str
    lines: int
    intents: int
    kinds: list[Kind]
    """The best macro F1 first: that is the one that was written."""
    learning: list[tuple[int, float, float]]
    """Of the best kind: lines that it learnt from, accuracy on them, accuracy on lines held out."""
    curves: Curves
    """Of the best kind, on lines held out in turn."""
    model: str
    sha256: str
    agreement: float
    """Share of the lines that the ONNX file answers as the library does."""
    cpu_s: float


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    model: Any
    grid: Mapping[str, Sequence[object]] = field(default_factory=dict)


FAMILIES = (
    _Family(
        "decision tree",
        DecisionTreeClassifier(random_state=0),
        {"min_samples_leaf": [1, 2, 4], "max_depth": [None, 24]},
    ),
    _Family("support vector machine", SVC(), {"C": [1.0, 10.0], "kernel": ["linear", "rbf"], "gamma": [0.7]}),
    _Family("logistic regression", LogisticRegression(max_iter=400), {"C": [10.0, 30.0, 100.0, 300.0]}),
    _Family(
        "small neural network",
        MLPClassifier(random_state=0, max_iter=120, tol=1e-3),
        {"hidden_layer_sizes": [(64,), (160,)], "alpha": [1e-4, 1e-2]},
    ),
    _Family("nearest neighbours", KNeighborsClassifier(), {"n_neighbors": [1, 3, 7, 15]}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A family after cross-validation."""

    family: _Family
    model: Any
    """With its best parameters, not fitted."""
    parameters: dict[str, str]
    tried: list[tuple[dict[str, str], float]]
    said: Classes
    folds: list[float]
    fit_cpu_s: float
    ms_per_line: float


def select(understanding: Understanding, out: Path, *, runtime: Runtime, progress: Progress = unheard) -> Selection:
    """Compares `FAMILIES` on the examples of `understanding` that belong to an intent, and writes the best to `out`.

    Parameters are searched on up to `SEARCHED` of the same lines, so figures flatter by a little. All draws are seeded.
    Raises `DataRejected` when an intent has fewer
    examples than there are folds, and `ModelMismatch` when the written model answers otherwise than the library's.
    """
    began_s = time.process_time()
    texts, label = _examples(understanding)
    features = SentenceEmbedder(runtime, language=understanding.language).features(texts)
    judged = []
    for place, family in enumerate(FAMILIES):
        progress("kinds of models", place / len(FAMILIES), family.name)
        judged.append(_judge(family, features, label))
    progress("kinds of models", 1.0)
    names = understanding.intents
    kinds = _kinds(judged, label, names)
    best = next(one for one in judged if one.family.name == kinds[0].name)
    progress("learning curve", 0.0, best.family.name)
    learning = _learning_curve(best.model, features, label)
    progress("learning curve", 1.0)
    final = clone(best.model)
    _fit(final, features, label)
    agreement, sha256 = write_selected(final, features, understanding, best.family.name, out)
    return Selection(
        data=understanding.name,
        lines=len(label),
        intents=len(names),
        kinds=kinds,
        learning=learning,
        curves=curves(_answers(best.said, label, names)),
        model=str(out),
        sha256=sha256,
        agreement=agreement,
        cpu_s=time.process_time() - began_s,
    )


def _examples(understanding: Understanding) -> tuple[list[str], Classes]:
    """Lines of intents, each wording once."""
    pairs = zip(understanding.texts, understanding.labels, strict=True)
    once = {bare(text): (text, intent) for text, intent in pairs if intent is not None}
    label = np.array([understanding.intents.index(intent) for _, intent in once.values()], dtype=np.int64)
    few = [name for place, name in enumerate(understanding.intents) if (label == place).sum() < FOLDS]
    if few:
        raise DataRejected(f"{understanding.name}: {', '.join(few[:5])} need {FOLDS} different examples or more, each")
    return [text for text, _ in once.values()], label


def _judge(family: _Family, features: Matrix, label: Classes) -> _Judged:
    tried = []
    searched = _sample(label)
    for parameters in ParameterGrid(dict(family.grid)):
        said = np.empty_like(label[searched])
        model = clone(family.model).set_params(**parameters)
        for learnt, held in _folds(label[searched], SEARCH_FOLDS):
            _fit(model, features[searched][learnt], label[searched][learnt])
            said[held] = model.predict(features[searched][held])
        tried.append((parameters, _macro_f1(said, label[searched])))
    parameters = max(tried, key=lambda one: one[1])[0]
    model = clone(family.model).set_params(**parameters)
    said, folds, fit_s, predict_s = np.empty_like(label), [], 0.0, 0.0
    for learnt, held in _folds(label, FOLDS):
        began_s = time.process_time()
        _fit(model, features[learnt], label[learnt])
        fitted_s = time.process_time()
        said[held] = model.predict(features[held])
        fit_s, predict_s = fit_s + fitted_s - began_s, predict_s + time.process_time() - fitted_s
        folds.append(float((said[held] == label[held]).mean()))
    return _Judged(
        family=family,
        model=model,
        parameters=_in_words(parameters),
        tried=[(_in_words(each), f1) for each, f1 in tried],
        said=said,
        folds=folds,
        fit_cpu_s=fit_s / FOLDS,
        ms_per_line=1_000 * predict_s / len(label),
    )


def _kinds(judged: Sequence[_Judged], label: Classes, names: tuple[str, ...]) -> list[Kind]:
    ranked = sorted(judged, key=lambda one: -_macro_f1(one.said, label))
    best_right = ranked[0].said == label
    kinds = []
    for one in ranked:
        scores, right = score(_answers(one.said, label, names)), one.said == label
        lost, won = int((best_right & ~right).sum()), int((~best_right & right).sum())
        per_class = list(scores.per_class.values())
        kinds.append(
            Kind(
                name=one.family.name,
                parameters=one.parameters,
                tried=one.tried,
                accuracy=scores.accuracy,
                accuracy_95=scores.accuracy_95,
                fold_deviation=float(np.std(one.folds)),
                precision=float(np.mean([each.precision for each in per_class])),
                recall=float(np.mean([each.recall for each in per_class])),
                macro_f1=scores.macro_f1,
                fit_cpu_s=one.fit_cpu_s,
                ms_per_line=one.ms_per_line,
                worse_p=float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0,
            )
        )
    return kinds


def _learning_curve(model: Any, features: Matrix, label: Classes) -> list[tuple[int, float, float]]:
    """At each of `CURVE_SHARES` of the lines, of every intent alike, the means over some folds."""
    points: dict[float, list[tuple[int, float, float]]] = {share: [] for share in CURVE_SHARES}
    for learnt, held in list(_folds(label, FOLDS))[:CURVE_FOLDS]:
        for share in CURVE_SHARES:
            rows = learnt[_evenly(label[learnt], share)]
            fresh = clone(model)
            _fit(fresh, features[rows], label[rows])
            known, unknown = (float((fresh.predict(features[at]) == label[at]).mean()) for at in (rows, held))
            points[share].append((len(rows), known, unknown))
    return [(some[0][0], *np.mean([one[1:] for one in some], axis=0).tolist()) for some in points.values()]


def _fit(model: Any, features: Matrix, label: Classes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if isinstance(model, KNeighborsClassifier):
            model.n_neighbors = min(model.n_neighbors, len(label))
        model.fit(features, label)


def _folds(label: Classes, count: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    yield from StratifiedKFold(count, shuffle=True, random_state=0).split(label, label)


def _sample(label: Classes) -> NDArray[np.int64]:
    """`SEARCHED` rows or all, of every intent alike."""
    return _evenly(label, min(1.0, SEARCHED / len(label)))


def _evenly(label: Classes, share: float) -> NDArray[np.int64]:
    """This share of the rows of every intent, as many as it takes for a search, in a drawn order."""
    order = np.random.default_rng(0).permutation(len(label))
    kept = [order[label[order] == each] for each in np.unique(label)]
    return np.concatenate([rows[: max(min(SEARCH_FOLDS, len(rows)), round(share * len(rows)))] for rows in kept])


def _macro_f1(said: Classes, label: Classes) -> float:
    names = tuple(str(each) for each in range(int(max(said.max(), label.max())) + 1))
    return score(_answers(said, label, names)).macro_f1


def _answers(said: Classes, label: Classes, names: tuple[str, ...]) -> Answers:
    return Answers(prob=np.eye(len(names))[said], label=label, names=names)


def _in_words(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}
