"""The sentence embedding for the reply engine, apart from it, so that the engine starts without waiting for it."""

from agent.core.settings import ModelSettings
from agent.dialogue.faq_search import Embed
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder


def open_embedding(models: ModelSettings, language: str) -> Embed:
    """Sentences of `language` to vectors, on the processor. Raises `ModelError` as `Runtime.open` does."""
    return SentenceEmbedder(Runtime(Registry.load(models.folder), "cpu"), language=language).embed
