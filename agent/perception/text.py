"""Reads what a line of speech or chat asks for: sentence embedding, intent, and whether the shop can do it at all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from agent.core.types import IntentReading, read_only
from agent.inference.runtime import Runtime
from agent.perception.slots import PRODUCTS, order_id, product

INTENTS = (
    "greeting",
    "order_status",
    "return_item",
    "refund",
    "speak_to_person",
    "thanks",
    "goodbye",
    "affirm",
    "deny",
    "help",
    "repeat",
)
"""What customers of a shop ask for, in the order of the model's output."""

EMBEDDING_WIDTH = 384
IN_SCOPE_PROB = 0.5
"""A line that is less probably one of `INTENTS` than this is out of scope."""


class SentenceEmbedder:
    """Sentences to vectors. One thread at a time, as the session is its own."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        _, tokenizer = runtime.registry.paths("sentence_embedding")
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._model = runtime.open("sentence_embedding")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) float32 of unit length, read-only: the dot product of two rows is their cosine.

        Sentences run one by one, since int8 ranges are taken over a batch and neighbours would change the result.
        """
        rows = [self._embed_one(text) for text in texts]
        return read_only(np.concatenate(rows) if rows else np.zeros((0, EMBEDDING_WIDTH), np.float32))

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(text)
        ids = np.array([encoded.ids], dtype=np.int64)
        mask = np.array([encoded.attention_mask], dtype=np.int64)
        (embedding,) = self._model.run(ids, mask)
        return np.asarray(embedding, dtype=np.float32)


class TextReader:
    """Intents and slots of lines of text. One thread at a time, as its sessions are its own."""

    def __init__(self, runtime: Runtime, products: Sequence[str] = PRODUCTS) -> None:
        """`products` fill the slot "product". Raises `ModelError` as `Runtime.open` does."""
        self._embedder = SentenceEmbedder(runtime)
        self._head = runtime.open("intent")
        self._products = tuple(products)

    def intent(self, text: str) -> IntentReading:
        """The intent of one line in English, with `order_id` and `product` where it names them.

        A line without a letter or digit is out of scope.
        """
        if not any(character.isalnum() for character in text):
            return IntentReading(label=INTENTS[0], probability=0.0, out_of_scope=True, slots={})
        intent_prob, in_scope_prob = self._head.run(self.embed([text]))
        best = int(intent_prob[0].argmax())
        return IntentReading(
            label=INTENTS[best],
            probability=float(intent_prob[0, best]),
            out_of_scope=bool(in_scope_prob[0, 0] < IN_SCOPE_PROB),
            slots=self._slots(text),
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `SentenceEmbedder.embed`."""
        return self._embedder.embed(texts)

    def _slots(self, text: str) -> dict[str, str]:
        found = {"order_id": order_id(text), "product": product(text, self._products)}
        return {name: value for name, value in found.items() if value is not None}
