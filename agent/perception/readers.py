"""Reads each line of text with the model of its language."""

from collections.abc import Mapping

from agent.core.types import IntentReading
from agent.perception.text import TextReader


class Readers:
    """One `TextReader` a language. One thread at a time, as their sessions are their own."""

    def __init__(self, readers: Mapping[str, TextReader]) -> None:
        """By ISO 639-1, at least one; the first reads what is in none of these languages."""
        self._readers = dict(readers)
        self._first = next(iter(self._readers))

    def reads(self, language: str) -> bool:
        """Whether lines in `language` are read by a model of their own."""
        return language in self._readers

    def intent(self, text: str, language: str) -> IntentReading:
        """As `TextReader.intent`, read as a line in `language`."""
        return self._readers.get(language, self._readers[self._first]).intent(text)
