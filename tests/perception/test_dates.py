"""Days are found as people say them: of birth with their year, and gone by, named or counted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.dates import birth_date, past_day

TODAY = date(2026, 11, 18)
"""A Wednesday."""


@pytest.mark.parametrize(
    "text",
    [
        "May 3rd, 1985",
        "May 3 1985.",
        "the third of May nineteen eighty-five",
        "3rd of May 85",
        "I was born on the third of may, nineteen eighty five",
        "may the third 1985",
        "05/03/1985",
        "5/3/85",
        "1985-05-03",
        "it's the 3rd May 1985, thanks",
    ],
)
def test_dates_of_birth(text: str) -> None:
    """One day in all the ways in which it is said; of figures the month comes first."""
    assert birth_date(text, TODAY) == "1985-05-03"
    assert past_day(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("31/12/1979", "1979-12-31"),
        ("December 31st nineteen oh nine", "1909-12-31"),
        ("January twenty first two thousand and four", "2004-01-21"),
        ("March 1st twenty ten", "2010-03-01"),
        ("February 29th 1999", None),
        ("May 3rd", None),
        ("May 3rd 2025", None),
        ("May 3rd 1850", None),
        ("in 1985", None),
        ("4710023", None),
    ],
)
def test_other_dates_of_birth(text: str, found: str | None) -> None:
    """Days that there are not, and of nobody who could call, are none."""
    assert birth_date(text, TODAY) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("today", "2026-11-18"),
        ("what did I pay yesterday", "2026-11-17"),
        ("the day before yesterday", "2026-11-16"),
        ("three days ago", "2026-11-15"),
        ("twenty five days ago", "2026-10-24"),
        ("a week ago", "2026-11-11"),
        ("last Tuesday", "2026-11-17"),
        ("on Wednesday", "2026-11-11"),
        ("on the 14th", "2026-11-14"),
        ("the twenty-fifth", "2026-10-25"),
        ("May 3rd", "2026-05-03"),
        ("the 3rd of December", "2025-12-03"),
        ("11/03", "2026-11-03"),
        ("the second one", None),
        ("next Tuesday", None),
        ("tomorrow", None),
        ("I may be wrong", None),
        ("an eternity ago", None),
    ],
)
def test_days_gone_by(text: str, found: str | None) -> None:
    """Without a year the most recent such day; never one to come."""
    assert past_day(text, TODAY) == found


@given(st.text(alphabet="may3rdthfi 0123456789/-.,onesecondago", max_size=50))
def test_any_text(text: str) -> None:
    """Nothing that is said breaks the search, and what is found is a day that has been."""
    for found in (past_day(text, TODAY), birth_date(text, TODAY)):
        assert found is None or date.fromisoformat(found) <= TODAY
