"""Finds in a line what a domain pack looks for: numbers of orders and customers, goods, money, dates, spans of time."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

from agent.core.scripts import HAN
from agent.core.understanding import SlotPattern
from agent.perception import chinese_dates, chinese_numbers
from agent.perception.coming import coming_day, time_of_day
from agent.perception.contacts import email, telephone
from agent.perception.dates import birth_date, past_day
from agent.perception.goods import goods
from agent.perception.numerals import digits, plain_words
from agent.perception.quantities import amount, duration, number, quantity

GAP = r"[^.;!?]{1,40}?"
CHINESE_GAP = "[^。；！？.;!?]{0,12}?"
ORDER_DIGITS = range(4, 9)
"""How many digits an order number has."""

_LETTER_NAMES = {
    "ay": "a", "eh": "a", "hey": "a", "bee": "b", "be": "b", "cee": "c", "see": "c", "sea": "c", "dee": "d",
    "ee": "e", "eff": "f", "gee": "g", "aitch": "h", "jay": "j", "kay": "k", "el": "l", "em": "m", "en": "n",
    "pee": "p", "cue": "q", "queue": "q", "ess": "s", "tea": "t", "tee": "t", "vee": "v", "ex": "x", "zee": "z",
    "zed": "z", "alpha": "a", "alfa": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e", "foxtrot": "f",
}  # fmt: skip
_COUNTED = frozenset(
    "dollar dollars euro euros pound pounds bucks cents percent times years days hours minutes people watts".split()
)
"""Nouns after which "a 1000" is an amount and no order number."""
_DENIED = re.compile(
    r"\b(?P<no>no|not|without|neither|nor|never|(?:do|does|did|have|has|had|is|are|was|were)(?:n't| not))\b"
    r"(?:(?!\b(?:but|however|except|though|only|just|sure|i have|i've|i'm|i am|i feel|he|she|there|it)\b)[^.,;:!?])*"
)
"""From a "no" to where the clause ends or says what there is instead; in doubt too little: "not sure, maybe fever"."""

_DENIED_IN_CHINESE = re.compile(r"(?P<no>没有|没|并无|不是|从未|无)(?:(?![但却只有是除])[^，。；！？,.;!?、])*")
_IN_ENGLISH: dict[str, Callable[[str], str | None]] = {
    "amount": amount, "number": number, "quantity": quantity, "duration": duration, "time_of_day": time_of_day,
}  # fmt: skip
_IN_CHINESE: dict[str, Callable[[str], str | None]] = {
    "amount": chinese_numbers.amount,
    "number": chinese_numbers.number,
    "quantity": chinese_numbers.quantity,
    "duration": chinese_numbers.duration,
    "time_of_day": chinese_dates.time_of_day,
}


def find_slots(text: str, patterns: Mapping[str, SlotPattern], today: date) -> dict[str, str]:
    """The value of each slot that `text` names. Days count from `today`."""
    found = {name: _find(text, pattern, today) for name, pattern in patterns.items()}
    return {name: value for name, value in found.items() if value is not None}


def _find(text: str, pattern: SlotPattern, today: date) -> str | None:
    if pattern.kind == "words":
        return named(text, pattern.words, affirmed=pattern.affirmed)
    if pattern.kind == "goods":
        return goods(text, pattern.words, _naming)
    if pattern.kind == "email":
        return email(text)
    return _find_chinese(text, pattern, today) if HAN.search(text) else _find_english(text, pattern, today)


def _find_english(text: str, pattern: SlotPattern, today: date) -> str | None:
    """Also what is written alike in any language, "A1042" or "1985-05-03"."""
    match pattern.kind:
        case "order_number":
            return order_number(text)
        case "digits":
            return digits_of_length(text, pattern.digits)
        case "past_day":
            return past_day(text, today)
        case "coming_day":
            return coming_day(text, today)
        case "birth_date":
            return birth_date(text, today)
        case "telephone":
            return telephone(text, region="US")
        case kind if kind in _IN_ENGLISH:
            return _IN_ENGLISH[kind](text)
    return None


def _find_chinese(text: str, pattern: SlotPattern, today: date) -> str | None:
    match pattern.kind:
        case "order_number":
            return chinese_numbers.order_number(text, ORDER_DIGITS)
        case "digits":
            return chinese_numbers.digits_of_length(text, pattern.digits)
        case "past_day":
            return chinese_dates.past_day(text, today)
        case "coming_day":
            return chinese_dates.coming_day(text, today)
        case "birth_date":
            return chinese_dates.birth_date(text, today)
        case "telephone":
            return telephone(text, region="CN")
        case kind if kind in _IN_CHINESE:
            return _IN_CHINESE[kind](text)
    return None


def order_number(text: str) -> str | None:
    """The first order number in `text` as one capital letter and 4 to 8 digits, e.g. "A1042"; None without one.

    Takes "A1042", "a-1042", "A 10 42", "a one zero four two", "a ten forty-two", "bee two thousand seventy seven",
    "A as in apple, one oh four two". Digits without a letter count only after "order" or "number", and come back alone.
    """
    words = plain_words(text)
    for position, word in enumerate(words):
        letter = word if len(word) == 1 and word.isalpha() else _LETTER_NAMES.get(word)
        if letter is None:
            continue
        after = position + 1
        if words[after : after + 1] == ["for"] or words[after : after + 2] == ["as", "in"]:
            after += 2 if words[after] == "for" else 3
        found, end = digits(words, after)
        if len(found) in ORDER_DIGITS and not _COUNTED.intersection(words[end : end + 1]):
            return letter.upper() + found
    return _bare_number(words)


def digits_of_length(text: str, length: int) -> str | None:
    """The first run of exactly `length` digits, spoken or written in groups of any size: "4710023", "47 10-023",
    "four seven one zero, double oh two three". Not one that counts something, as in "1000000 dollars"."""
    words = plain_words(text)
    position = 0
    while position < len(words):
        found, end = digits(words, position)
        if len(found) == length and not _COUNTED.intersection(words[end : end + 1]):
            return found
        position = max(end, position + 1)
    return None


def named(text: str, words: Mapping[str, Sequence[str]], *, affirmed: bool = False) -> str | None:
    """The first value of `words` that `text` says in one of its ways, singular or plural; of two at one place the
    longer way of saying wins. With `affirmed`, not what it denies: neither of "no fever, and I don't have a cough"."""
    lowered = text.lower().replace("’", "'")
    denials = (_DENIED, _DENIED_IN_CHINESE) if affirmed else ()
    denied = [(match.end("no"), match.end()) for pattern in denials for match in pattern.finditer(lowered)]
    found = [
        (match.start(), -len(said), value)
        for value, ways in words.items()
        for said in ways
        for match in _naming(said).finditer(lowered)
        if not any(start <= match.start() < end for start, end in denied)
    ]
    return min(found)[2] if found else None


@cache
def _naming(name: str) -> re.Pattern[str]:
    """A way of saying, with blanks or hyphens between its words or none; "..." stands for a few words of a clause."""
    if HAN.search(name):
        return re.compile(re.escape(name.lower()).replace(r"\.\.\.", CHINESE_GAP))
    stem = re.escape(name.lower()).replace(r"\ \.\.\.\ ", rf"\b{GAP}\b")
    stem = stem.replace(r"\ ", r"[\s-]?").replace(r"\-", r"[\s-]?")
    return re.compile(rf"(?<![a-z0-9]){stem.removesuffix('s')}(?:e?s)?(?![a-z0-9])")


def _bare_number(words: list[str]) -> str | None:
    for position, word in enumerate(words):
        if word in {"order", "number"}:
            start = position + 1
            while words[start : start + 1] and words[start] in {"number", "is", "its", "it", "the", "order"}:
                start += 1
            found, _ = digits(words, start)
            if len(found) in ORDER_DIGITS:
                return found
    return None
