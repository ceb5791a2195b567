"""Recommends goods from what customers did before, and says which of it was the reason.

An item-item model: EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019), a ridge regression
of each item on all others with a closed solution. It needs numpy alone and is the same every time, and each score is a
sum over what the customer has done, so that its largest part is an honest reason. A library of matrix factorisation
would bring compiled code for what is one matrix inverse here, and has no such reasons.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item", bound=Hashable)

RIDGES = (5.0, 20.0, 80.0, 320.0, 1_280.0)
"""How strongly chance is distrusted; which one suits is found out by holding out what each customer touched last."""
TRIED_CUSTOMERS = 2_000
AMONG_FIRST = 10
MOST_ITEMS = 4_000
"""The most popular ones are compared with each other, as the work grows with their cube; the rest have popularity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Generic[Item]):
    item: Item
    score: float
    because: Item | None
    """What the customer did before that speaks for it the most; None where it is here for being popular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommender(Generic[Item]):
    """Fitted once; `fit` makes it."""

    items: tuple[Item, ...]
    """Every item, the most popular first."""
    popularity: NDArray[np.float64]
    """Share of all customers, an item each."""
    weights: NDArray[np.float64]
    """(m, m): what having the row's item says about wanting the column's; the first m items, zero on the diagonal."""

    def best(
        self, history: Mapping[Item, float], count: int, *, allowed: Callable[[Item], bool] = lambda item: True
    ) -> tuple[Recommendation[Item], ...]:
        """The `count` items that suit a customer's `history` best, weights by item, of those that are `allowed`. A
        customer without a history gets what is popular."""
        scores, parts = self._scores(history)
        order = sorted(range(len(self.items)), key=lambda n: (-scores[n], n))
        free = [n for n in order if allowed(self.items[n])]
        return tuple(
            Recommendation(item=self.items[n], score=float(scores[n]), because=self._reason(parts, n))
            for n in free[:count]
        )

    def _scores(self, history: Mapping[Item, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A score an item, and (m, m) its parts by item of the history. Popularity only orders what is else equal."""
        compared = len(self.weights)
        own = np.array([history.get(item, 0.0) for item in self.items[:compared]])
        parts = own[:, None] * self.weights
        scores = self.popularity * (1e-3 if own.any() else 1.0)
        scores[:compared] += parts.sum(axis=0)
        return scores, parts

    def _reason(self, parts: NDArray[np.float64], item: int) -> Item | None:
        if item >= parts.shape[1] or parts[:, item].max(initial=0.0) <= 0.0:
            return None
        return self.items[int(parts[:, item].argmax())]


def fit(histories: Iterable[Mapping[Item, float]], items: Iterable[Item]) -> Recommender[Item]:
    """A recommender of `items` from customers' histories: how much each has to do with each item, 1 for bought, the
    latest last. Items that nobody touched are there too, at the end.
    """
    customers = list(histories)
    touched: dict[Item, int] = dict.fromkeys(items, 0)
    for history in customers:
        for item in history:
            touched[item] += 1
    ordered = sorted(touched, key=lambda item: -touched[item])
    compared = {item: place for place, item in enumerate(ordered[:MOST_ITEMS])}
    matrix = np.zeros((len(customers), len(compared)))
    last = np.full(len(customers), -1)
    for row, history in enumerate(customers):
        for item, weight in history.items():
            if item in compared:
                last[row] = compared[item]
                matrix[row, last[row]] = weight
    popularity = np.array([touched[item] for item in ordered]) / max(1, len(customers))
    weights = _ease(matrix, _suitable_ridge(matrix, last))
    weights.setflags(write=False)
    return Recommender(items=tuple(ordered), popularity=popularity, weights=weights)


def _ease(matrix: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    gram = matrix.T @ matrix
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    weights: NDArray[np.float64] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def _suitable_ridge(matrix: NDArray[np.float64], last: NDArray[np.int_]) -> float:
    """The ridge with which most of the items that customers touched last come among the first, if taken from them.

    `last` is a column a row, negative for none. Without anything to try on, the strongest.
    """
    rows = np.flatnonzero((last >= 0) & ((matrix > 0).sum(axis=1) > 1))[:TRIED_CUSTOMERS]
    rest = matrix.copy()
    rest[rows, last[rows]] = 0.0
    found = {}
    for ridge in reversed(RIDGES):
        scores = rest[rows] @ _ease(rest, ridge)
        scores[rest[rows] > 0] = -np.inf
        better = scores > scores[np.arange(len(rows)), last[rows]][:, None]
        found[ridge] = int((better.sum(axis=1) < min(AMONG_FIRST, matrix.shape[1] // 4 + 1)).sum())
    return max(found, key=found.__getitem__)
