"""Finds the names of a call's vocabulary in words that were read, to tell readings of the same sound apart."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_SHORTEST = 4
"""Letters; shorter words say nothing of what somebody talks about."""


def names_more(text: str, other: str, vocabulary: str) -> bool:
    """Whether `text` has a word of `vocabulary` that `other` has not. Numbers count by their shape: with A1042 in the
    vocabulary any letter with four digits does."""
    known = _names(vocabulary)
    return bool((_shapes(text) - _shapes(other)) & known)


@lru_cache(maxsize=8)
def _names(vocabulary: str) -> frozenset[str]:
    return frozenset(shape for shape in _shapes(vocabulary) if len(shape) >= _SHORTEST)


def _shapes(text: str) -> frozenset[str]:
    """Words in lower case; those with digits as letters and nines."""
    return frozenset(_shape(word) for word in _WORD.findall(text))


def _shape(word: str) -> str:
    return _DIGIT.sub("9", re.sub(r"[^\W\d]", "A", word)) if _DIGIT.search(word) else word.lower()
