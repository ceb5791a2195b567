"""Reads numbers in what people say: digits one by one, in pairs, or as one number in words or figures."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from agent.core.number_words import HOMOPHONES, TEENS, TENS, TIMES, UNITS

SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "k": 1_000, "million": 1_000_000}
_WORD = re.compile(r"[a-z]+|[0-9]+")
_FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?")
_TOKEN = re.compile(rf"[$€£]|{_FIGURE.pattern}|[a-z]+|(?<=\d)[/.-](?=\d)")


def plain_words(text: str) -> list[str]:
    """Words of letters and runs of figures, in lower case."""
    return _WORD.findall(text.lower().replace("'", ""))


def tokens(text: str) -> list[str]:
    """As `plain_words`, with figures whole ("1,250.50"), signs of currency, and the marks in written dates."""
    return _TOKEN.findall(text.lower().replace("'", ""))


def digits(words: list[str], start: int) -> tuple[str, int]:
    """The digits that the words from `start` on spell, and where they end."""
    groups = list(_groups(words, start))
    return "".join(group for group, _ in groups), groups[-1][1] if groups else start


def spoken(words: list[str], position: int) -> bool:
    """Whether a number in words begins at `position`."""
    return 0 <= position < len(words) and (words[position] in UNITS or words[position] in TEENS | TENS)


def cardinal(words: list[str], start: int) -> tuple[Decimal, int] | None:
    """The number of `tokens` from `start` on, and the position after it: "1,250.50", "two thousand three hundred and
    five", "twelve hundred", "10 k", "a hundred", "two and a half thousand". None where there is none."""
    total, part, position = Decimal(0), None, start
    while position < len(words):
        word = words[position]
        if part is None and (figure := _figure(word)) is not None:
            part, position = figure, position + 1
        elif part is None and word == "a" and words[position + 1 : position + 2] and words[position + 1] in SCALES:
            part, position = Decimal(1), position + 1
        elif part is None and spoken(words, position):
            value, position = _below_hundred(words, position)
            part = Decimal(value)
        elif part is not None and words[position : position + 3] == ["and", "a", "half"]:
            part, position = part + Decimal("0.5"), position + 3
        elif part is not None and word in SCALES:
            part, position = part * SCALES[word], position + 1
            if part >= SCALES["thousand"] or words[position : position + 1] != ["thousand"]:
                total, part, position = total + part, None, position + 1 if _more(words, position) else position
                if position >= len(words) or not (spoken(words, position) or _figure(words[position]) is not None):
                    break
        else:
            break
    if part is not None:
        total += part
    return (total, position) if position > start else None


def _more(words: list[str], position: int) -> bool:
    """Whether "and" joins one more part of the same number, as in "three hundred and five"."""
    return words[position : position + 1] == ["and"] and spoken(words, position + 1)


def _figure(word: str) -> Decimal | None:
    try:
        return Decimal(word.replace(",", "")) if word[:1].isdigit() else None
    except InvalidOperation:
        return None


def _groups(words: list[str], position: int) -> Iterator[tuple[str, int]]:
    """Each run of digits that is spoken as one number, with the position after it."""
    while position < len(words):
        word = words[position]
        if word in TIMES and words[position + 1 : position + 2] and words[position + 1] in UNITS:
            group, position = str(UNITS[words[position + 1]]) * TIMES[word], position + 2
        elif word.isdigit():
            group, position = word, position + 1
        elif word in HOMOPHONES and spoken(words, position - 1) and spoken(words, position + 1):
            group, position = str(UNITS[HOMOPHONES[word]]), position + 1
        elif spoken(words, position):
            value, position = _number(words, position)
            group = str(value)
        else:
            return
        yield group, position


def _number(words: list[str], position: int) -> tuple[int, int]:
    """A number below ten thousand in words, and the position after it. Digits spoken one by one are one number each."""
    value, position = _below_hundred(words, position)
    for scale, size in (("thousand", 1000), ("hundred", 100)):
        if words[position : position + 1] != [scale]:
            continue
        value, position = value * size, position + 1
        rest = position + 1 if words[position : position + 1] == ["and"] else position
        if spoken(words, rest):
            more, after = _number(words, rest) if scale == "thousand" else _below_hundred(words, rest)
            if more < size:
                value, position = value + more, after
        break
    return value, position


def _below_hundred(words: list[str], position: int) -> tuple[int, int]:
    word = words[position]
    if word in TENS:
        unit = UNITS.get(words[position + 1], 0) if position + 1 < len(words) else 0
        return TENS[word] + unit, position + (2 if unit else 1)
    return TEENS.get(word, UNITS.get(word, 0)), position + 1
