"""Predicts the score that a customer would have given from how the call went, and says what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p, sqrt
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from agent.app.call_facts import CallFacts
from agent.storage.ended_calls import EndedCall
from agent.transport.history_messages import Estimate, Prediction

LEAST_SCORES = 30
"""With fewer the six weights would be read from chance."""
RIDGE = 1.0
"""Draws the weights towards 0, in units of one call's evidence."""
FOLDS = 10
Z_95 = 1.96
LOWEST, HIGHEST = 1.0, 5.0


class RatedCall(Protocol):
    @property
    def ended(self) -> EndedCall: ...

    @property
    def facts(self) -> CallFacts | None: ...

    @property
    def lasted_s(self) -> float: ...

    @property
    def handed_off(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreModel:
    """Ridge regression on six figures of a call."""

    worth: Prediction
    _weights: NDArray[np.float64] | None = None
    _offset: float = 0.0

    @classmethod
    def learnt(cls, calls: Sequence[RatedCall]) -> Self:
        """From the calls with a score; without weights where there are too few."""
        rated = [one for one in calls if one.ended.score is not None]
        n = len(rated)
        if n < LEAST_SCORES:
            return cls(worth=Prediction(n=n, least=LEAST_SCORES, error=None, error_of_mean=None))
        rows = np.array([_figures(one) for one in rated])
        scores = np.array([one.ended.score for one in rated], np.float64)
        weights, offset = _fitted(rows, scores)
        distances = np.abs(_left_out(rows, scores) - scores)
        spread = Z_95 * float(distances.std(ddof=1)) / sqrt(n)
        middle = float(distances.mean())
        of_mean = float(np.abs((scores.sum() - scores) / (n - 1) - scores).mean())
        worth = Prediction(
            n=n,
            least=LEAST_SCORES,
            error=Estimate(n=n, value=middle, low=max(0.0, middle - spread), high=middle + spread),
            error_of_mean=of_mean,
        )
        return cls(worth=worth, _weights=weights, _offset=offset)

    def mean_of(self, calls: Sequence[RatedCall]) -> Estimate | None:
        """What these calls would have been given on average; None without a model or calls. The interval holds the
        spread of the predictions and the error of the model, taken for independent from call to call."""
        if self._weights is None or self.worth.error is None or not calls:
            return None
        rows = np.array([_figures(one) for one in calls])
        predicted = np.clip(rows @ self._weights + self._offset, LOWEST, HIGHEST)
        n, middle = len(calls), float(predicted.mean())
        # A mean distance of a normal error is sqrt(2 / pi) of its standard deviation.
        error = self.worth.error.value / sqrt(2 / np.pi)
        spread = Z_95 * sqrt((float(predicted.var()) + error**2) / n)
        return Estimate(n=n, value=middle, low=max(LOWEST, middle - spread), high=min(HIGHEST, middle + spread))


def _figures(one: RatedCall) -> tuple[float, ...]:
    """Each about as large as 1; what is not known counts as what is usual, and is told apart."""
    valence = None if one.facts is None else one.facts.valence
    frustration = None if one.facts is None else one.facts.frustration
    return (
        float(one.handed_off),
        float(one.ended.call.outcome == "answered"),
        0.0 if valence is None else valence.end,
        0.0 if valence is None else valence.change,
        0.0 if frustration is None else frustration,
        log1p(one.lasted_s / 60) - 1.0,
    )


def _fitted(rows: NDArray[np.float64], scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Weights, and what to add to them."""
    middles = rows.mean(axis=0)
    centred = rows - middles
    weights: NDArray[np.float64] = np.linalg.solve(
        centred.T @ centred + RIDGE * np.eye(rows.shape[1]), centred.T @ (scores - scores.mean())
    )
    return weights, float(scores.mean() - middles @ weights)


def _left_out(rows: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each call would be given by a model of the calls in the other folds."""
    fold = np.arange(len(scores)) % FOLDS
    predicted = np.empty_like(scores)
    for out in range(FOLDS):
        weights, offset = _fitted(rows[fold != out], scores[fold != out])
        predicted[fold == out] = rows[fold == out] @ weights + offset
    return np.clip(predicted, LOWEST, HIGHEST)
