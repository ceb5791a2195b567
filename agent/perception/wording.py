"""Puts the wording of a line into numbers: which words and pieces of words it has, beside what it means."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

WORDING_WIDTH = 1024
SHARE = 0.5
"""Length of the part for words, and of that for pieces, where a sentence embedding has 1. Chosen, as the width and the
lengths of the pieces, by cross-validation on banking77's training lines."""
MOST_WORDS = 2
"""Words in a row that count as one feature."""
LEAST_PIECE, LONGEST_PIECE = 2, 5
"""Characters, the marks for a word's beginning and end included."""
LONGEST_LINE = 2_000
"""Characters; what follows is not counted, so that no line takes long."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


def wording(text: str) -> NDArray[np.float32]:
    """(`WORDING_WIDTH`,) sums over the words and pairs of words, and over the pieces of words, of `text` in lower case.

    Each has its place and sign by CRC-32 (feature hashing: Weinberger and others, 2009), so that no vocabulary is kept,
    and counts by one plus the logarithm of how often it occurs.
    """
    tokens = _TOKEN.findall(text[:LONGEST_LINE].lower())
    return _hashed("w", _phrases(tokens)) + _hashed("c", _pieces(tokens))


def _phrases(tokens: list[str]) -> Iterator[str]:
    for size in range(1, MOST_WORDS + 1):
        for start in range(len(tokens) - size + 1):
            yield " ".join(tokens[start : start + size])


def _pieces(tokens: list[str]) -> Iterator[str]:
    for token in tokens:
        marked = f"_{token}_"
        for size in range(LEAST_PIECE, min(LONGEST_PIECE, len(marked)) + 1):
            for start in range(len(marked) - size + 1):
                yield marked[start : start + size]


def _hashed(kind: str, features: Iterable[str]) -> NDArray[np.float32]:
    """The features' sum, of length `SHARE`; zero where there are none or they cancel out."""
    counts = Counter(features)
    code = np.array([zlib.crc32(f"{kind}{feature}".encode()) for feature in counts], np.int64)
    weight = 1 + np.log(np.array(list(counts.values()), np.float64))
    signed = np.where(code & 1, weight, -weight)
    total = np.bincount((code >> 1) % WORDING_WIDTH, weights=signed, minlength=WORDING_WIDTH)
    length = np.linalg.norm(total)
    return np.asarray(total * (SHARE / length) if length else total, np.float32)
