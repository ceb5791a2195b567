"""Wrapping counters that run on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.media.rollover import RunningCounter


@settings(deadline=None)
@given(st.integers(0, 65_535), st.lists(st.integers(-1_000, 30_000), max_size=60))
def test_steps_survive_wrapping(start: int, steps: list[int]) -> None:
    """Whatever the steps, back or forward by less than half the range of the highest, the distances are kept."""
    counter = RunningCounter(16)
    highest = true = counter.extend(start)
    for step in steps:
        true = highest + step
        assert counter.extend(true % 65_536) == true
        highest = max(highest, true)
