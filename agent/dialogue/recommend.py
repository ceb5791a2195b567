"""Recommends goods from what customers did before, and says which of it was the reason.

An item-item model: EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019), a ridge regression
of each item on all others with a closed solution. It needs numpy alone and is the same every time, and each score is a
sum over what the customer has done, so that its largest part is an honest reason. A library of matrix factorisation
would bring compiled code for what is one matrix inverse here, and has no such reasons.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item", bound=Hashable)

RIDGES = (5.0, 20.0, 80.0, 320.0, 1_280.0)
"""How strongly chance is distrusted; which one suits is found out by holding out what each customer touched last."""
TRIED_CUSTOMERS = 2_000
AMONG_FIRST = 10
MOST_ITEMS = 2_000
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
        compared = len(self.weights)
        own = np.array([history.get(item, 0.0) for item in self.items[:compared]])
        # Beside a history, popularity only orders what is else equal.
        scores = self.popularity * (1e-3 if own.any() else 1.0)
        scores[:compared] += own @ self.weights
        free = (int(n) for n in np.argsort(-scores, kind="stable") if allowed(self.items[n]))
        return tuple(
            Recommendation(item=self.items[n], score=float(scores[n]), because=self._reason(own, n))
            for n in islice(free, count)
        )

    def _reason(self, own: NDArray[np.float64], item: int) -> Item | None:
        """The largest part of the item's score."""
        if item >= len(own):
            return None
        parts = own * self.weights[:, item]
        return self.items[int(parts.argmax())] if parts.max(initial=0.0) > 0.0 else None


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
    rows = [
        _Row(
            columns=np.array([compared[item] for item in history if item in compared], dtype=np.intp),
            weights=np.array([weight for item, weight in history.items() if item in compared]),
        )
        for history in customers
    ]
    weights = _ease(_gram(rows, len(compared)), _suitable_ridge(rows, len(compared)))
    popularity = np.array([touched[item] for item in ordered]) / max(1, len(customers))
    for array in (weights, popularity):
        array.setflags(write=False)
    return Recommender(items=tuple(ordered), popularity=popularity, weights=weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One customer: columns of their items, the latest last, and the weight of each."""

    columns: NDArray[np.intp]
    weights: NDArray[np.float64]

    def without_last(self) -> "_Row":
        return _Row(columns=self.columns[:-1], weights=self.weights[:-1])


def _gram(rows: Iterable[_Row], width: int) -> NDArray[np.float64]:
    """(width, width): how much items go together. Summed customer by customer, as no table of all of them is kept."""
    gram = np.zeros((width, width))
    for row in rows:
        gram[np.ix_(row.columns, row.columns)] += np.outer(row.weights, row.weights)
    return gram


def _ease(gram: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    weights: NDArray[np.float64] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def _suitable_ridge(rows: Sequence[_Row], width: int) -> float:
    """The ridge with which most of the items that customers touched last come among the first, if taken from them.
    Without anything to try on, the strongest."""
    tried = [row for row in rows if len(row.columns) > 1][:TRIED_CUSTOMERS]
    taken = {id(row) for row in tried}
    gram = _gram((row.without_last() if id(row) in taken else row for row in rows), width)
    rest = np.zeros((len(tried), width))
    for number, row in enumerate(tried):
        rest[number, row.columns[:-1]] = row.weights[:-1]
    last = np.array([row.columns[-1] for row in tried], dtype=np.intp)
    found = {}
    for ridge in reversed(RIDGES):
        scores = rest @ _ease(gram, ridge)
        scores[rest > 0] = -np.inf
        better = scores > scores[np.arange(len(tried)), last][:, None]
        found[ridge] = int((better.sum(axis=1) < min(AMONG_FIRST, width // 4 + 1)).sum())
    return max(found, key=found.__getitem__)
