"""Finds sums of money, bare numbers and spans of time in what people say."""

from decimal import Decimal

from agent.perception.numerals import SCALES, cardinal, tokens

_SIGNS = frozenset("$€£")
_CURRENCIES = frozenset("dollar dollars bucks euro euros pound pounds".split())
_CENTS = frozenset("cent cents pence p".split())
_SPANS = {"month": 1, "months": 1, "year": 12, "years": 12, "yr": 12, "yrs": 12}
LONGEST_MONTHS = 1_200
MOST_MONEY = Decimal(10) ** 9
"""More than this was misheard."""

MOST_THINGS = 999
_THINGS_AT_ONCE = {"dozen": 12, "couple": 2, "pair": 1, "set": 1}


def amount(text: str) -> str | None:
    """The first sum of money, with two decimals: "49.90" for "$49.90", "forty-nine dollars and ninety cents", "49.90";
    "12000.00" for "twelve thousand" or "12k". A number without currency, cents or thousands is none."""
    words = tokens(text)
    position = 0
    while position < len(words):
        signed = words[position] in _SIGNS
        read = cardinal(words, position + signed)
        if read is None:
            position += 1
            continue
        value, end = read
        parts = words[position + signed : end]
        if signed and end < len(words) and words[end] in SCALES:
            value, end = value * SCALES[words[end]], end + 1
        currency = end < len(words) and words[end] in _CURRENCIES
        if currency:
            value, end = _with_cents(words, value, end + 1)
        clear = signed or currency or any("." in part or "," in part for part in parts)
        scaled = any(part in SCALES for part in parts) and not _counts_time(words, end)
        if (clear or scaled) and 0 < value <= MOST_MONEY:
            return f"{value:.2f}"
        position = max(end, position + 1)
    return None


def number(text: str) -> str | None:
    """The only number in `text` that is no span of time, e.g. "4200" for "about 4200"; None with more than one."""
    words, found, position = tokens(text), [], 0
    while position < len(words):
        read = cardinal(words, position)
        if read is None:
            position += 1
            continue
        value, position = read
        if not _counts_time(words, position):
            found.append(value)
    return f"{found[0]:f}" if len(found) == 1 and found[0] <= MOST_MONEY else None


def quantity(text: str) -> str | None:
    """How many of something: the first whole number up to `MOST_THINGS` that counts neither money nor time, "2" for
    "two kettles", "12" for "a dozen", "1" for "a pair of headphones" or "another one"."""
    words, position = tokens(text), 0
    while position < len(words):
        if words[position] in _THINGS_AT_ONCE:
            half = words[max(0, position - 2) : position] == ["half", "a"]
            return str(_THINGS_AT_ONCE[words[position]] // (2 if half else 1))
        read = cardinal(words, position)
        if read is None:
            position += 1
            continue
        value, end = read
        signed = position > 0 and words[position - 1] in _SIGNS
        money = signed or any(word in _CURRENCIES | _CENTS for word in words[end : end + 1])
        if words[end : end + 1] == ["dozen"]:
            value *= _THINGS_AT_ONCE["dozen"]
        if not money and not _counts_time(words, end) and value in range(1, MOST_THINGS + 1):
            return f"{value:f}"
        position = max(end, position + 1)
    return None


def duration(text: str) -> str | None:
    """The first span of time in whole months, e.g. "60 months" for "five years" or "a five-year loan"; "a year and a
    half" and "two and a half years" too. None without one, or beyond a century."""
    words = tokens(text)
    for position, word in enumerate(words):
        if word not in _SPANS:
            continue
        value = _counted(words, position)
        if value is None:
            continue
        if words[position + 1 : position + 4] == ["and", "a", "half"]:
            value += Decimal("0.5")
        months = value * _SPANS[word]
        if months == months.to_integral_value() and 0 < months <= LONGEST_MONTHS:
            return f"{months:.0f} months"
    return None


def _counted(words: list[str], noun: int) -> Decimal | None:
    """The number right before the noun; the longest reading wins, so "twenty five years" are not five."""
    if words[max(0, noun - 3) : noun] == ["half", "of", "a"] or words[max(0, noun - 2) : noun] == ["half", "a"]:
        return Decimal("0.5")
    for start in range(max(0, noun - 6), noun):
        read = cardinal(words, start)
        if read is not None and read[1] == noun:
            return read[0]
    return Decimal(1) if words[noun - 1 : noun] in (["a"], ["one"]) else None


def _counts_time(words: list[str], end: int) -> bool:
    return any(word in _SPANS or word in {"day", "days", "week", "weeks", "percent"} for word in words[end : end + 1])


def _with_cents(words: list[str], value: Decimal, position: int) -> tuple[Decimal, int]:
    """Adds "and ninety cents", or "ninety" right after the currency."""
    joined = words[position : position + 1] == ["and"]
    read = cardinal(words, position + joined)
    if read is None or read[0] >= 100:
        return value, position
    cents, end = read
    in_cents = end < len(words) and words[end] in _CENTS
    return (value + cents / 100, end + in_cents) if in_cents or not joined else (value, position)
