"""The bandit: it learns what is taken, tries what it does not know, and says with which probability it chose."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.bandit import CHANCE_PROB, choose, learn

LIKED, DISLIKED = (1.0, 1.0), (1.0, 0.0)


def test_what_was_taken_is_worth_more() -> None:
    """After fifty proposals of each kind the one that was taken is ahead."""
    bandit = learn([LIKED, DISLIKED] * 50, [1.0, 0.0] * 50, (0.0, 0.0))
    liked, disliked = bandit.worth([LIKED, DISLIKED])
    assert liked > disliked + 0.5


def test_without_experience_the_prior_holds() -> None:
    """With nothing recorded, what was believed before decides."""
    bandit = learn(np.empty((0, 2)), [], (0.0, 0.9))
    assert bandit.theta.tolist() == pytest.approx([0.0, 0.9])


def test_what_was_tried_less_gets_its_chance() -> None:
    """Of two that were taken equally often, the one that was seldom shown is worth more for being in doubt."""
    bandit = learn([[1.0, 0.0]] * 90 + [[0.0, 1.0]] * 2, [0.0] * 92, (0.0, 0.0))
    known, unknown = bandit.worth([[1.0, 0.0], [0.0, 1.0]])
    assert unknown > known


def test_the_probability_that_is_told_is_the_one_of_choosing() -> None:
    """Over many throws each candidate comes first as often as its probability says."""
    dice, worth = random.Random(3), [0.1, 0.7, 0.2]
    choices = [choose(worth, dice) for _ in range(6_000)]
    counts = Counter(choice.index for choice in choices)
    told = {choice.index: choice.probability for choice in choices}
    assert told == pytest.approx({0: CHANCE_PROB / 3, 1: 1 - CHANCE_PROB * 2 / 3, 2: CHANCE_PROB / 3})
    assert {index: count / 6_000 for index, count in counts.items()} == pytest.approx(told, abs=0.02)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8), st.integers())
def test_one_of_the_candidates_is_chosen_with_a_probability(worth: list[float], seed: int) -> None:
    """Whatever they are worth: an index among them, and a probability above 0 and up to 1."""
    choice = choose(worth, random.Random(seed))
    assert 0 <= choice.index < len(worth)
    assert 0 < choice.probability <= 1
