"""Things that are counted or dated: dates, clock times, money, measures, ranges, fractions and plain numbers."""

import re

from agent.synthesis import numbers
from agent.synthesis.codes import code, digit_groups
from agent.synthesis.tokens import NO_WORD_AFTER, NO_WORD_BEFORE, Rule, Token, rule, tokens_of, wording

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,12})?(?!\d)"

_MONTHS = {name[:3].lower(): index for index, name in enumerate(numbers.MONTHS, start=1)}
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_CURRENCY_CODES = {"USD": "$", "EUR": "€", "GBP": "£", "dollars": "$", "euros": "€", "pounds": "£"}
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion", "bn": "billion"}

_UNITS = {
    "kg": "kilograms", "g": "grams", "mg": "milligrams", "lb": "pounds", "lbs": "pounds", "oz": "ounces",
    "km": "kilometers", "m": "meters", "cm": "centimeters", "mm": "millimeters", "mi": "miles", "ft": "feet",
    "GB": "gigabytes", "MB": "megabytes", "TB": "terabytes", "KB": "kilobytes", "kB": "kilobytes",
    "ms": "milliseconds", "s": "seconds", "sec": "seconds", "min": "minutes", "mins": "minutes", "h": "hours",
    "hr": "hours", "hrs": "hours", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz",
    "W": "watts", "kW": "kilowatts", "kWh": "kilowatt hours", "V": "volts", "mAh": "milliamp hours",
    "mph": "miles per hour", "L": "liters", "l": "liters", "ml": "milliliters", "mL": "milliliters",
    "°": "degrees", "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "px": "pixels", "x": "times", "%": "percent",
}  # fmt: skip
_ONE = {"feet": "foot", "hertz": "hertz", "percent": "percent", "kilowatt hours": "kilowatt hour",
        "milliamp hours": "milliamp hour"}  # fmt: skip
_FRACTIONS = {
    (1, 2): "one half", (1, 3): "one third", (2, 3): "two thirds", (1, 4): "one quarter", (3, 4): "three quarters",
    (24, 7): "twenty four seven",
}  # fmt: skip


def _unit_pattern(shortest: int) -> str:
    """Any unit of at least so many characters: after a space, a single letter is rather a word or a size."""
    return "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True) if len(unit) >= shortest)


def _date(text: str, month: int, day: int, year: int | None) -> list[Token]:
    """A date, or a mere code when there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return code(text)
    return tokens_of(numbers.date(month, day, year))


def _slashed_date(match: re.Match[str]) -> list[Token]:
    """Month first, as in America, unless only the other order gives a date."""
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    month, day = (first, second) if first <= 12 else (second, first)
    return _date(match[0], month, day, year + 2000 if year < 100 else year)


def _named_date(match: re.Match[str]) -> str:
    month, day = _MONTHS[match["month"][:3].lower()], int(match["day"])
    return numbers.date(month, day, int(match["year"]) if match["year"] else None)


def _time(match: re.Match[str]) -> str:
    """Clock times in twelve hours; "15:30" is half past three in the afternoon, said "three thirty P M"."""
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), (match["half"] or "").upper()
    if not half and (hour > 12 or hour == 0):
        half = "P" if hour else "A"
        hour = hour - 12 if hour else 12
    words = numbers.clock_time(hour, minute, half_of_day=bool(half))
    return f"{words} {half} M" if half else words


def _money(match: re.Match[str]) -> str:
    written = match["scale"] or ""
    minus = "minus " if match["sign"] else ""
    return minus + numbers.money(match["symbol"], match["amount"], _SCALES.get(written, written))


def _measure(match: re.Match[str]) -> str:
    amount, unit = match["amount"], _UNITS[match["unit"]]
    if amount == "1":
        unit = _ONE.get(unit) or re.sub(r"s\b", "", unit, count=1)
    return f"{numbers.spelled_number(amount)} {unit}"


def _fraction(match: re.Match[str]) -> str:
    upper, lower = int(match[1]), int(match[2])
    return _FRACTIONS.get((upper, lower), f"{numbers.cardinal(upper)} out of {numbers.cardinal(lower)}")


def _number(match: re.Match[str]) -> list[Token]:
    """A count; seven or more bare digits, or a zero in front, make it a code."""
    text = match[0]
    if text.isdigit() and (len(text) >= 7 or (text.startswith("0") and len(text) > 1)):
        return digit_groups(text)
    return tokens_of(numbers.spelled_number(text))


def _numbered(text: str) -> str:
    """The parts of a version or section number: "2.0.1" is two point zero point one."""
    return " point ".join(numbers.digits(part) for part in text.split("."))


DATES: tuple[Rule, ...] = (
    rule(
        rf"{NO_WORD_BEFORE}(\d{{4}})-(\d\d)-(\d\d)(?!\d)",
        lambda match: _date(match[0], int(match[2]), int(match[3]), int(match[1])),
    ),
    rule(rf"{NO_WORD_BEFORE}(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}|\d\d)(?!\d)", _slashed_date),
    wording(
        rf"{NO_WORD_BEFORE}{_MONTH} (?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?{NO_WORD_AFTER}"
        r"(?:,? (?P<year>(?:19|20)\d\d)(?!\d))?",
        _named_date,
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d)"
        r"(?: ?(?P<half>[AaPp])(?:\.[Mm]\.|[Mm]\b))?",
        _time,
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?P<hour>1[0-2]|0?[1-9])(?P<minute>) ?(?P<half>[AaPp])(?:\.[Mm]\.|[Mm]\b)",
        _time,
    ),
)

QUANTITIES: tuple[Rule, ...] = (
    wording(
        rf"(?P<sign>-)?(?:US)?(?P<symbol>[$£€¥]) ?(?P<amount>{NUMBER})"
        r"(?: ?(?P<scale>million|billion|thousand|bn|k|K|M|m|B)\b)?",
        _money,
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?P<amount>{NUMBER}) ?(?P<code>USD|EUR|GBP|dollars|euros|pounds)\b",
        lambda match: numbers.money(_CURRENCY_CODES[match["code"]], match["amount"]),
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?P<low>{NUMBER}) ?- ?(?P<high>{NUMBER})(?![-\w])",
        lambda match: f"{numbers.spelled_number(match['low'])} to {numbers.spelled_number(match['high'])}",
    ),
    wording(rf"{NO_WORD_BEFORE}(\d{{1,3}})/(\d{{1,3}})(?![\d/])", _fraction),
    wording(rf"{NO_WORD_BEFORE}(?P<amount>{NUMBER})(?P<unit>{_unit_pattern(1)}){NO_WORD_AFTER}", _measure),
    wording(rf"{NO_WORD_BEFORE}(?P<amount>{NUMBER}) (?P<unit>{_unit_pattern(2)}){NO_WORD_AFTER}", _measure),
    wording(
        rf"{NO_WORD_BEFORE}(\d{{1,3}}(?:,\d{{3}})+|\d{{1,9}})(?:st|nd|rd|th)\b",
        lambda match: numbers.ordinal(int(match[1].replace(",", ""))),
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?P<before>in|since|until|of|year) (?P<year>(?:19|20)\d\d)(?![\d,.]*\d)\b",
        lambda match: f"{match['before']} {numbers.year(int(match['year']))}",
    ),
)

PLAIN: tuple[Rule, ...] = (
    wording(
        rf"{NO_WORD_BEFORE}[vV](?P<parts>\d{{1,9}}(?:\.\d{{1,9}})*){NO_WORD_AFTER}",
        lambda match: f"version {_numbered(match['parts'])}",
    ),
    wording(
        rf"{NO_WORD_BEFORE}\d{{1,9}}(?:\.\d{{1,9}}){{2,}}{NO_WORD_AFTER}",
        lambda match: _numbered(match[0]),
    ),
    wording(rf"{NO_WORD_BEFORE}-(?=\.?\d)", lambda match: "minus"),
    wording(rf"{NO_WORD_BEFORE}\.\d{{1,12}}(?!\d)", lambda match: numbers.spelled_number(match[0])),
    rule(rf"{NUMBER}(?![A-Za-z\d])", _number),
)
