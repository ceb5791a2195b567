"""The sentence embedding for the reply engine, apart from it, so that the engine starts without waiting for it."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.folders import cache_folder
from agent.core.settings import ModelSettings
from agent.dialogue.faq_search import Embed
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import ENGLISH_EMBEDDING, MULTILINGUAL_EMBEDDING, SentenceEmbedder


def open_embedding(models: ModelSettings, language: str) -> Embed:
    """Sentences of `language` to vectors, on the processor. Raises `ModelError` as `Runtime.open` does.

    What several sentences at once mean is kept for the next start: they are a help page, and all pages take seconds of
    a core. The one sentence that a customer says is never kept.
    """
    registry = Registry.load(models.folder)
    model = registry.entry(ENGLISH_EMBEDDING if language == "en" else MULTILINGUAL_EMBEDDING)
    embed = SentenceEmbedder(Runtime(registry, "cpu"), language=language).embed
    return KeptEmbedding(embed, model.files[0].sha256, cache_folder() / "help_pages")


class KeptEmbedding:
    """An embedding that finds in `folder` what it was asked before about several sentences at once."""

    def __init__(self, embed: Embed, model: str, folder: Path) -> None:
        """`model` tells what another one made from what this one would make."""
        self._embed = embed
        self._model = model
        self._folder = folder

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(texts) < 2:
            return self._embed(texts)
        digest = hashlib.sha256("\0".join((self._model, *texts)).encode()).hexdigest()
        file = self._folder / f"{digest}.npy"
        with suppress(OSError, ValueError, EOFError):
            kept: NDArray[np.float32] = np.load(file, allow_pickle=False)
            if kept.shape[0] == len(texts) and kept.dtype == np.float32:
                return kept
        made = self._embed(texts)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(f".{os.getpid()}")
            with unfinished.open("wb") as opened:
                np.save(opened, made)
            unfinished.replace(file)
        return made
