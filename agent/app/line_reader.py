"""What a line that a customer said or typed is in: its language, its intent, and what emotion its words tell of."""

from collections.abc import Awaitable, Callable

from agent.app.senses import Senses
from agent.core.signals import Finding, IntentValue
from agent.core.speech import IntentReading, TextEmotionReading
from agent.core.types import Stamp
from agent.dialogue.protocol import Intent, Translation
from agent.perception.language import TOLD, language_of

ReadEmotion = Callable[[str, str, Stamp, int | None], Awaitable[TextEmotionReading]]
"""Of a line, in a language, said at a stamp, by the number of the utterance or None for a chat line."""
ReadIntent = Callable[[str, str], Awaitable[IntentReading]]
"""Of a line, in a language."""


class LineReader:
    """Of one call. Publishes what it reads."""

    def __init__(
        self,
        senses: Senses,
        *,
        read_intent: ReadIntent,
        read_emotion: ReadEmotion,
        reads: Callable[[str], bool],
        locale: str,
    ) -> None:
        """`reads` tells whether `read_intent` has a model for a language; lines in others are read as translated."""
        self._senses = senses
        self._read_intent = read_intent
        self._read_emotion = read_emotion
        self._reads = reads
        self.language = locale.partition("-")[0].lower()
        """Of what the customer said or typed last; the page's until then."""

    def tell_language(self, text: str, *, heard: str | None = None) -> str:
        """The language of a line: what its words tell, or what was `heard` where that is one that words cannot tell, or
        the language of the line before, as "OK" and "A1042" are said in any."""
        told = language_of(text)
        if told is None and heard is not None and heard not in TOLD:
            return heard
        return told or self.language

    def readable(self, text: str, language: str, translation: Translation | None) -> tuple[str, str]:
        """The line and its language as the models read them best."""
        if translation is not None and not self._reads(language):
            return translation.text, translation.language
        return text, language

    async def understand(self, text: str, language: str, stamp: Stamp, *, utterance_id: int | None) -> Intent:
        """What the line asks for."""
        reading = await self._read_intent(text, language)
        value = IntentValue(
            label=reading.label,
            out_of_scope=reading.out_of_scope,
            slots=reading.slots,
            utterance_id=utterance_id,
        )
        finding = Finding(
            value=value, confidence=reading.probability, valid=True, stamp=stamp, sources=("transcript", "intent")
        )
        signal, *_ = self._senses.publish([finding])
        return Intent(
            label=reading.label,
            probability=reading.probability,
            out_of_scope=reading.out_of_scope,
            slots=reading.slots,
            seq=signal.seq,
        )

    async def feel(self, text: str, language: str, stamp: Stamp, *, utterance_id: int | None) -> None:
        """Reads what emotion the words tell of, if the customer agrees to that."""
        if self._senses.reads_words:
            self._senses.read_words(await self._read_emotion(text, language, stamp, utterance_id))
