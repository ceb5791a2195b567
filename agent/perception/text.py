"""Reads what a line of speech or chat asks for: its features, intent, whether it is any of them, and slots."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from agent.core.speech import IntentReading
from agent.core.types import read_only
from agent.core.understanding import SlotPattern
from agent.inference.runtime import Runtime
from agent.perception.slots import find_slots
from agent.perception.wording import WORDING_WIDTH, wording

EMBEDDING_WIDTH = 384
FEATURES = EMBEDDING_WIDTH + WORDING_WIDTH
ENGLISH_EMBEDDING, MULTILINGUAL_EMBEDDING = "sentence_embedding", "sentence_embedding_multilingual"
IN_SCOPE_PROB = 0.5
"""A line that is less probably one of the intents than this is out of scope."""

Floats = NDArray[np.floating]
Head = Callable[[NDArray[np.float32]], tuple[Floats, Floats]]
"""(n, `FEATURES`) → (n, intents) probabilities that sum to one, and (n, 1) probabilities of being any of them."""


class SentenceEmbedder:
    """Sentences to vectors of their meaning. One thread at a time, as the session is its own."""

    def __init__(self, runtime: Runtime, *, language: str = "en") -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        name = ENGLISH_EMBEDDING if language == "en" else MULTILINGUAL_EMBEDDING
        _, tokenizer = runtime.registry.paths(name)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._model = runtime.open(name)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) float32 of unit length, read-only: the dot product of two rows is their cosine.

        Sentences run one by one, since int8 ranges are taken over a batch and neighbours would change the result.
        """
        rows = [self._embed_one(text) for text in texts]
        return read_only(np.concatenate(rows) if rows else np.zeros((0, EMBEDDING_WIDTH), np.float32))

    def features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, `FEATURES`) float32, read-only: the embedding of each line and then its wording, which heads read."""
        words = [wording(text) for text in texts]
        return read_only(np.hstack([self.embed(texts), np.array(words, np.float32).reshape(-1, WORDING_WIDTH)]))

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(text)
        ids = np.array([encoded.ids], dtype=np.int64)
        mask = np.array([encoded.attention_mask], dtype=np.int64)
        (embedding,) = self._model.run(ids, mask)
        return np.asarray(embedding, dtype=np.float32)


class TextReader:
    """Intents and slots of lines of text. One thread at a time, as its sessions are its own."""

    def __init__(
        self,
        embedder: SentenceEmbedder,
        head: Head,
        intents: Sequence[str],
        slots: Mapping[str, SlotPattern],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """`intents` name the columns of `head`; `today` is what "last Tuesday" counts from."""
        self._embedder = embedder
        self._head = head
        self._intents = tuple(intents)
        self._slots = dict(slots)
        self._today = today
        self._last: tuple[str, NDArray[np.float32]] | None = None

    def intent(self, text: str) -> IntentReading:
        """The intent of one line in the language of the head, with the slots that it names.

        A line without a letter or digit is out of scope.
        """
        if not any(character.isalnum() for character in text):
            return IntentReading(label=self._intents[0], probability=0.0, out_of_scope=True, slots={})
        intent_prob, in_scope_prob = self._head(self.features(text))
        best = int(intent_prob[0].argmax())
        return IntentReading(
            label=self._intents[best],
            probability=float(intent_prob[0, best]),
            out_of_scope=bool(in_scope_prob[0, 0] < IN_SCOPE_PROB),
            slots=find_slots(text, self._slots, self._today()),
        )

    def features(self, text: str) -> NDArray[np.float32]:
        """(1, `FEATURES`) of one line; the last ones are kept, as more than its intent is read from a line."""
        if self._last is None or self._last[0] != text:
            self._last = text, self._embedder.features([text])
        return self._last[1]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `SentenceEmbedder.embed`."""
        return self._embedder.embed(texts)


def shipped_head(runtime: Runtime, model: str) -> Head:
    """The head `model` of the manifest. Raises `ModelError` as `Runtime.open` does."""
    opened = runtime.open(model)

    def run(features: NDArray[np.float32]) -> tuple[Floats, Floats]:
        intent_prob, in_scope_prob = opened.run(features)
        return intent_prob, in_scope_prob

    return run
