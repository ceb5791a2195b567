"""Things that are read sign by sign: e-mail and web addresses, telephone numbers, order ids and other codes."""

import re

from agent.synthesis import numbers
from agent.synthesis.tokens import (
    NO_WORD_AFTER,
    NO_WORD_BEFORE,
    Kind,
    Rule,
    Token,
    letters_of,
    rule,
    tokens_of,
)

_SIGNS = {
    ".": "dot", "_": "underscore", "-": "dash", "/": "slash", "+": "plus", "@": "at", "?": "question mark",
    "=": "equals", "&": "and", "#": "hash", "~": "tilde", "%": "percent", ":": "colon",
}  # fmt: skip
_SHORT_WORDS = frozenset({"co", "my", "no", "go", "me", "us", "at", "to", "in", "on", "up", "is", "it", "be", "we"})


def _address(text: str) -> list[Token]:
    """Names as words, signs by their names, digits one by one, "www" and short endings spelled."""
    tokens: list[Token] = []
    for part in re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", text):
        if part.isdigit():
            tokens += tokens_of(numbers.digits(part))
        elif not part.isalpha():
            tokens += tokens_of(_SIGNS.get(part, ""))
        elif part.lower() == "www" or (len(part) <= 2 and part.lower() not in _SHORT_WORDS):
            tokens += letters_of(part)
        else:
            tokens.append(Token(text=part.lower(), kind=Kind.WORD))
    return tokens


def digit_groups(text: str) -> list[Token]:
    """Digits one by one, with a breath after every third or fourth of a run of more than five."""
    if len(text) <= 5:
        return tokens_of(numbers.digits(text))
    size = 4 if len(text) % 4 == 0 or len(text) % 3 == 1 else 3
    groups = (text[start : start + size] for start in range(0, len(text), size))
    return tokens_of(", ".join(numbers.digits(group) for group in groups))


def code(text: str) -> list[Token]:
    """ "A1042" letter by letter and digit by digit; "SUMMER20" as a word and a number."""
    tokens: list[Token] = []
    for part in re.findall(r"[A-Za-z]+|\d+", text):
        if part.isalpha() and len(part) >= 4 and re.search("[aeiouyAEIOUY]", part):
            tokens.append(Token(text=part.lower(), kind=Kind.WORD))
        elif part.isalpha():
            tokens += letters_of(part)
        elif tokens and tokens[-1].kind is Kind.WORD and len(part) <= 2:
            tokens += tokens_of(numbers.cardinal(int(part)))
        else:
            tokens += digit_groups(part)
    return tokens


def _telephone(match: re.Match[str]) -> list[Token]:
    plus = "plus " if match[0].startswith("+") else ""
    return tokens_of(plus + ", ".join(numbers.digits(group) for group in re.findall(r"\d+", match[0])))


def _named_number(match: re.Match[str]) -> list[Token]:
    """ "order number 1042" names a thing, so its digits are read one by one."""
    return [*tokens_of(match["what"].replace("no.", "number").replace("No.", "number")), *digit_groups(match["digits"])]


_ENDINGS = r"(?:com|org|net|io|shop|store|co\.uk|eu|de|info|dev|app)"
_NAMES = r"(?i:order|tracking|reference|ticket|case|invoice|account|number|code|id|zip|pin|no\.)"

ADDRESSES: tuple[Rule, ...] = (
    rule(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", lambda match: _address(match[0])),
    rule(r"(?i:https?://)(?P<rest>[^\s,;!\"<>]*[A-Za-z\d])/?", lambda match: _address(match["rest"])),
    rule(
        rf"{NO_WORD_BEFORE}(?:[A-Za-z\d-]{{1,63}}\.){{1,8}}{_ENDINGS}(?:/[\w./?=&%#-]*\w)?{NO_WORD_AFTER}",
        lambda match: _address(match[0]),
    ),
)

TELEPHONES: tuple[Rule, ...] = (
    rule(
        r"\+\d[\d ().-]{6,18}\d|(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)|\d{3}-\d{4}(?!\d)",
        _telephone,
    ),
)

CODES: tuple[Rule, ...] = (
    rule(
        rf"{NO_WORD_BEFORE}(?P<what>{_NAMES}(?: (?:number|id|code|is))*) ?#? ?(?P<digits>\d{{3,}})"
        rf"(?![\d.,/:-]*\d){NO_WORD_AFTER}",
        _named_number,
    ),
    rule(r"#(?P<digits>\d+)", lambda match: [*tokens_of("number"), *digit_groups(match["digits"])]),
)

MIXED: tuple[Rule, ...] = (
    rule(
        rf"{NO_WORD_BEFORE}(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z\d]+(?:-[A-Za-z\d]+)*{NO_WORD_AFTER}",
        lambda match: code(match[0]),
    ),
    rule(r"\d+", lambda match: digit_groups(match[0])),
)
"""Letters with digits that nothing more particular took, and digits that are left."""
