"""Reads each line of text with the model of its language."""

from collections.abc import Mapping

from agent.core.speech import IntentReading, TextEmotionReading
from agent.core.types import Stamp
from agent.perception.text import TextReader
from agent.perception.text_emotion import LANGUAGE, TextEmotion, unreadable


class Readers:
    """One `TextReader` a language. One thread at a time, as their sessions are their own."""

    def __init__(self, readers: Mapping[str, TextReader], feelings: TextEmotion | None = None) -> None:
        """By ISO 639-1, at least one; the first reads what is in none of these languages. `feelings` reads the emotion
        of lines in its language, if there is a reader of that language whose features it can share."""
        self._readers = dict(readers)
        self._feelings = feelings
        self._first = next(iter(self._readers))

    def reads(self, language: str) -> bool:
        """Whether lines in `language` are read by a model of their own."""
        return language in self._readers

    def intent(self, text: str, language: str) -> IntentReading:
        """As `TextReader.intent`, read as a line in `language`."""
        return self._readers.get(language, self._readers[self._first]).intent(text)

    def emotion(self, text: str, language: str, stamp: Stamp, utterance_id: int | None) -> TextEmotionReading:
        """What emotion a line tells of; not valid in a language, or of signs, from which none can be read."""
        reader = self._readers.get(LANGUAGE)
        if self._feelings is None or reader is None or language != LANGUAGE:
            return unreadable(stamp, utterance_id, "no emotion is read from this language")
        if not any(character.isalpha() for character in text):
            return unreadable(stamp, utterance_id, "no words")
        return self._feelings.read(reader.features(text), stamp, utterance_id)
