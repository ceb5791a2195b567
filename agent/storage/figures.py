"""Finds the digits in what people write and say, each with its place: in figures, and spelled in English or Chinese."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from agent.core.number_words import CHINESE_SPOKEN, HOMOPHONES, TEENS, TENS, TIMES, UNITS

_TOKEN = re.compile(r"\d+|[a-zà-ɏ]+|\S")
_GAP = frozenset("-–—.,/()（），、·…+")
_FILLERS = frozenset({"uh", "um", "er", "then", "dash", "hyphen", "minus", "space", "comma", "杠", "横", "嗯"})
_MOST_BETWEEN = 3
"""Marks and fillers that may stand between two figures of one number."""
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_UNIT = (
    r"(?:dollars?|euros?|pounds?|francs?|bucks|cents?|yuan|percent|chf|usd|eur|gbp|cny|rmb|[$€£¥￥%％]|"
    r"kg|km|cm|mm|gb|mb|days?|weeks?|months?|years?|hours?|minutes?|seconds?|"
    r"[年月日号点时分秒岁元块万亿个件台双只条天周]|美元|欧元|人民币|小时)"
)
_COUNTED = re.compile(
    r"[$€£¥￥]\s?\d[\d,.']*"
    rf"|(?<!\d)\d[\d,.]{{0,20}}\s?{_UNIT}(?![a-z])"
    r"|(?<![\d.])\d{1,3}(?:[,']\d{3})+(?:\.\d+)?(?!\d)"
    r"|(?<![\d.])\d{1,3}\.\d+(?![\d.])"
    rf"|(?<!\d)(?<!\d[-/.])(?:19|20)\d\d([-/.]){_MONTH}\1{_DAY}(?!\d)(?![-/.]\d)"
    rf"|(?<!\d)(?<!\d[-/.])(?:{_DAY}([-/.]){_MONTH}|{_MONTH}([-/.]){_DAY})(?:\2|\3)(?:(?:19|20)\d\d|\d\d)(?!\d)(?![-/.]\d)"
    r"|(?<!\d)\d{1,2}:\d\d(?::\d\d)?"
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
)
"""Amounts, measures, dates, times of day and addresses of machines: no part of a longer number."""
_NUMBERS = CHINESE_SPOKEN | UNITS | TEENS | TENS
_CODE = re.compile(r"(?:[a-z][-_/=#]?|[#№&=_]|(?<!\d)/)\Z")
"""What stands right before the figures of a code, an address of a page or a number of an order."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Digits that are written or said as one: "4242", "double five", "forty two", "幺"."""

    digits: str
    start: int
    end: int
    """In the text."""


Run = tuple[Figures, ...]
"""Figures that follow each other closely enough to be one number."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """As many characters, each at its place: in small letters, and with digits of any script as figures."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


def tokens(line: str) -> list[Token]:
    """Runs of figures, runs of letters, and every other sign, of a `plain` line."""
    return [Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(line)]


def runs(line: str, pieces: list[Token]) -> Iterator[Run]:
    """The numbers of a `plain` line that count, measure and date nothing."""
    counted = [match.span() for match in _COUNTED.finditer(line)]
    run: list[Figures] = []
    between = position = 0
    while position < len(pieces):
        token = pieces[position]
        figures, after = figures_at(pieces, position, begun=bool(run) and between == 0)
        if figures is not None and not _within(figures, counted) and not _is_code(line, token):
            run.append(figures)
            between = 0
        elif run and figures is None and (token.text in _GAP or token.text in _FILLERS) and between < _MOST_BETWEEN:
            between += 1
        elif run:
            yield tuple(run)
            run, between = [], 0
        position = after
    if run:
        yield tuple(run)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    small = unicodedata.normalize("NFKC", letter).lower() if "！" <= letter <= "～" else letter.lower()
    return small if len(small) == 1 else letter


def figures_at(pieces: list[Token], position: int, *, begun: bool = False) -> tuple[Figures | None, int]:
    """The figures that begin at `position`, if any do, and the position after them, or else after the token.

    `begun`: figures stand right before, so that what sounds like a digit is one.
    """
    token = pieces[position]
    word, then = token.text, _word(pieces, position + 1)
    after = position + 1
    if word in TENS and then == "-" and UNITS.get(_word(pieces, position + 2), 0):
        after, then = position + 2, _word(pieces, position + 2)
    digits: str | None = None
    if word.isdecimal():
        digits = word
    elif word in TIMES and (then in UNITS or (then.isdecimal() and len(then) == 1)):
        digits, after = str(UNITS.get(then, then)) * TIMES[word], after + 1
    elif word in TENS and UNITS.get(then, 0):
        digits, after = str(TENS[word] + UNITS[then]), after + 1
    elif word in UNITS and then == "hundred":
        digits, after = f"{UNITS[word]}00", after + 1
    elif word in _NUMBERS:
        digits = str(_NUMBERS[word])
    elif begun and word in HOMOPHONES and (then in _NUMBERS or then in TIMES or then in HOMOPHONES):
        digits = str(UNITS[HOMOPHONES[word]])
    if digits is None:
        return None, position + 1
    return Figures(digits, token.start, pieces[after - 1].end), after


def _word(pieces: list[Token], position: int) -> str:
    return pieces[position].text if position < len(pieces) else ""


def _within(figures: Figures, spans: list[tuple[int, int]]) -> bool:
    """Whether one of the spans, which are in order, holds the beginning of the figures."""
    place = bisect_left(spans, (figures.start + 1,)) - 1
    return place >= 0 and figures.start < spans[place][1]


def _is_code(line: str, token: Token) -> bool:
    return token.text.isdecimal() and _CODE.search(line, max(0, token.start - 3), token.start) is not None
