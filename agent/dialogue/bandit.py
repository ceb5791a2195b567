"""Chooses which of a few recommendations comes first, and learns from what customers took.

LinUCB (Li et al., "A Contextual-Bandit Approach to Personalized News Article Recommendation", WWW 2010) with one model
for all candidates; a small share of choices is left to chance, whose probability is known, so that another way of
choosing can be judged afterwards from the same records.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RIDGE = 1.0
BOLDNESS = 0.3
"""How much being unsure about a candidate speaks for it, in standard deviations."""
CHANCE_PROB = 0.1
"""Share of choices that are left to chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinUcb:
    """Fitted from records by `learn`."""

    covariance: NDArray[np.float64]
    """(d, d): inverse of the features that were seen."""
    theta: NDArray[np.float64]
    """(d,): what a unit of each feature adds to the probability of being taken."""

    def worth(self, features: ArrayLike) -> NDArray[np.float64]:
        """(n,) for (n, d): the probability of being taken that is still plausible, upwards."""
        rows = np.asarray(features, dtype=np.float64)
        doubt = np.sqrt(np.einsum("nd,de,ne->n", rows, self.covariance, rows))
        worth: NDArray[np.float64] = rows @ self.theta + BOLDNESS * doubt
        return worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    index: int
    """Of the candidate that comes first."""
    probability: float
    """With which this one was chosen."""


def learn(features: ArrayLike, taken: ArrayLike, prior: ArrayLike) -> LinUcb:
    """From (n, d) features of what was proposed first and whether it was taken; n may be 0. `prior` (d,) is what each
    feature is believed to add as long as nothing says otherwise.
    """
    rows = np.asarray(features, dtype=np.float64)
    rewards = np.asarray(taken, dtype=np.float64)
    covariance = np.linalg.inv(rows.T @ rows + RIDGE * np.eye(rows.shape[1])).astype(np.float64)
    theta = covariance @ (rows.T @ rewards + RIDGE * np.asarray(prior, dtype=np.float64))
    return LinUcb(covariance=covariance, theta=theta)


def choose(worth: Sequence[float] | NDArray[np.float64], dice: random.Random) -> Choice:
    """Mostly the candidate that is worth the most, the earliest of equals; now and then any of them."""
    count = len(worth)
    best = max(range(count), key=lambda n: (worth[n], -n))
    index = dice.randrange(count) if dice.random() < CHANCE_PROB else best
    by_chance = CHANCE_PROB / count
    return Choice(index=index, probability=by_chance + (1 - CHANCE_PROB) * (index == best))
