"""Finds order numbers and products in what a customer says, however speech recognition wrote them down."""

import re
from collections.abc import Iterator, Sequence

PRODUCTS = (
    "headphones", "earbuds", "speaker", "keyboard", "mouse", "monitor", "laptop", "tablet", "phone", "phone case",
    "charger", "cable", "camera", "watch", "lamp", "desk lamp", "chair", "office chair", "desk", "table", "rug",
    "blanket", "pillow", "mug", "kettle", "coffee machine", "coffee maker", "toaster", "blender", "pan", "knife",
    "backpack", "bag", "suitcase", "wallet", "jacket", "rain jacket", "coat", "sweater", "hoodie", "shirt", "t-shirt",
    "dress", "skirt", "trousers", "jeans", "shoes", "boots", "sneakers", "sandals", "socks", "hat", "scarf", "gloves",
    "belt", "tent", "sleeping bag", "bottle", "water bottle", "bicycle", "bike", "helmet", "book", "game", "toy",
    "puzzle",
)  # fmt: skip
"""Words for goods that a shop without a catalogue of its own is searched for."""

ORDER_DIGITS = range(4, 9)
"""How many digits an order number has."""

_LETTER_NAMES = {
    "ay": "a", "eh": "a", "hey": "a", "bee": "b", "be": "b", "cee": "c", "see": "c", "sea": "c", "dee": "d",
    "ee": "e", "eff": "f", "gee": "g", "aitch": "h", "jay": "j", "kay": "k", "el": "l", "em": "m", "en": "n",
    "pee": "p", "cue": "q", "queue": "q", "ess": "s", "tea": "t", "tee": "t", "vee": "v", "ex": "x", "zee": "z",
    "zed": "z", "alpha": "a", "alfa": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e", "foxtrot": "f",
}  # fmt: skip
_UNITS = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_HOMOPHONES = {"for": "four", "to": "two", "too": "two", "won": "one", "ate": "eight"}
"""Heard for digits; believed only between other spoken digits."""
_TIMES = {"double": 2, "triple": 3}
_COUNTED = frozenset(
    "dollar dollars euro euros pound pounds bucks cents percent times years days hours minutes people watts".split()
)
"""Nouns after which "a 1000" is an amount and no order number."""
_WORD = re.compile(r"[a-z]+|[0-9]+")


def order_id(text: str) -> str | None:
    """The first order number in `text` as one capital letter and 4 to 8 digits, e.g. "A1042"; None without one.

    Takes "A1042", "a-1042", "A 10 42", "a one zero four two", "a ten forty-two", "bee two thousand seventy seven",
    "A as in apple, one oh four two". Digits without a letter count only after "order" or "number", and come back alone.
    """
    words = _WORD.findall(text.lower().replace("'", ""))
    for position, word in enumerate(words):
        letter = word if len(word) == 1 and word.isalpha() else _LETTER_NAMES.get(word)
        if letter is None:
            continue
        after = position + 1
        if words[after : after + 1] == ["for"] or words[after : after + 2] == ["as", "in"]:
            after += 2 if words[after] == "for" else 3
        digits, end = _digits(words, after)
        if len(digits) in ORDER_DIGITS and not _COUNTED.intersection(words[end : end + 1]):
            return letter.upper() + digits
    return _bare_number(words)


def product(text: str, products: Sequence[str] = PRODUCTS) -> str | None:
    """The first of `products` that `text` names, in singular or plural; of two at one place the longer."""
    lowered = text.lower()
    found = [(match.start(), -len(name), name) for name in products if (match := _naming(name).search(lowered))]
    return min(found)[2] if found else None


def _naming(name: str) -> re.Pattern[str]:
    stem = re.escape(name.lower()).replace(r"\ ", r"[\s-]?").replace(r"\-", r"[\s-]?")
    return re.compile(rf"\b{stem.removesuffix('s')}(?:e?s)?\b")


def _bare_number(words: list[str]) -> str | None:
    for position, word in enumerate(words):
        if word in {"order", "number"}:
            start = position + 1
            while words[start : start + 1] and words[start] in {"number", "is", "its", "it", "the", "order"}:
                start += 1
            digits, _ = _digits(words, start)
            if len(digits) in ORDER_DIGITS:
                return digits
    return None


def _digits(words: list[str], start: int) -> tuple[str, int]:
    """The digits that the words from `start` on spell, and where they end."""
    groups = list(_groups(words, start))
    return "".join(group for group, _ in groups), groups[-1][1] if groups else start


def _groups(words: list[str], position: int) -> Iterator[tuple[str, int]]:
    """Each run of digits that is spoken as one number, with the position after it."""
    while position < len(words):
        word = words[position]
        if word in _TIMES and words[position + 1 : position + 2] and words[position + 1] in _UNITS:
            group, position = str(_UNITS[words[position + 1]]) * _TIMES[word], position + 2
        elif word.isdigit():
            group, position = word, position + 1
        elif word in _HOMOPHONES and _spoken(words, position - 1) and _spoken(words, position + 1):
            group, position = str(_UNITS[_HOMOPHONES[word]]), position + 1
        elif _spoken(words, position):
            value, position = _number(words, position)
            group = str(value)
        else:
            return
        yield group, position


def _spoken(words: list[str], position: int) -> bool:
    return 0 <= position < len(words) and (words[position] in _UNITS or words[position] in _TEENS | _TENS)


def _number(words: list[str], position: int) -> tuple[int, int]:
    """A number below ten thousand in words, and the position after it. Digits spoken one by one are one number each."""
    value, position = _below_hundred(words, position)
    for scale, size in (("thousand", 1000), ("hundred", 100)):
        if words[position : position + 1] != [scale]:
            continue
        value, position = value * size, position + 1
        rest = position + 1 if words[position : position + 1] == ["and"] else position
        if _spoken(words, rest):
            more, after = _number(words, rest) if scale == "thousand" else _below_hundred(words, rest)
            if more < size:
                value, position = value + more, after
        break
    return value, position


def _below_hundred(words: list[str], position: int) -> tuple[int, int]:
    word = words[position]
    if word in _TENS:
        unit = _UNITS.get(words[position + 1], 0) if position + 1 < len(words) else 0
        return _TENS[word] + unit, position + (2 if unit else 1)
    return _TEENS.get(word, _UNITS.get(word, 0)), position + 1
