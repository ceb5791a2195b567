"""Slopes through measurements, with what is known of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.slopes import slope


@given(st.floats(-50, 50), st.floats(-50, 50), st.integers(3, 30))
def test_a_straight_line_is_found(per_unit: float, alone: float, count: int) -> None:
    """Points on a line give that line, and no doubt about it."""
    found = slope([(x, alone + per_unit * x) for x in range(count)])
    assert found is not None
    assert found.per_unit == pytest.approx(per_unit, abs=1e-4) and found.alone == pytest.approx(alone, abs=1e-2)
    assert found.high - found.low <= 1e-4


def test_noise_widens_the_interval_around_the_truth() -> None:
    """A flat line with noise has an interval that holds zero."""
    found = slope([(x, 100 + (1 if x % 2 else -1)) for x in range(20)])
    assert found is not None and found.low < 0 < found.high and found.r2 < 0.1


def test_too_few_points_have_no_slope() -> None:
    """Two points, or many at one place, prove nothing."""
    assert slope([(1, 1), (2, 2)]) is None
    assert slope([(1, 1), (1, 2), (1, 3)]) is None
