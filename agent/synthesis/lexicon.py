"""The pronouncing dictionary: American words with their phonemes and how these change with the word's role."""

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

    A look-up bisects the lines, so that no dictionary of all 183,561 words is built; opening takes about 0.1 s.
    `supplement` holds lines of the same form, unsorted, that win over the others: names and words of our own.
    """

    def __init__(self, lines: list[str], supplement: list[str] | None = None) -> None:
        self._lines = lines
        self._supplement = {line.partition("\t")[0]: line for line in supplement or []}

    @classmethod
    def load(cls, folder: Path = DATA) -> "Lexicon":
        lines = lzma.decompress((folder / "lexicon.tsv.xz").read_bytes()).decode().splitlines()
        return cls(lines, (folder / "supplement.tsv").read_text(encoding="utf-8").splitlines())

    def find(self, word: str) -> Entry | None:
        """The entry of exactly this spelling, capitals included, or None."""
        line = self._supplement.get(word) or self._line(f"{word}\t")
        if line is None:
            return None
        _, phonemes, *variants = line.split("\t")
        return Entry(phonemes=phonemes, variants=dict(variant.split("=", 1) for variant in variants))

    def _line(self, beginning: str) -> str | None:
        position = bisect_left(self._lines, beginning)
        found = position < len(self._lines) and self._lines[position].startswith(beginning)
        return self._lines[position] if found else None
