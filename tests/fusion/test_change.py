"""A lasting change is found within seconds and a passing one never, in memory that does not grow."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S
from agent.fusion.change import NEWS_S, Change, ChangeState, step

STEP_S = 0.5


def after(
    levels: Iterable[float], state: ChangeState | None = None, *, from_s: float = 100.0
) -> tuple[ChangeState, float]:
    """The state after samples that come twice a second, and when the last came."""
    state = ChangeState() if state is None else state
    at_s = from_s
    for level in levels:
        state = step(state, level, round(at_s * NS_PER_S))
        at_s += STEP_S
    return state, at_s - STEP_S


def lasting(level: float, seconds: float) -> list[float]:
    return [level] * round(seconds / STEP_S)


@pytest.mark.parametrize(("down", "within_s"), [(0.6, 3.0), (0.3, 8.0)])
def test_a_step_is_found_soon_and_dated_to_its_beginning(down: float, within_s: float) -> None:
    """Larger steps are found sooner; `since_ns` says when the level left, not when that was noticed."""
    state, at_s = after(lasting(0.1, 20))
    assert state.found is None
    changed, _ = after(lasting(0.1 - down, within_s), state, from_s=at_s + STEP_S)
    assert changed.found is not None and changed.found.direction == "fall"
    assert abs(changed.found.since_ns / NS_PER_S - at_s) <= 1.0


def test_the_new_level_becomes_the_usual_one() -> None:
    """What lasts is told once; going back is the next change."""
    state, at_s = after(lasting(0.4, 20) + lasting(-0.4, 30))
    assert state.found is not None and state.found.direction == "fall"
    assert state.usual == pytest.approx(-0.4, abs=0.05)
    first = state.found
    state, _ = after(lasting(0.4, 4), state, from_s=at_s + STEP_S)
    assert state.found is not None and state.found.direction == "rise" and state.found != first


def test_a_passing_frown_is_no_change() -> None:
    """A second of deep displeasure, over and over, never adds up."""
    state, _ = after([level for _ in range(20) for level in (*lasting(-0.6, 1), *lasting(0.0, 6))])
    assert state.found is None


def test_ordinary_wandering_is_seldom_taken_for_change() -> None:
    """In twenty hours of a level that wanders by 0.1 about its mean with a memory of three seconds, there is at most
    one false alarm an hour."""
    rng = np.random.default_rng(5)
    level, alarms, state = 0.0, set[Change](), ChangeState()
    for tick in range(20 * 3600 * 2):
        level += -level * STEP_S / 3 + 0.1 * np.sqrt(2 * STEP_S / 3) * rng.normal()
        state = step(state, float(np.clip(level, -1, 1)), tick * NS_PER_S // 2)
        if state.found is not None:
            alarms.add(state.found)
    assert len(alarms) <= 20


def test_nothing_is_made_of_time_in_which_nothing_was_seen() -> None:
    """A level that comes back lower after a minute's absence has to last before it is a change."""
    state, at_s = after(lasting(0.3, 20))
    state, _ = after(lasting(-0.3, 1), state, from_s=at_s + 60)
    assert state.found is None


def test_a_change_is_news_for_a_while() -> None:
    """It is told for half a minute after it was found."""
    state, at_s = after(lasting(0.3, 20) + lasting(-0.5, 4))
    assert state.found is not None and state.news(round(at_s * NS_PER_S)) == state.found
    assert state.news(state.found.found_ns + round((NEWS_S + 1) * NS_PER_S)) is None


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1.0, 20.0)), max_size=60))
def test_whatever_comes_the_state_stays_sane(samples: list[tuple[float, float]]) -> None:
    """Levels of any kind at any pace, clocks that stand or go back: sums stay below the threshold, the usual within
    the levels' range."""
    state, at_ns = ChangeState(), 10**12
    for level, pause_s in samples:
        at_ns += round(pause_s * NS_PER_S)
        state = step(state, level, at_ns)
        assert 0 <= state.above.amount < 0.9 and 0 <= state.below.amount < 0.9
        assert -1 <= state.usual <= 1
