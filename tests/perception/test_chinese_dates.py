from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.chinese_dates import birth_date, coming_day, past_day, time_of_day

TODAY = date(2026, 11, 18)
"""A Wednesday."""


@pytest.mark.parametrize(
    "text",
    ["1985年5月3日", "八五年五月三号", "一九八五年五月三日", "我是85年5月3号生的", "1985-05-03", "1985.5.3，对"],
)
def test_dates_of_birth(text: str) -> None:
    """In figures or characters, with a whole year or its last two digits."""
    assert birth_date(text, TODAY) == "1985-05-03"


@pytest.mark.parametrize("text", ["5月3日", "2025年5月3日", "1850年1月1日", "1985年13月1日", "1985年2月30日"])
def test_no_date_of_birth(text: str) -> None:
    """Without a year, too young, too old, or no day at all."""
    assert birth_date(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昨天", "11-17"),
        ("前天那笔", "11-16"),
        ("三天前", "11-15"),
        ("两个星期前", "11-04"),
        ("周二", "11-17"),
        ("上周二", "11-10"),
        ("这周二", "11-17"),
        ("星期天", "11-15"),
        ("11月3号", "11-03"),
        ("3号", "11-03"),
        ("20号", "10-20"),
        ("上个月5号", "10-05"),
        ("2026年11月3日", "11-03"),
        ("今天", "11-18"),
    ],
)
def test_days_gone_by(text: str, day: str) -> None:
    """A weekday alone is the most recent one, 上周 the week before, and a date without a year the latest such."""
    assert past_day(text, TODAY) == f"2026-{day}"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("明天", "2026-11-19"),
        ("后天", "2026-11-20"),
        ("大后天", "2026-11-21"),
        ("周二", "2026-11-24"),
        ("下周二", "2026-11-24"),
        ("这周五", "2026-11-20"),
        ("下周", "2026-11-23"),
        ("两周后", "2026-12-02"),
        ("12月3号", "2026-12-03"),
        ("3号", "2026-12-03"),
        ("1月5日", "2027-01-05"),
        ("下个月5号", "2026-12-05"),
        ("星期三", "2026-11-25"),
    ],
)
def test_days_ahead(text: str, day: str) -> None:
    """下周 is the next week's, a weekday alone the next such day after today, and a date the next one."""
    assert coming_day(text, TODAY) == day


@pytest.mark.parametrize("text", ["昨天", "三天前", "上周二", "两个水壶", "第三个"])
def test_nothing_ahead(text: str) -> None:
    """Days gone by and things that are counted are no days to come."""
    assert coming_day(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("上午十点半", "10:30"),
        ("下午3点一刻", "15:15"),
        ("15:30", "15:30"),
        ("晚上八点", "20:00"),
        ("三点二十", "15:20"),
        ("中午十二点", "12:00"),
        ("早上9点05分", "09:05"),
        ("九点零五分", "09:05"),
        ("上午都行", "morning"),
        ("下午", "afternoon"),
        ("随便", None),
        ("25:00", None),
    ],
)
def test_times_of_day(text: str, time: str | None) -> None:
    """Early hours are of the afternoon unless something else is said."""
    assert time_of_day(text) == time


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.integers(0, 300))
def test_a_date_in_full_is_that_day(today: date, days: int) -> None:
    """Whichever day it is read on."""
    past, ahead = today - timedelta(days=days), today + timedelta(days=days)
    assert past_day(f"{past.year}年{past.month}月{past.day}日", today) == past.isoformat()
    assert coming_day(f"{ahead.year}年{ahead.month}月{ahead.day}号", today) == ahead.isoformat()


@given(st.text(alphabet="0123456789零一二三四五六七八九十年月日号周上下前后天昨明星期点半刻上午:- "), st.dates())
def test_any_line_is_read_or_left(text: str, today: date) -> None:
    """Whatever stands there, a day is a day on its side of today, and a time is one."""
    today = max(today, date(200, 1, 1)) if today.year < 200 else min(today, date(9990, 1, 1))
    assert date.fromisoformat(past_day(text, today) or today.isoformat()) <= today
    assert date.fromisoformat(coming_day(text, today) or today.isoformat()) >= today
    said = time_of_day(text)
    assert said in (None, "morning", "afternoon") or 0 <= int(said[:2]) <= 23
