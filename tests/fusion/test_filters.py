"""Rates are over the time that was watched, and a pace is known from the readings alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.fusion.filters import Pace, Tally


@pytest.mark.parametrize("hz", [5, 12, 30])
def test_the_pace_is_that_of_the_readings(hz: float) -> None:
    """After some readings it is known how often they come, and a pause makes them seldom."""
    pace = Pace()
    assert not pace.at_least(0.1)
    for number in range(20):
        pace = pace.fed(round((1 + number / hz) * NS_PER_S))
    assert pace.at_least(0.98 * hz) and not pace.at_least(1.02 * hz)
    assert not pace.fed(30 * NS_PER_S).at_least(hz)


@pytest.mark.parametrize("every_ms", [33, 200])
def test_a_rate_is_per_watched_second(every_ms: int) -> None:
    """One event every four seconds is a quarter a second at any rate of readings; time not watched changes nothing."""
    tally = Tally(tau_s=60)
    for at_ms in range(1_000, 121_000, every_ms):
        tally = tally.fed(at_ms * NS_PER_MS, events=int(at_ms % 4_000 < every_ms))
        assert at_ms > 15_500 or tally.per_second(after_s=15) is None
    rate = tally.per_second(after_s=15)
    assert rate == pytest.approx(0.25, rel=0.1)
    later = tally.unwatched().fed(500 * NS_PER_S)
    assert later.per_second(after_s=15) == pytest.approx(rate, rel=0.01)


@given(st.lists(st.tuples(st.integers(-500, 5_000), st.booleans()), min_size=1, max_size=60))
def test_a_share_is_a_share(steps: list[tuple[int, bool]]) -> None:
    """However readings come, the share of the time is between 0 and 1."""
    tally, at_ms = Tally(tau_s=60), 1_000
    for gap_ms, on in steps:
        at_ms += gap_ms
        tally = tally.fed(at_ms * NS_PER_MS, share=float(on))
        share = tally.per_second(after_s=0.1)
        assert share is None or 0 <= share <= 1 + 1e-9
