"""The pronouncing dictionary: 183,561 American words with their phonemes and how these change with the word's role."""

import lzma
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one word is spoken, in the lexicon's phonemes (see `phonemes.py`)."""

    phonemes: str
    variants: dict[str, str] = field(default_factory=dict)
    """Phonemes that differ from the above, by role: NOUN, VERB, ADJ, PAST, END (last in its clause), NAME (spelled)."""

    def spoken_as(self, role: str | None) -> str:
        return self.variants.get(role, self.phonemes) if role else self.phonemes


class Lexicon:
    """Finds words in lines sorted by code point, `word TAB phonemes [TAB ROLE=phonemes]…`.

    Takes about 0.1 s to open; a look-up bisects, so that no dictionary of all words is ever built.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    @classmethod
    def load(cls, path: Path = DATA / "lexicon.tsv.xz") -> "Lexicon":
        return cls(lzma.decompress(path.read_bytes()).decode().splitlines())

    def __len__(self) -> int:
        return len(self._lines)

    def find(self, word: str) -> Entry | None:
        """The entry of exactly this spelling, capitals included, or None."""
        key = f"{word}\t"
        position = bisect_left(self._lines, key)
        if position == len(self._lines) or not self._lines[position].startswith(key):
            return None
        _, phonemes, *variants = self._lines[position].split("\t")
        return Entry(phonemes=phonemes, variants=dict(variant.split("=", 1) for variant in variants))
