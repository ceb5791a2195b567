"""The time of a place: its days, its hours, and the change of its clocks."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.local_clock import LocalClock


def at(moment: str, zone: str) -> LocalClock:
    ns = int(datetime.fromisoformat(moment).timestamp()) * NS_PER_S
    return LocalClock(FakeClock(unix_ns=ns), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 18), ("America/New_York", 17), ("Asia/Shanghai", 18), ("Pacific/Kiritimati", 18)]
)
def test_today_is_the_day_of_the_place(zone: str, day: int) -> None:
    """A little after midnight in Greenwich it is still yesterday in New York."""
    assert at("2026-11-18T00:30+00:00", zone).today() == date(2026, 11, day)


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 3, 13), 13), (date(2027, 3, 15), 12)])
def test_eight_in_the_morning_stays_so(day: date, hour: int) -> None:
    """New York changes its clocks on March 14th: the same time on the wall is another moment."""
    clock = at("2027-03-01T12:00+00:00", "America/New_York")
    moment = clock.moment(day, time(8))
    assert moment == datetime.combine(day, time(hour), tzinfo=UTC)
    assert clock.local(moment).time() == time(8)


def test_the_machines_own_zone() -> None:
    """Without a zone the machine's own rules hold, and what is local comes back as the same moment."""
    clock = LocalClock.of(None)
    now = clock.now()
    assert now.tzinfo is not None
    assert clock.moment(now.date(), now.time()) == now
