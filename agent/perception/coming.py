"""Finds days ahead and times of day in what people say: when somebody would like to come."""

import re
from datetime import date, timedelta

from agent.core.number_words import TEENS, TENS, UNITS
from agent.perception.dates import WEEKDAYS, century, day_of, named_date, number_before, ordinal, written_date
from agent.perception.numerals import cardinal, plain_words, tokens

MOST_AHEAD = 400
"""Days that somebody still makes plans for; what is later was misheard."""
FIRST_HOUR = 7
"""An hour from here up to noon is one of the morning unless something else is said, an earlier one of the afternoon."""
LAST_CHOICE = 3
"""Up to "the third" one of several is picked, unless a preposition makes it a date: "on the third"."""

_SIZES = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)(?:\s*([ap])\.?\s?m\b)?")
_DATE = re.compile(r"\d+(?:[/-]\d+)+")
_HALVES = {"am": 0, "pm": 12}
_PARTS = {"morning": "morning", "forenoon": "morning", "afternoon": "afternoon", "evening": "afternoon"}
_BACKWARD = frozenset({"since", "last", "past", "every", "ago"})
"""Shortly before a day they tell how long something has been so, and not when somebody would come."""
_CHOSEN = ("one", "time", "option", "appointment", "week", "half", "doctor")
"""Nouns that "the second" picks one of, and is no date then."""
_BEFORE_DATES = frozenset({"on", "for", "to", "until", "by", "after", "from"})
_BEFORE_HOURS = frozenset({"at", "around", "about", "by", "from", "after", "say", "maybe"})
_MINUTES = {"quarter": 15, "five": 5, "ten": 10, "twenty": 20, "half": 30, "5": 5, "10": 10, "20": 20, "15": 15}


def coming_day(text: str, today: date) -> str | None:
    """The first day that is today or ahead, as "2026-11-24": "tomorrow", "in two weeks", "Tuesday" (the next one after
    today), "next Tuesday" (the one of next week), "next week" (its Monday), "the 3rd of December", "12/03"; a date wins
    over a weekday that goes with it, and without a year it is the next such date."""
    words = tokens(text)
    for find in (_on_date, _counted, _on_weekday):
        for position in range(len(words)):
            when = None if _BACKWARD & set(words[max(0, position - 2) : position]) else find(words, position, today)
            if when is not None and timedelta(0) <= when - today <= timedelta(days=MOST_AHEAD):
                return when.isoformat()
    return None


def _on_date(words: list[str], position: int, today: date) -> date | None:
    for day, month, year in (written_date(words, position), named_date(words, position)):
        if day is None or month is None:
            continue
        if year is not None:
            return day_of(century(year, today) if year > 99 else 2000 + year, month, day)
        this_year = day_of(today.year, month, day)
        return this_year if this_year is not None and this_year >= today else day_of(today.year + 1, month, day)
    if words[position] != "the":
        return None
    day, end = ordinal(words, position + 1)
    if day is None or words[end : end + 1] in (["of"], *([noun] for noun in _CHOSEN)):
        return None
    if day <= LAST_CHOICE and (position == 0 or words[position - 1] not in _BEFORE_DATES):
        return None
    following = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    month_start = today if day >= today.day else following
    return day_of(month_start.year, month_start.month, day)


def _counted(words: list[str], position: int, today: date) -> date | None:
    word, before = words[position], words[max(0, position - 2) : position]
    if word in ("today", "tonight"):
        return today
    if word == "tomorrow":
        return today + timedelta(days=2 if before == ["day", "after"] else 1)
    if word == "week" and before[-1:] == ["next"]:
        named = next((day for other in words if (day := other.removesuffix("s")) in WEEKDAYS), WEEKDAYS[0])
        return _monday_after(today) + timedelta(days=WEEKDAYS.index(named))
    if word not in _SIZES or position < 2:
        return None
    count = 1 if before[-1] in ("a", "one") else number_before(words, position)
    start = next((start for start in range(max(0, position - 4), position) if words[start] == "in"), position)
    return (
        None
        if start == position or words[start + 1] == "the" or not 0 < count <= MOST_AHEAD
        else today + timedelta(days=count * _SIZES[word])
    )


def _on_weekday(words: list[str], position: int, today: date) -> date | None:
    word = words[position].removesuffix("s")
    if word not in WEEKDAYS:
        return None
    weekday = WEEKDAYS.index(word)
    if words[max(0, position - 1) : position] == ["next"]:
        return _monday_after(today) + timedelta(days=weekday)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _monday_after(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def time_of_day(text: str) -> str | None:
    """The first time, as "10:20", or the part of the day, "morning" or "afternoon": "10:20", "ten twenty", "half past
    ten", "a quarter to nine", "at ten", "3 pm", "three in the afternoon", "noon". Without a half of the day, hours from
    seven to noon are of the morning and those before of the afternoon, as surgeries keep them."""
    lowered = _DATE.sub(" ", text.lower())
    if (written := _CLOCK.search(lowered)) is not None:
        half = {"a": 0, "p": 12, None: None}[written[3]]
        return _time(int(written[1]), int(written[2]), half if half is not None or int(written[1]) > 12 else None)
    words = plain_words(re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", lowered))
    parts = (position for position, word in enumerate(words) if word in _PARTS)
    wished = (at for at in parts if not {"good", "since"} & set(words[max(0, at - 2) : at]))
    part = next((_PARTS[words[at]] for at in wished), None)
    half = {"morning": 0, "afternoon": 12}.get(part or "")
    for position in range(len(words)):
        found = _past_or_to(words, position) or _named_hour(words, position) or _hour(words, position, len(words))
        if found is not None:
            hour, minute, end = found
            said = _HALVES.get(words[end]) if end < len(words) else None
            return _time(hour, minute, half if said is None else said)
    return part


def _time(hour: int, minute: int, half: int | None) -> str | None:
    """`half` is 0 before noon and 12 after; None lets the hour tell."""
    if hour > 23 or minute > 59:
        return None
    if half is not None and hour <= 12:
        hour = hour % 12 + half
    elif half is None and hour < FIRST_HOUR:
        hour += 12
    return f"{hour:02}:{minute:02}"


_Found = tuple[int, int, int] | None
"""Hour, minute, and the position after them."""


def _past_or_to(words: list[str], position: int) -> _Found:
    """ "half past ten", "a quarter to nine", "twenty past two"."""
    minutes = _MINUTES.get(words[position])
    side = words[position + 1 : position + 2]
    hour = _small(words, position + 2)
    if minutes is None or hour is None or not 1 <= hour[0] <= 12:
        return None
    if side not in (["past"], ["after"], ["to"], ["before"]) or words[max(0, position - 1) : position] == ["from"]:
        return None
    if side in (["past"], ["after"]):
        return hour[0], minutes, hour[1]
    return ((hour[0] - 2) % 12 + 1, 60 - minutes, hour[1]) if minutes != 30 else None


def _named_hour(words: list[str], position: int) -> _Found:
    return (12, 0, position + 1) if words[position] in ("noon", "midday") else None


def _hour(words: list[str], position: int, length: int) -> _Found:
    """ "at ten", "ten thirty", "3 pm", "nine o'clock", "three in the afternoon"; a lone number is no hour."""
    hour = _small(words, position)
    if hour is None or not 0 <= hour[0] <= 23:
        return None
    value, end = hour
    minutes = _small(words, end)
    if minutes is not None and 10 <= minutes[0] <= 59 and (position == 0 or words[position - 1] in _BEFORE_HOURS):
        return value, minutes[0], minutes[1]
    if minutes is not None and minutes[1] < length and words[minutes[1]] in _HALVES and minutes[0] >= 10:
        return value, minutes[0], minutes[1]
    if words[end : end + 1] in (["oclock"], ["o"]):
        return value, 0, end + 1 + (words[end : end + 2] == ["o", "clock"])
    told = words[end : end + 1] in (["am"], ["pm"]) or words[end : end + 2] in (["in", "the"],)
    asked = position > 0 and words[position - 1] in _BEFORE_HOURS and end == length
    at = position > 0 and words[position - 1] == "at"
    return (value, 0, end) if value > 0 and (told or asked or at) else None


def _small(words: list[str], position: int) -> tuple[int, int] | None:
    """A whole number below a hundred in figures or words, and the position after it."""
    if position >= len(words):
        return None
    word = words[position]
    if word.isdigit():
        return (int(word), position + 1) if len(word) <= 2 else None
    if word not in UNITS | TEENS | TENS:
        return None
    read = cardinal(words[position : position + 2 if word in TENS else position + 1], 0)
    return None if read is None else (int(read[0]), position + read[1])
