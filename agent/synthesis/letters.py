"""Guesses how an unknown word sounds from its letters, by rules learned from the lexicon.

The rules are an IGTree (Daelemans, van den Bosch, Weijters: "IGTree: using trees for compression and classification in
lazy learning algorithms", 1997), written out flat: each letter's context is a string whose characters stand in order of
importance, and the longest beginning of it that has a rule gives the phonemes of that letter. A word is read from its
end, as English stress is counted from there, and what was decided to the right is part of the context.
"""

import lzma
from pathlib import Path

from agent.synthesis.lexicon import DATA
from agent.synthesis.phonemes import VOWELS

_REACH = 4
"""Letters to each side that a context may hold."""


class Reading:
    """What has been decided of one word, from its end towards its beginning."""

    def __init__(self, word: str) -> None:
        self._padded = f"{' ' * _REACH}{word}{' ' * _REACH}"
        self._nearest = "#"
        self._stress = "0"
        self._vowels = 0

    def context(self, position: int) -> str:
        """The context of the letter at `position`: itself, its neighbours and what follows, most telling first."""
        at = position + _REACH
        letters = self._padded
        return (
            f"{letters[at]}{letters[at + 1]}{letters[at - 1]}{self._nearest}{letters[at + 2]}{self._stress}"
            f"{letters[at - 2]}{min(self._vowels, 4)}{letters[at + 3]}{letters[at - 3]}{letters[at + 4]}"
        )

    def decide(self, phonemes: str) -> None:
        """Takes the phonemes, none to three, of the letter whose context was asked for last."""
        if "ˈ" in phonemes:
            self._stress = "1"
        elif "ˌ" in phonemes and self._stress == "0":
            self._stress = "2"
        self._vowels += any(symbol in VOWELS for symbol in phonemes)
        if phonemes:
            self._nearest = phonemes.lstrip("ˈˌ")[0]


class LetterRules:
    """Phonemes by beginnings of contexts; the empty context has a rule."""

    def __init__(self, rules: dict[str, str]) -> None:
        self._rules = rules

    @classmethod
    def load(cls, path: Path = DATA / "letter_rules.tsv.xz") -> "LetterRules":
        lines = lzma.decompress(path.read_bytes()).decode().splitlines()
        return cls(dict(line.split("\t") for line in lines))

    def phonemes(self, word: str) -> str:
        """Phonemes, in the lexicon's notation, of a word of lower-case letters; other characters are skipped.

        A word of at least one vowel sound carries exactly one primary stress.
        """
        letters = "".join(letter for letter in word if "a" <= letter <= "z")
        reading = Reading(letters)
        chosen = []
        for position in range(len(letters) - 1, -1, -1):
            phonemes = self._answer(reading.context(position))
            reading.decide(phonemes)
            chosen.append(phonemes)
        return _stressed_once("".join(reversed(chosen)))

    def _answer(self, context: str) -> str:
        for length in range(len(context), 0, -1):
            if (phonemes := self._rules.get(context[:length])) is not None:
                return phonemes
        return self._rules[""]


def _stressed_once(phonemes: str) -> str:
    """The first primary stress stays and others become secondary; without any, the first vowel takes it."""
    first = phonemes.find("ˈ")
    if first >= 0:
        return phonemes[: first + 1] + phonemes[first + 1 :].replace("ˈ", "ˌ")
    if "ˌ" in phonemes:
        return phonemes.replace("ˌ", "ˈ", 1)
    for position, symbol in enumerate(phonemes):
        if symbol in VOWELS:
            return f"{phonemes[:position]}ˈ{phonemes[position:]}"
    return phonemes
