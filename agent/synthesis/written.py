"""From written text to the tokens that are said: whatever is no plain word is written out."""

import re

from agent.synthesis.codes import ADDRESSES, CODES, MIXED, TELEPHONES
from agent.synthesis.quantities import DATES, PLAIN, QUANTITIES
from agent.synthesis.tokens import (
    NO_WORD_AFTER,
    NO_WORD_BEFORE,
    Kind,
    Rule,
    Token,
    fold,
    letters_of,
    rule,
    wording,
)

_ABBREVIATIONS = {
    "mr.": "mister", "mrs.": "missis", "ms.": "Ms", "dr.": "doctor", "prof.": "professor", "ave.": "avenue",
    "rd.": "road", "blvd.": "boulevard", "apt.": "apartment", "nr.": "number", "e.g.": "for example,",
    "i.e.": "that is,", "etc.": "et cetera", "vs.": "versus", "vs": "versus", "approx.": "approximately",
    "est.": "estimated", "max.": "maximum", "ltd.": "limited", "corp.": "corporation", "dept.": "department",
    "ext.": "extension", "tel.": "telephone", "qty.": "quantity", "qty": "quantity", "w/o": "without", "w/": "with",
    "tues.": "Tuesday", "thurs.": "Thursday", "a.m.": "A M", "p.m.": "P M", "wi-fi": "wifi", "wifi": "wifi",
}  # fmt: skip
_CAPITALISED = {
    "St.": "street", "No.": "number", "Inc.": "incorporated", "Mon.": "Monday", "Tue.": "Tuesday", "Wed.": "Wednesday",
    "Thu.": "Thursday", "Fri.": "Friday", "Sat.": "Saturday", "Sun.": "Sunday", "Jan.": "January", "Feb.": "February",
    "Mar.": "March", "Apr.": "April", "Aug.": "August", "Sep.": "September", "Sept.": "September", "Oct.": "October",
    "Nov.": "November", "Dec.": "December",
}  # fmt: skip
_SYMBOLS = {
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "#": "number", "°": "degrees", "$": "dollars",
    "£": "pounds", "€": "euros", "¥": "yen",
}  # fmt: skip


def _any_of(texts: dict[str, str]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


def _word(match: re.Match[str]) -> list[Token]:
    text = match[0].strip("'")
    if len(text) == 1 and text.isupper() and text not in "AI":
        return letters_of(text)
    return [Token(text=text, kind=Kind.WORD)] if text else []


def _mark(match: re.Match[str]) -> list[Token]:
    """A run of marks counts once, by its strongest."""
    return [Token(text=next((mark for mark in "?!.:;" if mark in match[0]), ","), kind=Kind.MARK)]


_WORDS: tuple[Rule, ...] = (
    wording(rf"{NO_WORD_BEFORE}St\.(?= [A-Z])", lambda match: "saint"),
    wording(rf"{NO_WORD_BEFORE}No\.(?= ?\d)", lambda match: "number"),
    wording(
        rf"{NO_WORD_BEFORE}(?i:{_any_of(_ABBREVIATIONS)}){NO_WORD_AFTER}",
        lambda match: _ABBREVIATIONS[match[0].lower()],
    ),
    wording(
        rf"{NO_WORD_BEFORE}(?!No\.)(?:{_any_of(_CAPITALISED)})(?=\s*[\w,-])",
        lambda match: _CAPITALISED[match[0]],
    ),
    rule(rf"{NO_WORD_BEFORE}(?:[A-Za-z]\.){{2,}}(?:[A-Za-z]\b)?", lambda match: letters_of(match[0])),
    rule(r"'?[A-Za-z]+(?:'[A-Za-z]+)*'?", _word),
)

_SIGNS: tuple[Rule, ...] = (
    rule(r"[,;:.?!]+(?:\s*[,;:.?!]+)*|-+(?=\s)|[()\[\]{}]", _mark),
    wording(r"[&+=@%#°$£€¥]", lambda match: _SYMBOLS[match[0]]),
)

_RULES = (
    rule(r"\s+", lambda match: []),
    *ADDRESSES,
    *DATES,
    *TELEPHONES,
    *CODES,
    *QUANTITIES,
    *PLAIN,
    *MIXED,
    *_WORDS,
    *_SIGNS,
)
"""What is recognised, the most particular first."""


def speakable(text: str) -> bool:
    """Whether `spoken` finds anything to say in the text besides marks."""
    return re.search(r"[A-Za-z\d&+=@%#°$£€¥]", fold(text)) is not None


def spoken(text: str) -> list[Token]:
    """The tokens to be said for one clause. Never fails; empty when nothing in it can be said in English.

    A mark is never first and never follows another.
    """
    folded = fold(text)
    tokens: list[Token] = []
    position = 0
    while position < len(folded):
        for known in _RULES:
            match = known.pattern.match(folded, position)
            if match and match.end() > position:
                tokens += known.say(match)
                position = match.end()
                break
        else:
            position += 1
    if tokens and tokens[-1].kind is not Kind.MARK and folded.rstrip().endswith("."):
        tokens.append(Token(text=".", kind=Kind.MARK))
    return [
        token
        for before, token in zip([None, *tokens], tokens, strict=False)
        if token.kind is not Kind.MARK or (before is not None and before.kind is not Kind.MARK)
    ]
