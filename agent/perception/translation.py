"""Puts a line of one language into another: what all translators of text have in common, and which one is set."""

from typing import Protocol

from agent.core.settings import TranslationSettings
from agent.perception.translation_endpoint import EndpointTranslator
from agent.perception.translation_models import ModelTranslator


class Translator(Protocol):
    """Of text, into one language. One thread at a time may use it."""

    def translates(self, source: str) -> bool:
        """Whether lines in `source`, ISO 639-1, can be translated; False for its own language."""
        ...

    def translate(self, text: str, *, source: str) -> str:
        """The line in the other language. May take its time. Raises `TranslationFailed`."""
        ...

    def close(self) -> None:
        """Lets go of connections and models."""
        ...


def open_translator(settings: TranslationSettings) -> Translator | None:
    """The translator of text that is set; None without one, and where Whisper hears speech in English instead.

    Raises `SettingsError` or `ModelMissing` for one that cannot be had.
    """
    match settings.backend:
        case "openai":
            return EndpointTranslator(settings)
        case "ctranslate2":
            return ModelTranslator(settings)
        case _:
            return None
