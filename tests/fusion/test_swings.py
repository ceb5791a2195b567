"""Swings are found in what moves to and fro, with their size and the time between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fusion.swings import RATE_HZ, resampled, swings

AT_S = np.arange(0, 2, 1 / RATE_HZ)


@pytest.mark.parametrize("period_s", [0.4, 0.7, 1.0])
def test_a_sine_swings_by_its_height_every_half_period(period_s: float) -> None:
    """Size is from extreme to extreme, signs alternate, and half-way points are half a period apart."""
    found = swings(AT_S, 5 * np.sin(2 * np.pi * AT_S / period_s), 3.0)[1:-1]
    assert [abs(swing.size) for swing in found] == pytest.approx([10] * len(found), rel=0.1)
    assert all(one.size * other.size < 0 for one, other in zip(found, found[1:], strict=False))
    halves_s = np.diff([swing.middle_s for swing in found])
    assert halves_s == pytest.approx(period_s / 2, abs=0.03)


def test_a_pause_lies_between_half_way_points() -> None:
    """A look down that lasts has the time of the look between its two swings, though each of them is quick."""
    look = np.interp(AT_S, [0.2, 0.4, 1.4, 1.6], [0, -20, -20, 0])
    down, up = swings(AT_S, look, 3.0)
    assert (down.size, up.size) == pytest.approx((-20, 20), abs=0.1)
    assert up.middle_s - down.middle_s == pytest.approx(1.2, abs=0.05)
    assert down.crossing_s == pytest.approx(0.1, abs=0.03)


def test_small_moves_are_none() -> None:
    """What stays within the floor does not swing, however often it turns."""
    assert swings(AT_S, np.sin(40 * AT_S), 3.0) == []


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.floats(0.1, 100))
def test_swings_alternate_and_reach_the_floor(values: list[float], floor: float) -> None:
    """Whatever the values, swings alternate, none is under the floor, and their times rise."""
    found = swings(np.arange(len(values)) / RATE_HZ, np.array(values), floor)
    assert all(abs(swing.size) >= floor for swing in found)
    assert all(one.size * other.size < 0 for one, other in zip(found, found[1:], strict=False))
    assert all(one.middle_s <= other.middle_s for one, other in zip(found, found[1:], strict=False))


@given(st.lists(st.floats(0.001, 0.45), min_size=1, max_size=60))
def test_uneven_times_become_even(gaps_s: list[float]) -> None:
    """A line stays a line at any times, and the last value is the one at the last time."""
    at_s = 10 + np.cumsum(gaps_s)
    even_s, even = resampled(at_s, 3 * at_s[:, None] + 1, 2.0)
    assert even_s[-1] == at_s[-1] and even_s[0] >= at_s[0] - 1e-9
    np.testing.assert_allclose(np.diff(even_s), 1 / RATE_HZ, atol=1e-9)
    np.testing.assert_allclose(even[:, 0], 3 * even_s + 1)
