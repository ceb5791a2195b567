"""What a clause is made of once it is written out: words, letters said by their names, and marks."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    WORD = auto()
    LETTER = auto()
    """A single capital letter, said by its name."""
    MARK = auto()
    """One of , ; : . ? ! heard as a pause and a melody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that is recognised in folded text, and how it is said."""

    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], list[Token]]


NO_WORD_BEFORE = r"(?<![A-Za-z\d])"
NO_WORD_AFTER = r"(?![A-Za-z\d])"

_REPLACED = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
        "Đ": "D", "ð": "d", "þ": "th", "Þ": "Th", "ı": "i", "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-",
        "—": " - ", "−": "-", "‐": "-", "‑": "-", "⁄": "/", "…": "...", "×": " x ", "•": ",", "。": ".", "？": "?",
        "！": "!", "，": ",",
    }
)  # fmt: skip
_KEPT = frozenset("£€¥°")


def fold(text: str) -> str:
    """The text in printable ASCII and £ € ¥ °: accents taken off, other scripts and pictures left out."""
    folded = []
    for character in unicodedata.normalize("NFKD", text.translate(_REPLACED)).translate(_REPLACED):
        if character in _KEPT or " " <= character <= "~":
            folded.append(character)
        elif (digit := unicodedata.digit(character, None)) is not None:
            folded.append(str(digit))
        elif not unicodedata.combining(character):
            folded.append(" ")
    return "".join(folded)


def tokens_of(words: str) -> list[Token]:
    """Tokens of plain words and marks; a capital that stands alone is a letter, except I: "eight A M, sharp"."""
    tokens = []
    for part in re.findall(r"[A-Za-z']+|[,;:.?!]", words):
        if part in ",;:.?!":
            kind = Kind.MARK
        else:
            kind = Kind.LETTER if len(part) == 1 and part.isupper() and part != "I" else Kind.WORD
        tokens.append(Token(text=part, kind=kind))
    return tokens


def letters_of(text: str) -> list[Token]:
    """The letters of `text`, each by its name."""
    return [Token(text=letter.upper(), kind=Kind.LETTER) for letter in text if letter.isalpha()]


def rule(pattern: str, say: Callable[[re.Match[str]], list[Token]]) -> Rule:
    return Rule(pattern=re.compile(pattern), say=say)


def wording(pattern: str, words: Callable[[re.Match[str]], str]) -> Rule:
    """A rule whose answer is plain words, see `tokens_of`."""
    return Rule(pattern=re.compile(pattern), say=lambda match: tokens_of(words(match)))
