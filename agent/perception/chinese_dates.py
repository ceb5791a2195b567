"""Finds days and times of day in Chinese: of birth, gone by and ahead."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from agent.perception.chinese_numbers import whole
from agent.perception.coming import FIRST_HOUR, MOST_AHEAD
from agent.perception.dates import MOST_AGO, OLDEST_YEARS, YOUNGEST_YEARS, century, day_of

_N = r"(\d{1,2}|[一二三四五六七八九十两]{1,3})"
_YEAR = r"(\d{4}|\d{2}|[零〇一二三四五六七八九]{4}|[零〇一二三四五六七八九]{2})"
_FULL = re.compile(rf"(?<!\d){_YEAR}\s*(?:年|[-./])\s*{_N}\s*(?:月份?|[-./])\s*{_N}(?!\d)\s*[日号]?")
_MONTH_DAY = re.compile(
    rf"(?:(上个?月|下个?月|这个?月|本月)|{_N}\s*月份?)\s*{_N}\s*[日号]?|(?<![\d年月/.-]){_N}\s*[日号](?!码)"
)
_NEAR = {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0}
_NEAR |= {"明天": 1, "明日": 1, "明早": 1, "明晚": 1, "大后天": 3, "后天": 2}
_NEAR_DAY = re.compile("|".join(sorted(_NEAR, key=len, reverse=True)))
_COUNTED = re.compile(r"(\d{1,3}|[一二三四五六七八九十两]{1,3})\s*(天|日|个?(?:星期|礼拜)|周)\s*(?:之|以)?(前|后)")
_WEEKDAY = re.compile(r"((?:上上|上|下下|下|这|本)?)个?(?:星期|礼拜|周)([一二三四五六日天])")
_WEEK = re.compile(r"(下)个?(?:星期|礼拜|周)(?![一二三四五六日天末])")
_WEEKDAYS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_PART = r"(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|今晚|明晚)?"
_CLOCK = re.compile(rf"{_PART}\s*(\d{{1,2}})[:：](\d{{2}})(?!\d)")
_HOUR = re.compile(
    rf"{_PART}的?\s*{_N}\s*(?:点钟?|时)(?:\s*(半|[一三]刻|[零〇]?(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})分?))?"
)
_MORNING, _AFTERNOON = ("凌晨", "清晨", "早上", "早晨", "上午"), ("下午", "傍晚", "晚上", "今晚", "明晚")
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}


def birth_date(text: str, today: date) -> str | None:
    """The first date with a year that makes somebody 14 to 120 years old, as "1985-05-03" for 1985年5月3日 or
    八五年五月三号."""
    for match in _FULL.finditer(text):
        year, month, day = (_number(part) for part in match.groups())
        when = day_of(century(year, today), month, day)
        if when is not None and YOUNGEST_YEARS <= today.year - when.year <= OLDEST_YEARS:
            return when.isoformat()
    return None


def past_day(text: str, today: date) -> str | None:
    """The first day that is today or gone by, as "2026-11-17": 昨天, 三天前, 上周二 (of the week before), 周二 (the
    most recent one before today), 11月3号, 3号; without a year, the most recent such day."""
    for when in _days(text, today, ahead=False):
        if timedelta(0) <= today - when <= timedelta(days=MOST_AGO):
            return when.isoformat()
    return None


def coming_day(text: str, today: date) -> str | None:
    """The first day that is today or ahead, as "2026-11-24": 明天, 两周后, 下周二 (of next week), 周二 (the next one
    after today), 下周 (its Monday), 12月3号, 3号; without a year, the next such day."""
    for when in _days(text, today, ahead=True):
        if timedelta(0) <= when - today <= timedelta(days=MOST_AHEAD):
            return when.isoformat()
    return None


def _days(text: str, today: date, *, ahead: bool) -> Iterator[date]:
    """What days the text names, dates first; `ahead` says which way a day without a year or a week is looked for."""
    for find in (_full_dates, _dates, _near_days, _weekdays):
        yield from (when for when in find(text, today, ahead) if when is not None)


def _full_dates(text: str, today: date, ahead: bool) -> Iterator[date | None]:
    for match in _FULL.finditer(text):
        year, month, day = (_number(part) for part in match.groups())
        yield day_of(year if year > 99 else 2000 + year, month, day)


def _dates(text: str, today: date, ahead: bool) -> Iterator[date | None]:
    for match in _MONTH_DAY.finditer(_FULL.sub("", text)):
        relative, month, day, alone = match.groups()
        if month is not None:
            this_year = day_of(today.year, _number(month), _number(day))
            other = day_of(today.year + (1 if ahead else -1), _number(month), _number(day))
            fits = this_year is not None and (this_year >= today if ahead else this_year <= today)
            yield this_year if fits else other
            continue
        number = _number(day or alone)
        step = 0 if relative is None else {"上": -1, "下": 1}.get(relative[0], 0)
        if relative is None and (number < today.day if ahead else number > today.day):
            step = 1 if ahead else -1
        months = today.year * 12 + today.month - 1 + step
        yield day_of(months // 12, months % 12 + 1, number)


def _near_days(text: str, today: date, ahead: bool) -> Iterator[date | None]:
    for match in _NEAR_DAY.finditer(text):
        yield today + timedelta(days=_NEAR[match[0]])
    for match in _COUNTED.finditer(text):
        days = _number(match[1]) * (1 if match[2] in "天日" else 7)
        yield today + timedelta(days=days if match[3] == "后" else -days)


def _weekdays(text: str, today: date, ahead: bool) -> Iterator[date | None]:
    monday = today - timedelta(days=today.weekday())
    for match in _WEEKDAY.finditer(text):
        weekday = _WEEKDAYS[match[2]]
        if match[1]:
            yield monday + timedelta(days=7 * _WEEKS[match[1]] + weekday)
        elif ahead:
            yield today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
        else:
            yield today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    for _ in _WEEK.finditer(text):
        yield monday + timedelta(days=7)


def time_of_day(text: str) -> str | None:
    """The first time, as "10:30", or the part of the day, "morning" or "afternoon": 上午十点半, 下午3点一刻,
    15:30, 晚上八点. Without a part of the day, hours from seven to noon are of the morning, earlier ones of the
    afternoon."""
    clock = _CLOCK.search(text)
    spoken = None if clock is not None else _HOUR.search(text)
    if clock is not None:
        return _time(clock[1], int(clock[2]), int(clock[3]), written=True)
    if spoken is not None:
        return _time(spoken[1], _number(spoken[2]), _minutes(spoken[3]))
    if any(part in text for part in _AFTERNOON):
        return "afternoon"
    return "morning" if any(part in text for part in _MORNING) else None


def _time(part: str | None, hour: int, minute: int, *, written: bool = False) -> str | None:
    if hour > 23 or minute > 59:
        return None
    if part in _AFTERNOON and hour < 12:
        hour += 12
    elif part == "中午" and hour < 10:
        hour += 12
    elif part is None and hour < FIRST_HOUR and not (written and hour == 0):
        hour += 12
    return f"{hour:02}:{minute:02}"


def _minutes(said: str | None) -> int:
    if said is None:
        return 0
    return _QUARTERS.get(said) or _number(said.strip("零〇分"))


def _number(said: str) -> int:
    """A whole number in figures or Chinese; -1 for what is none, which no date has."""
    value = whole(said)
    return -1 if value is None else int(value)
