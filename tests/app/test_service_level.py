"""The share of customers who had a free line in time, over an hour and a day."""

from agent.app.service_level import DAY_S, HOUR_S, ServiceLevel
from agent.app.waiting_line import WaitingLine
from agent.core.clock import NS_PER_S


def test_it_counts_who_was_in_time_and_who_gave_up() -> None:
    """A wait at the limit is in time; a longer one and one that was given up are not."""
    level = ServiceLevel(20.0)
    for waited_s, served in ((0, True), (20, True), (21, True), (3, False)):
        level.over(waited_s * NS_PER_S, served=served, now_ns=0)
    hour = level.of_last(HOUR_S, 0)
    assert (hour.customers, hour.in_time, hour.given_up) == (4, 2, 1)


def test_what_is_long_past_does_not_count() -> None:
    """After an hour a wait counts for the day only, and after a day for nothing."""
    level = ServiceLevel(20.0)
    level.over(0, served=True, now_ns=0)
    after_an_hour, after_a_day = round((HOUR_S + 1) * NS_PER_S), round((DAY_S + 1) * NS_PER_S)
    assert level.of_last(HOUR_S, after_an_hour).customers == 0
    assert level.of_last(DAY_S, after_an_hour).customers == 1
    assert level.of_last(DAY_S, after_a_day).customers == 0


def test_the_line_tells_of_every_wait_that_is_over() -> None:
    """Taken at once, taken after waiting, left, and forgotten: each is told once with how long it lasted."""
    told: list[tuple[float, bool]] = []
    line = WaitingLine(10, lambda waited_ns, served: told.append((waited_ns / NS_PER_S, served)))
    assert line.enter(None, 1.0, lambda shares: True, 0)
    waits = [line.stand(None, 1.0, ends_every_s=20, now_ns=0) for _ in range(3)]
    first, second, third = (place.token for place in waits if place is not None)
    assert line.longest_wait_ns(2 * NS_PER_S) == 2 * NS_PER_S
    assert line.enter(first, 1.0, lambda shares: True, 4 * NS_PER_S)
    line.leave(second, 5 * NS_PER_S)
    line.leave(second, 6 * NS_PER_S)
    assert told == [(0, True), (4, True), (5, False)]
    assert line.length(3_600 * NS_PER_S) == 0 and line.longest_wait_ns(3_600 * NS_PER_S) is None
    assert third and told[3][1] is False and len(told) == 4
