"""From the words of a clause to the voice's symbols: lexicon first, then parts of words, then letter by letter."""

import re
from collections.abc import Callable, Sequence

from agent.synthesis.inflection import composed, inflected, with_s
from agent.synthesis.lexicon import Entry, Lexicon
from agent.synthesis.phonemes import VOWELS, to_voice_symbols
from agent.synthesis.roles import role_of
from agent.synthesis.tokens import Kind, Token

_LONGEST_WORD = 40
"""Letters of a word; what is longer is none, and is left at that length."""
_LONGEST_ABBREVIATION = 5
"""Letters of an unknown word without vowels that is spelled."""

_WEAK = {"a": "ə", "an": "ən", "the": "ðə", "to": "tə", "i": "I"}
_WEAK_BEFORE_VOWEL = {"the": "ði", "to": "tʊ"}
_AT_END = {"a": "ˈA", "an": "ˈæn", "the": "ðˈi", "to": "tˈu", "i": "ˈI"}


class Pronouncer:
    """Knows how words sound. Never changes; may be shared by threads."""

    def __init__(self, lexicon: Lexicon, guess: Callable[[str], str]) -> None:
        """`guess` gives phonemes for a lower-case word of letters that nothing else knows."""
        self._lexicon = lexicon
        self._guess = guess

    def symbols(self, tokens: Sequence[Token]) -> str:
        """The voice's symbols of one clause: words parted by spaces, marks directly after the word they follow."""
        capitals = [token.text.isupper() for token in tokens if token.kind is Kind.WORD and len(token.text) > 1]
        shouted = len(capitals) > 1 and all(capitals)
        words = ["" if token.kind is Kind.MARK else token.text.lower() for token in tokens]
        spoken: list[str] = []
        following = ""
        for position in range(len(tokens) - 1, -1, -1):
            token = tokens[position]
            if token.kind is Kind.MARK:
                spoken.append(token.text)
                following = ""
                continue
            phonemes = self._token(token, words, position, following, shouted)
            if phonemes:
                spoken.append(f" {to_voice_symbols(phonemes)}")
                following = phonemes.lstrip("ˈˌ")[:1]
        return "".join(reversed(spoken)).strip()

    def _token(self, token: Token, words: list[str], position: int, following: str, shouted: bool) -> str:
        """Phonemes of one word or letter; `following` is the phoneme that comes next, empty before a mark."""
        if token.kind is Kind.LETTER:
            return self._letter(token.text)
        word = words[position]
        if word in _WEAK:
            if not following:
                return _AT_END[word]
            return (_WEAK_BEFORE_VOWEL.get(word) if following in VOWELS else None) or _WEAK[word]
        text = (word if shouted else token.text)[:_LONGEST_WORD]
        entry = self._entry(text)
        if entry is None:
            return self._unlisted(text)
        if text.isupper() and len(text) > 1 and "NAME" in entry.variants:
            return self._spelled(text)
        if not following and "END" in entry.variants:
            return entry.variants["END"]
        return entry.spoken_as(role_of(words, position)) if entry.variants else entry.phonemes

    def _entry(self, text: str) -> Entry | None:
        lower = text.lower()
        return self._lexicon.find(text) or self._lexicon.find(lower) or self._lexicon.find(lower.capitalize())

    def _find(self, word: str) -> str | None:
        entry = self._entry(word)
        return entry.phonemes if entry else None

    def _unlisted(self, text: str) -> str:
        """Phonemes of a word that the lexicon does not have."""
        if match := re.fullmatch(r"([A-Z]{2,5})('?s)?", text):
            spelled = self._spelled(match[1])
            return with_s(spelled) if match[2] else spelled
        if text.endswith("'s") and (owner := self._find(text[:-2])):
            return with_s(owner)
        word = text.lower()
        if phonemes := inflected(word, self._find):
            return phonemes
        parts = re.findall(r"[A-Z]?[a-z']+|[A-Z]+(?![a-z])", text)
        if len(parts) > 1:
            return "".join(self._find(part) or self._unlisted(part) for part in parts)
        if not re.search("[aeiouy]", word) and len(word) <= _LONGEST_ABBREVIATION:
            return self._spelled(word)
        return composed(word, self._find) or self._guess(word)

    def _letter(self, letter: str) -> str:
        entry = self._lexicon.find(letter.upper())
        return entry.phonemes if entry else ""

    def _spelled(self, letters: str) -> str:
        """Letters by their names, the last one stressed: "PDF"."""
        *before, last = (self._letter(letter) for letter in letters)
        return "".join(name.replace("ˈ", "ˌ") for name in before) + last
