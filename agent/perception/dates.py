"""Finds days in what people say: of birth, with their year, and days gone by, named or counted back from today."""

from datetime import date, timedelta

from agent.core.number_words import TEENS, TENS, UNITS
from agent.perception.numerals import cardinal, tokens

MOST_AGO = 400
"""Days that somebody still speaks of; what is older was misheard, or is a date of birth."""
YOUNGEST_YEARS = 14
OLDEST_YEARS = 120
"""Ages between which a full date is one of birth."""

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = {name: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH |= {name[:3]: number for name, number in _MONTH.items()} | {"sept": 9}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_SUFFIXES = frozenset({"st", "nd", "rd", "th"})


def birth_date(text: str, today: date) -> str | None:
    """The first date with a year that makes somebody 14 to 120 years old, as "1985-05-03".

    Takes "May 3rd, 1985", "the third of May nineteen eighty-five", "3 May 85", "05/03/1985" (month first unless it
    cannot be), "1985-05-03".
    """
    words = tokens(text)
    for position in range(len(words)):
        for day, month, year in (written_date(words, position), named_date(words, position)):
            if year is None or month is None or day is None:
                continue
            when = day_of(century(year, today), month, day)
            if when is not None and YOUNGEST_YEARS <= today.year - when.year <= OLDEST_YEARS:
                return when.isoformat()
    return None


def past_day(text: str, today: date) -> str | None:
    """The first day that is today or gone by, as "2026-11-17": "yesterday", "three days ago", "last Tuesday" (the most
    recent one before today), "on the 14th", "May 3rd", "11/03"; without a year, the most recent such day."""
    words = tokens(text)
    for position in range(len(words)):
        when = (
            _counted_back(words, position, today)
            or _on_weekday(words, position, today)
            or _on_date(words, position, today)
        )
        if when is not None and timedelta(0) <= today - when <= timedelta(days=MOST_AGO):
            return when.isoformat()
    return None


def _counted_back(words: list[str], position: int, today: date) -> date | None:
    if words[position] == "today":
        return today
    if words[position] == "yesterday":
        return today - timedelta(days=1)
    if words[position : position + 3] == ["day", "before", "yesterday"]:
        return today - timedelta(days=2)
    if words[position] != "ago" or position < 2:
        return None
    size = {"day": 1, "days": 1, "week": 7, "weeks": 7}.get(words[position - 1])
    count = 1 if words[position - 2] == "a" else number_before(words, position - 1)
    return None if size is None or not 0 < count <= MOST_AGO else today - timedelta(days=count * size)


def number_before(words: list[str], end: int) -> int:
    """The whole number that ends right before `end`, in up to three words; 0 without one."""
    reads = (cardinal(words, start) for start in range(max(0, end - 3), end))
    return next((int(value) for value, after in filter(None, reads) if after == end), 0)


def _on_weekday(words: list[str], position: int, today: date) -> date | None:
    day = words[position].removesuffix("s")
    if day not in WEEKDAYS or words[max(0, position - 1) : position] == ["next"]:
        return None
    return today - timedelta(days=(today.weekday() - WEEKDAYS.index(day) - 1) % 7 + 1)


def _on_date(words: list[str], position: int, today: date) -> date | None:
    for day, month, year in (written_date(words, position), named_date(words, position)):
        if day is None or month is None:
            continue
        if year is not None:
            return day_of(century(year, today), month, day)
        this_year = day_of(today.year, month, day)
        return this_year if this_year is not None and this_year <= today else day_of(today.year - 1, month, day)
    if words[position] != "the" or (position > 0 and words[position - 1] in _MONTH):
        return None
    day, end = ordinal(words, position + 1)
    following = words[end : end + 1]
    if day is None or following in (["one"], ["of"]) or (following and following[0] in _MONTH):
        return None
    month_start = today if day <= today.day else today.replace(day=1) - timedelta(days=1)
    return day_of(month_start.year, month_start.month, day)


_Date = tuple[int | None, int | None, int | None]
"""Day, month and year as far as they were said."""
_NONE: _Date = (None, None, None)


def written_date(words: list[str], position: int) -> _Date:
    """Figures with marks between: year first with four figures, else month first unless it cannot be."""
    parts = words[position : position + 5]
    if len(parts) < 3 or parts[1] not in "/-" or not (parts[0].isdigit() and parts[2].isdigit()):
        return _NONE
    whole = len(parts) == 5 and parts[3] == parts[1] and parts[4].isdigit()
    numbers = [int(parts[0]), int(parts[2])] + ([int(parts[4])] if whole else [])
    if len(parts[0]) == 4:
        return (numbers[2], numbers[1], numbers[0]) if whole else _NONE
    if parts[1] == "-" and not whole:
        return _NONE
    month, day = (numbers[1], numbers[0]) if numbers[0] > 12 else (numbers[0], numbers[1])
    return day, month, numbers[2] if whole else None


def named_date(words: list[str], position: int) -> _Date:
    """ "May 3rd 1985" or "the third of May 1985", the year left out or not."""
    if words[position] in _MONTH:
        after = position + 1 + (words[position + 1 : position + 2] == ["the"])
        day, end = _day_number(words, after)
        if day is None:
            return _NONE
        return day, _MONTH[words[position]], _year(words, end)
    day, end = _day_number(words, position)
    end += words[end : end + 1] == ["of"]
    if day is None or words[end : end + 1] == [] or words[end] not in _MONTH:
        return _NONE
    return day, _MONTH[words[end]], _year(words, end + 1)


def _day_number(words: list[str], position: int) -> tuple[int | None, int]:
    day, end = ordinal(words, position)
    if day is not None or position >= len(words):
        return day, end
    read = cardinal(words, position) if words[position].isdigit() else _below_32(words, position)
    return (int(read[0]), read[1]) if read is not None and 1 <= read[0] <= 31 else (None, position)


def _below_32(words: list[str], position: int) -> tuple[int, int] | None:
    word = words[position]
    if word in TENS and words[position + 1 : position + 2] and UNITS.get(words[position + 1], 0) > 0:
        return TENS[word] + UNITS[words[position + 1]], position + 2
    value = (TENS | TEENS | UNITS).get(word)
    return None if value is None else (value, position + 1)


def ordinal(words: list[str], position: int) -> tuple[int | None, int]:
    """ "3rd", "third", "twenty first"."""
    here = words[position : position + 2]
    if here and here[0] in _ORDINALS:
        return _ORDINALS[here[0]], position + 1
    if len(here) < 2:
        return None, position
    if here[0].isdigit() and here[1] in _SUFFIXES:
        return int(here[0]), position + 2
    if here[0] in TENS and _ORDINALS.get(here[1], 10) < 10:
        return TENS[here[0]] + _ORDINALS[here[1]], position + 2
    return None, position


def _year(words: list[str], position: int) -> int | None:
    """ "1985", "85", "nineteen eighty five", "nineteen oh five", "two thousand and four", "twenty ten"."""
    if position >= len(words):
        return None
    if words[position].isdigit() and len(words[position]) in (2, 4):
        return int(words[position])
    if words[position : position + 2] == ["two", "thousand"]:
        more = _below_100(words, position + 2 + (words[position + 2 : position + 3] == ["and"]))
        return 2000 + (more[0] if more is not None else 0)
    first = _below_100(words, position)
    if first is None:
        return None
    value, end = first
    if value in (19, 20):
        second = _below_100(words, end + (words[end : end + 1] in (["oh"], ["o"])))
        return value * 100 + second[0] if second is not None else None
    return value if value > 31 else None


def _below_100(words: list[str], position: int) -> tuple[int, int] | None:
    return _below_32(words, position) if position < len(words) else None


def century(year: int, today: date) -> int:
    """Two figures are of this century when that is not in the future."""
    if year >= 100:
        return year
    return year + (2000 if year <= today.year % 100 else 1900)


def day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
