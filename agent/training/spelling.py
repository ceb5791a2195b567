"""Brings what was said and what was heard to one spelling, and counts where they differ."""

import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.core.speech import UNSPACED_LANGUAGES
from agent.perception.simplified import simplified

with warnings.catch_warnings():
    # Its patterns hold escapes that Python complains of whenever it compiles them anew.
    warnings.simplefilter("ignore")
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer


@dataclass(slots=True)
class ErrorCount:
    """Substitutions, insertions and deletions against what was said."""

    errors: int = 0
    units: int = 0

    @property
    def rate(self) -> float | None:
        """None when nothing was compared."""
        return self.errors / self.units if self.units else None

    def add(self, said: Sequence[str], heard: Sequence[str]) -> None:
        self.errors += edit_distance(said, heard)
        self.units += len(said)


def units(text: str, language: str = "en") -> list[str]:
    """Words of `text` for comparison, or its characters where words are not spaced.

    Spelled by the normalizer of Whisper's paper (Radford and others, 2022, appendix C), for English with numbers as
    digits and contractions written out; Chinese simplified and without marks.
    """
    if language in UNSPACED_LANGUAGES:
        plain = unicodedata.normalize("NFKC", simplified(text) if language == "zh" else text)
        return [letter for letter in plain.lower() if letter.isalnum()]
    return str(_normalizer(language)(text)).split()


def edit_distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest substitutions, insertions and deletions that make `heard` of `said` (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(said, start=1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(heard, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != found))
    return row[-1]


@lru_cache(maxsize=2)
def _normalizer(language: str) -> EnglishTextNormalizer | BasicTextNormalizer:
    return EnglishTextNormalizer() if language == "en" else BasicTextNormalizer()
