"""The intent head of a domain pack: the one that ships, or one fitted on the pack's own examples and kept."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import ModelMissing
from agent.core.folders import cache_folder
from agent.core.understanding import Understanding
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.text import FEATURES, Floats, Head, SentenceEmbedder, TextReader, shipped_head
from agent.perception.text_emotion import TextEmotion
from agent.training.intent_head import IntentHead, fit_head
from agent.training.lines import Lines, labels, spellings

_KEY_LETTERS = 16


def open_reader(
    runtime: Runtime, understanding: Understanding, *, cache: Path | None = None, today: Callable[[], date] = date.today
) -> TextReader:
    """A reader of what `understanding` asks for, with the head that was trained on just its examples.

    That is the manifest's `head_name(understanding)`, or else a head fitted now, some 10 ms an example, and kept in
    `cache`.
    Raises `ModelError` as `Runtime.open` does.
    """
    embedder = SentenceEmbedder(runtime, language=understanding.language)
    model = model_of(runtime, understanding)
    if model is not None:
        head = shipped_head(runtime, model)
    else:
        head = runs(fitted(understanding, embedder, cache or cache_folder()))
    return TextReader(embedder, head, understanding.intents, understanding.slots, today=today)


def open_readers(
    runtime: Runtime,
    understandings: Sequence[Understanding],
    *,
    cache: Path | None = None,
    today: Callable[[], date] = date.today,
    feels: bool = True,
) -> Readers:
    """A reader for each language of a pack, the first for what is in none of them; days are told from `today` where the
    business is. Unless it `feels`, no emotion can be read from any line. Raises as `open_reader`."""
    readers = {each.language: open_reader(runtime, each, cache=cache, today=today) for each in understandings}
    return Readers(readers, TextEmotion(runtime) if feels else None)


def head_name(understanding: Understanding) -> str:
    """What the manifest calls the head of this pack in this language: "intent_shop", "intent_shop_zh"."""
    language = "" if understanding.language == "en" else f"_{understanding.language}"
    return f"intent_{understanding.name}{language}"


def model_of(runtime: Runtime, understanding: Understanding) -> str | None:
    """The name in the manifest of the head that was trained on just these examples."""
    name = head_name(understanding)
    try:
        entry = runtime.registry.entry(name)
    except ModelMissing:
        return None
    return name if (entry.examples, entry.classes) == (understanding.digest, understanding.intents) else None


def fitted(understanding: Understanding, embedder: SentenceEmbedder, cache: Path) -> IntentHead:
    """A head for the pack, from `cache` if it was fitted before; a cache that cannot be used is done without."""
    file = cache / f"intent_{understanding.digest[:_KEY_LETTERS]}_{FEATURES}.npz"
    try:
        return IntentHead.load(file)
    except (OSError, ValueError, KeyError, BadZipFile):
        head = fit_understanding(understanding, embedder)
    with suppress(OSError):
        head.save(file)
    return head


def fit_understanding(understanding: Understanding, embedder: SentenceEmbedder) -> IntentHead:
    """A head for the pack's intents, fitted on each example as it stands and as speech recognition may write it."""
    lines = Lines(texts=understanding.texts, intents=understanding.labels)
    texts, label, group = spellings(lines.texts, labels(lines, understanding.intents))
    return fit_head(embedder.features(texts), label, groups=group)


def runs(head: IntentHead) -> Head:
    """The head as `TextReader` wants it."""

    def run(features: NDArray[np.float32]) -> tuple[Floats, Floats]:
        intent_prob, in_scope_prob = head.read(features)
        return intent_prob, in_scope_prob[:, None]

    return run
