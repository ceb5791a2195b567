"""Days ahead and times of day as people say them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.coming import MOST_AHEAD, coming_day, time_of_day

TODAY = date(2026, 11, 18)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today if possible", "2026-11-18"),
        ("tomorrow at nine", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("in two weeks", "2026-12-02"),
        ("in a week", "2026-11-25"),
        ("on Tuesday", "2026-11-24"),
        ("on Wednesday", "2026-11-25"),
        ("Fridays are good", "2026-11-20"),
        ("next Friday", "2026-11-27"),
        ("some time next week", "2026-11-23"),
        ("next week on Thursday", "2026-11-26"),
        ("Tuesday next week", "2026-11-24"),
        ("the 3rd of December", "2026-12-03"),
        ("December the third, two thousand twenty six", "2026-12-03"),
        ("on the third", "2026-12-03"),
        ("the 20th", "2026-11-20"),
        ("12/03", "2026-12-03"),
        ("January 5th", "2027-01-05"),
        ("2026-11-30", "2026-11-30"),
        ("Tuesday, December 1st at 10:20 am", "2026-12-01"),
    ],
)
def test_days_ahead(said: str, day: str) -> None:
    """Counted, named and written; a date wins over the weekday beside it."""
    assert coming_day(said, TODAY) == day


@pytest.mark.parametrize(
    "said",
    [
        "yesterday",
        "last Monday",
        "November 3rd 2020",
        "May 3rd 1985",
        "February 30th",
        "the second one",
        "the second",
        "for two weeks now",
        "twice a week",
        "since Monday",
        "I have had it since last Friday",
        "every Tuesday",
        "in the last two weeks",
        "",
    ],
)
def test_what_is_no_day_ahead(said: str) -> None:
    """Days gone by, dates of birth, choices and spans of time."""
    assert coming_day(said, TODAY) is None


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("10:20 am with Dr. Lind", "10:20"),
        ("at 2:40 p.m.", "14:40"),
        ("15:00", "15:00"),
        ("half past ten", "10:30"),
        ("a quarter to nine", "08:45"),
        ("twenty past two", "14:20"),
        ("ten thirty", "10:30"),
        ("tomorrow at nine", "09:00"),
        ("around ten", "10:00"),
        ("eleven a.m.", "11:00"),
        ("12 am", "00:00"),
        ("three thirty in the afternoon", "15:30"),
        ("nine o'clock", "09:00"),
        ("noon would be best", "12:00"),
        ("5:30", "17:30"),
        ("tomorrow morning", "morning"),
        ("in the afternoon", "afternoon"),
    ],
)
def test_times_of_day(said: str, time: str) -> None:
    """In figures and words; an hour before seven is one of the afternoon."""
    assert time_of_day(said) == time


@pytest.mark.parametrize("said", ["good morning", "for two weeks", "my 2 children", "since this morning", "11/20/1972"])
def test_what_is_no_time_of_day(said: str) -> None:
    """Greetings, counts and choices."""
    assert time_of_day(said) is None


@given(ahead=st.integers(0, 330))
def test_written_dates_come_back(ahead: int) -> None:
    """A date as the agent writes it is read as that day, whatever today is."""
    day = TODAY + timedelta(days=ahead)
    assert coming_day(f"{day:%A, %B} {day.day}", TODAY) == day.isoformat()


@given(said=st.text(max_size=60), today=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_anything_may_be_said(said: str, today: date) -> None:
    """Whatever comes in, a day is near and a time is one of the clock or a part of the day."""
    day, time = coming_day(said, today), time_of_day(said)
    assert day is None or timedelta(0) <= date.fromisoformat(day) - today <= timedelta(days=MOST_AHEAD)
    assert time in (None, "morning", "afternoon") or time is not None and time[2] == ":" and int(time[:2]) < 24


@given(hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_written_times_come_back(hour: int, minute: int) -> None:
    """A time as the agent writes it is read as that time."""
    half = "am" if hour < 12 else "pm"
    assert time_of_day(f"at {(hour - 1) % 12 + 1}:{minute:02} {half}") == f"{hour:02}:{minute:02}"
