"""Reads what emotion the words of a line tell of, from the features that its intent is read from."""

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import TEXT_EMOTIONS, TextEmotionReading
from agent.core.types import Stamp, read_only
from agent.inference.runtime import Runtime

TEXT_EMOTION = "text_emotion"
"""The model's name in the manifest."""
LANGUAGE = "en"
"""Of the lines that the model knows."""


class TextEmotion:
    """Reads lines in English. One thread at a time may use it."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open(TEXT_EMOTION)
        self.confident_prob = runtime.registry.entry(TEXT_EMOTION).confident_prob or 0.5
        """From here on the likeliest emotion counts as sure."""

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 7) calibrated, in the order of `TEXT_EMOTIONS`, of (n, `agent.perception.text.FEATURES`)."""
        (prob,) = self._model.run(features)
        return np.asarray(prob, np.float32)

    def read(self, features: NDArray[np.float32], stamp: Stamp, utterance_id: int | None) -> TextEmotionReading:
        """The emotion of one line, of which `features` are (1, n)."""
        prob = self.probabilities(features)[0]
        best = int(prob.argmax())
        return TextEmotionReading(
            stamp=stamp,
            utterance_id=utterance_id,
            label=TEXT_EMOTIONS[best] if prob[best] >= self.confident_prob else "unknown",
            probabilities=read_only(prob),
        )


def unreadable(stamp: Stamp, utterance_id: int | None, reason: str) -> TextEmotionReading:
    """The reading of a line that cannot be read, and why."""
    return TextEmotionReading(
        stamp=stamp, utterance_id=utterance_id, label="unknown", probabilities=None, reason=reason
    )
