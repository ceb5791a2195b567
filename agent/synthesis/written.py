"""From written text to the words that are said: numbers, money, dates, addresses, codes and abbreviations written out."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from agent.synthesis import numbers


class Kind(Enum):
    WORD = auto()
    LETTER = auto()
    """A single letter said by its name."""
    MARK = auto()
    """One of `, ; : . ? !`, heard as a pause and a melody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    text: str
    kind: Kind


_UNFOLDED = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
        "ð": "d", "þ": "th", "Þ": "Th", "ı": "i", "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": " - ",
        "−": "-", "‐": "-", "‑": "-", "⁄": "/", "…": "...", "×": " x ", "•": ",",
    }
)  # fmt: skip
_KEPT = frozenset("£€¥°")


def fold(text: str) -> str:
    """The text in printable ASCII and £ € ¥ °: accents taken off, other scripts and pictures left out."""
    folded = []
    for character in unicodedata.normalize("NFKD", text.translate(_UNFOLDED)).translate(_UNFOLDED):
        if character in _KEPT or " " <= character <= "~":
            folded.append(character)
        elif (digit := unicodedata.digit(character, None)) is not None:
            folded.append(str(digit))
        elif not unicodedata.combining(character):
            folded.append(" ")
    return "".join(folded)


def speakable(text: str) -> bool:
    """Whether `spoken` finds anything to say in the text besides marks."""
    return re.search(r"[A-Za-z\d&+=@%#°$£€¥]", fold(text)) is not None


def spoken(text: str) -> list[Token]:
    """The tokens to be said for one clause. Never fails; empty when nothing in it can be said in English."""
    folded = fold(text)
    tokens: list[Token] = []
    position = 0
    while position < len(folded):
        for pattern, say in _PATTERNS:
            match = pattern.match(folded, position)
            if match and match.end() > position:
                tokens.extend(say(match))
                position = match.end()
                break
        else:
            position += 1
    return tokens


def _words(text: str) -> Iterator[Token]:
    """Tokens of plain words, letters standing alone in capitals spelled: "eight A M, sharp"."""
    for part in re.findall(r"[A-Za-z']+|[,;:.?!]", text):
        if part in ",;:.?!":
            yield Token(text=part, kind=Kind.MARK)
        elif len(part) == 1 and part.isupper() and part != "I":
            yield Token(text=part, kind=Kind.LETTER)
        else:
            yield Token(text=part, kind=Kind.WORD)


def _letters(text: str) -> list[Token]:
    return [Token(text=letter.upper(), kind=Kind.LETTER) for letter in text if letter.isalpha()]


def _say(words: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], list[Token]]:
    return lambda match: list(_words(words(match)))


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,12})?(?![\d])"
_MONTH_NAMES = {name[:3].lower(): index for index, name in enumerate(numbers.MONTHS, start=1)}
_MONTH = r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"  # noqa: E501


# --- addresses and codes ---------------------------------------------------------------------------------------------

_ADDRESS_SIGNS = {".": "dot", "_": "underscore", "-": "dash", "/": "slash", "+": "plus", "@": "at", "?": "question mark",
                  "=": "equals", "&": "and", "#": "hash", "~": "tilde", "%": "percent", ":": "colon"}  # fmt: skip


def _address(text: str) -> list[Token]:
    """E-mail and web addresses: names as words, signs by their names, digits one by one, short endings spelled."""
    tokens: list[Token] = []
    parts = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", text)
    for part in parts:
        if part.isdigit():
            tokens.extend(_words(numbers.digits(part)))
        elif not part.isalpha():
            tokens.extend(_words(_ADDRESS_SIGNS.get(part, "")))
        elif part.lower() == "www" or (
            len(part) <= 2 and part.lower() not in {"co", "my", "no", "go", "me", "us", "at"}
        ):
            tokens.extend(_letters(part))
        else:
            tokens.append(Token(text=part.lower(), kind=Kind.WORD))
    return tokens


def _code(text: str) -> list[Token]:
    """Order ids and the like: "A1042" letter by letter and digit by digit, "SUMMER20" as a word and a number."""
    tokens: list[Token] = []
    for part in re.findall(r"[A-Za-z]+|\d+", text):
        if part.isalpha() and len(part) >= 4 and re.search("[aeiouyAEIOUY]", part):
            tokens.append(Token(text=part.lower(), kind=Kind.WORD))
        elif part.isalpha():
            tokens.extend(_letters(part))
        elif tokens and tokens[-1].kind is Kind.WORD and len(part) <= 2:
            tokens.extend(_words(numbers.cardinal(int(part))))
        else:
            tokens.extend(_digit_groups(part))
    return tokens


def _digit_groups(text: str) -> list[Token]:
    """Digits one by one, with a breath after every third or fourth of a long run."""
    size = 4 if len(text) % 4 == 0 or len(text) % 3 == 1 else 3
    groups = [text[start : start + size] for start in range(0, len(text), size)] if len(text) > 5 else [text]
    return list(_words(", ".join(numbers.digits(group) for group in groups)))


def _phone(match: re.Match[str]) -> list[Token]:
    groups = re.findall(r"\d+", match[0])
    plus = "plus " if match[0].startswith("+") else ""
    return list(_words(plus + ", ".join(numbers.digits(group) for group in groups)))


# --- dates, times, quantities ----------------------------------------------------------------------------------------


def _numeric_date(match: re.Match[str]) -> list[Token]:
    first, second, in_year = int(match[1]), int(match[2]), match[3]
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return _code(match[0])
    full_year = None if in_year is None else int(in_year) + (2000 if len(in_year) == 2 else 0)
    return list(_words(numbers.date(month, day, full_year)))


def _iso_date(match: re.Match[str]) -> list[Token]:
    in_year, month, day = (int(part) for part in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return _code(match[0])
    return list(_words(numbers.date(month, day, in_year)))


def _named_date(match: re.Match[str]) -> str:
    month, day = _MONTH_NAMES[match["month"][:3].lower()], int(match["day"])
    return numbers.date(month, day, int(match["year"]) if match["year"] else None)


def _time(match: re.Match[str]) -> str:
    half = match["half"]
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    words = numbers.clock_time(hour, minute, half_of_day=bool(half))
    return f"{words} {half[0].upper()} M" if half else words


def _money(match: re.Match[str]) -> str:
    scale = {"k": "thousand", "K": "thousand", "M": "million", "m": "million", "B": "billion", "bn": "billion"}
    written = match["scale"] or ""
    sign = "minus " if match["sign"] else ""
    return sign + numbers.money(match["symbol"], match["amount"], scale.get(written, written))


_CURRENCY_CODES = {"USD": "$", "EUR": "€", "GBP": "£", "dollars": "$", "euros": "€", "pounds": "£"}

_UNITS = {
    "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound", "lbs": "pound", "oz": "ounce", "km": "kilometer",
    "m": "meter", "cm": "centimeter", "mm": "millimeter", "mi": "mile", "ft": "foot", "in": "inch", "GB": "gigabyte",
    "MB": "megabyte", "TB": "terabyte", "KB": "kilobyte", "kB": "kilobyte", "ms": "millisecond", "s": "second",
    "sec": "second", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "Hz": "hertz",
    "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "W": "watt", "kW": "kilowatt", "kWh": "kilowatt hour",
    "V": "volt", "mAh": "milliamp hour", "mph": "mile per hour", "L": "liter", "l": "liter", "ml": "milliliter",
    "mL": "milliliter", "°": "degree", "°C": "degree Celsius", "°F": "degree Fahrenheit", "px": "pixel",
}  # fmt: skip
_UNCOUNTED = frozenset({"hertz", "kilohertz", "megahertz", "gigahertz"})


def _quantity(match: re.Match[str]) -> str:
    amount, unit = match["amount"], _UNITS[match["unit"]]
    first, _, rest = unit.partition(" ")
    if first == "milliamp" or unit == "kilowatt hour":
        plural = f"{unit}s"
    elif unit in _UNCOUNTED:
        plural = unit
    elif first in {"foot", "inch"}:
        plural = {"foot": "feet", "inch": "inches"}[first]
    else:
        plural = f"{first}s {rest}".strip()
    return f"{numbers.spelled_number(amount)} {unit if amount == '1' else plural}"


def _fraction(match: re.Match[str]) -> str:
    if match[0] == "24/7":
        return "twenty four seven"
    upper, lower = int(match[1]), int(match[2])
    named = {
        (1, 2): "one half",
        (1, 3): "one third",
        (2, 3): "two thirds",
        (1, 4): "one quarter",
        (3, 4): "three quarters",
    }
    return named.get((upper, lower), f"{numbers.cardinal(upper)} out of {numbers.cardinal(lower)}")


def _number(match: re.Match[str]) -> list[Token]:
    text = match[0]
    if text.isdigit() and (len(text) >= 7 or (text.startswith("0") and len(text) > 1)):
        return _digit_groups(text)
    return list(_words(numbers.spelled_number(text)))


def _named_number(match: re.Match[str]) -> list[Token]:
    """ "order number 1042": a name for a thing, so its digits are read one by one."""
    return [*spoken(match["what"]), *_digit_groups(match["digits"])]


# --- words -----------------------------------------------------------------------------------------------------------

_ABBREVIATIONS = {
    "mr.": "mister", "mrs.": "missis", "ms.": "Ms", "dr.": "doctor", "prof.": "professor", "st.": "street",
    "ave.": "avenue", "rd.": "road", "blvd.": "boulevard", "apt.": "apartment", "no.": "number", "nr.": "number",
    "e.g.": "for example,", "i.e.": "that is,", "etc.": "et cetera", "vs.": "versus", "vs": "versus",
    "approx.": "approximately", "est.": "estimated", "max.": "maximum", "inc.": "incorporated", "ltd.": "limited",
    "corp.": "corporation", "dept.": "department", "ext.": "extension", "tel.": "telephone", "qty.": "quantity",
    "qty": "quantity", "w/": "with", "w/o": "without", "mon.": "Monday", "tue.": "Tuesday", "tues.": "Tuesday",
    "wed.": "Wednesday", "thu.": "Thursday", "thurs.": "Thursday", "fri.": "Friday", "sat.": "Saturday",
    "sun.": "Sunday", "jan.": "January", "feb.": "February", "aug.": "August", "sept.": "September", "oct.": "October",
    "nov.": "November", "dec.": "December", "a.m.": "A M", "p.m.": "P M", "wi-fi": "wifi",
}  # fmt: skip
_LISTED = "|".join(re.escape(short) for short in sorted(_ABBREVIATIONS, key=len, reverse=True))

_SYMBOLS = {"&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "#": "number", "°": "degrees",
            "$": "dollars", "£": "pounds", "€": "euros", "¥": "yen"}  # fmt: skip


def _word(match: re.Match[str]) -> list[Token]:
    text = match[0].strip("'") or match[0]
    if len(text) == 1 and text.isupper() and text not in "AI":
        return _letters(text)
    return [Token(text=text, kind=Kind.WORD)]


def _marks(match: re.Match[str]) -> list[Token]:
    """A run of marks counts once, by its strongest."""
    strongest = next((mark for mark in "?!.:;" if mark in match[0]), ",")
    return [Token(text=strongest, kind=Kind.MARK)]


_NO_WORD_BEFORE = r"(?<![A-Za-z\d])"
_NO_WORD_AFTER = r"(?![A-Za-z\d])"


def _rule(
    pattern: str, say: Callable[[re.Match[str]], list[Token]]
) -> tuple[re.Pattern[str], Callable[[re.Match[str]], list[Token]]]:  # noqa: E501
    return re.compile(pattern), say


_PATTERNS = (
    _rule(r"\s+", lambda match: []),
    _rule(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", lambda match: _address(match[0])),
    _rule(r"(?i:https?://)(?P<rest>[^\s,;!\"<>]*[^\s,;!\"<>.?:)])", lambda match: _address(match["rest"].rstrip("/"))),
    _rule(_NO_WORD_BEFORE + r"(?:[A-Za-z\d-]+\.)+(?:com|org|net|io|shop|store|co\.uk|eu|de|info|dev|app)(?:/[\w./-]*\w)?"
          + _NO_WORD_AFTER, lambda match: _address(match[0])),
    _rule(r"(\d{4})-(\d{2})-(\d{2})(?!\d)", _iso_date),
    _rule(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?!\d)", _numeric_date),
    _rule(_NO_WORD_BEFORE + _MONTH + r" (?P<day>[12]?\d|3[01])(?:st|nd|rd|th)?" + _NO_WORD_AFTER
          + r"(?:,? (?P<year>(?:19|20)\d\d)(?!\d))?", _say(_named_date)),
    _rule(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?(?!\d)", _say(_time)),
    _rule(r"(?P<hour>1[0-2]|0?[1-9])(?P<minute>)\s?(?P<half>[AaPp])(?:\.[Mm]\.|[Mm]\b)", _say(_time)),
    _rule(r"(?P<sign>-)?(?:US)?(?P<symbol>[$£€¥])\s?(?P<amount>" + _NUMBER
          + r")(?:\s?(?P<scale>million|billion|thousand|bn|k|K|M|m|B)\b)?", _say(_money)),
    _rule(r"(?P<amount>" + _NUMBER + r") ?(?P<code>USD|EUR|GBP|dollars|euros|pounds)\b",
          _say(lambda match: numbers.money(_CURRENCY_CODES[match["code"]], match["amount"]))),
    _rule(r"\+\d[\d ().-]{6,18}\d|(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)|\d{3}-\d{4}(?!\d)", _phone),
    _rule(_NO_WORD_BEFORE + r"(?P<what>(?i:order|tracking|reference|ticket|case|invoice|account|number|code|id|zip|pin|no\.)"
          r"(?: (?:number|id|code|is))*(?: is)?) ?#? ?(?P<digits>\d{3,})(?![\d.,]*\d)" + _NO_WORD_AFTER, _named_number),
    _rule(r"#(?P<digits>\d+)", lambda match: [Token(text="number", kind=Kind.WORD), *_digit_groups(match["digits"])]),
    _rule(r"(?P<low>" + _NUMBER + r")\s?-\s?(?P<high>" + _NUMBER + r")(?![-\w])", _say(
        lambda match: f"{numbers.spelled_number(match['low'])} to {numbers.spelled_number(match['high'])}")),
    _rule(r"(\d{1,3})/(\d{1,3})(?![\d/])", _say(_fraction)),
    _rule(r"(?P<amount>" + _NUMBER + r")\s?(?P<unit>" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
          + r")" + _NO_WORD_AFTER, _say(_quantity)),
    _rule(r"(\d{1,3}(?:,\d{3})+|\d{1,9})(?:st|nd|rd|th)\b", _say(lambda match: numbers.ordinal(int(match[1].replace(",", ""))))),
    _rule(_NO_WORD_BEFORE + r"(?P<before>in|since|until|of|year) (?P<year>(?:19|20)\d\d)(?![\d,.]*\d)\b", _say(
        lambda match: f"{match['before']} {numbers.year(int(match['year']))}")),
    _rule(_NO_WORD_BEFORE + r"(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z\d]+(?:-[A-Za-z\d]+)*" + _NO_WORD_AFTER,
          lambda match: _code(match[0])),
    _rule(r"\d+(?:\.\d+){2,}", _say(lambda match: " point ".join(numbers.digits(part) for part in match[0].split(".")))),
    _rule(r"-(?=\d)" if False else r"(?<![\w])-(?=\d)", _say(lambda match: "minus")),
    _rule(r"\.\d{1,12}(?!\d)", _say(lambda match: numbers.spelled_number(match[0]))),
    _rule(_NUMBER, _number),
    _rule(r"\d+", lambda match: _digit_groups(match[0])),
    _rule(_NO_WORD_BEFORE + r"(?i:" + _LISTED + r")" + _NO_WORD_AFTER, _say(lambda match: _ABBREVIATIONS[match[0].lower()])),
    _rule(_NO_WORD_BEFORE + r"(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?", lambda match: _letters(match[0])),
    _rule(r"[A-Za-z]+(?:'[A-Za-z]+)*'?", _word),
    _rule(r"[,;:.?!]+(?:\s*[,;:.?!]+)*|\s-+\s|[()\[\]{}]", _marks),
    _rule(r"[&+=@%#°$£€¥]", _say(lambda match: _SYMBOLS[match[0]])),
)  # fmt: skip
"""What is recognised, most particular first."""
