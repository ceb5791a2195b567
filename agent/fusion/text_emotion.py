"""Emotion in words: what a line reads like fades over a turn, and is a witness beside face and voice."""

import numpy as np
from numpy.typing import NDArray

from agent.core.signals import Finding, TextEmotionValue
from agent.core.speech import TEXT_EMOTIONS, TextEmotionReading
from agent.core.types import EXPRESSIONS, Stamp
from agent.fusion.witness import Witness

TEMPER = 0.6
"""Exponent of how much more probable the words make an emotion than it is anyway. 0.95 fits best where lines are of the
kind that was learnt from (`agent evaluate fusion`); calls are not, and 0.6 gives up half a percent there."""
LEAST_PROB = 0.001
FADES_S = 8.0
"""Time constant with which a line loses its weight: words hold longer than a tone of voice."""
USUAL = {
    "neutral": 0.324,
    "happiness": 0.385,
    "surprise": 0.098,
    "sadness": 0.059,
    "anger": 0.109,
    "disgust": 0.013,
    "fear": 0.014,
}
"""How frequent each emotion is among the lines that the model learnt from; its probabilities have that in them."""

NAMES = tuple({"joy": "happiness"}.get(name, name) for name in TEXT_EMOTIONS)
"""The model's classes by the names that all signals use."""
_ROWS = [EXPRESSIONS.index(name) for name in NAMES]
_USUAL = np.array([USUAL[name] for name in NAMES])
_SOURCES = ("text_emotion",)

UNREAD = Witness(fades_s=FADES_S)
"""Before any words."""


def step(state: Witness, reading: TextEmotionReading) -> tuple[Witness, Finding]:
    """One line into the state and the signal to send. One that is not sure leaves what was known to fade."""
    if reading.probabilities is None:
        return state, unknown(reading.stamp, reading.reason or "words not readable", reading.utterance_id)
    label = NAMES[TEXT_EMOTIONS.index(reading.label)] if reading.label in TEXT_EMOTIONS else "unknown"
    if label != "unknown":
        state = state.told(label, ratios_of(reading.probabilities), reading.stamp.captured_ns)
    named = {name: float(prob) for name, prob in zip(NAMES, reading.probabilities, strict=True)}
    value = TextEmotionValue(
        utterance_id=reading.utterance_id,
        label=label,
        probabilities={name: round(prob, 4) for name, prob in named.items()},
    )
    return state, Finding(value=value, confidence=named.get(label), valid=True, stamp=reading.stamp, sources=_SOURCES)


def ratios_of(probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    """(8,) by how much more probable words with (7,) these probabilities make each of `EXPRESSIONS`."""
    known = (np.maximum(probabilities, LEAST_PROB) / _USUAL) ** TEMPER
    # Of contempt the words tell nothing: it keeps its share.
    ratios = np.full(len(EXPRESSIONS), _USUAL @ known, np.float32)
    ratios[_ROWS] = known
    return ratios


def unknown(stamp: Stamp, reason: str, utterance_id: int | None = None) -> Finding:
    """The signal that says that nothing can be said of the words, and why."""
    value = TextEmotionValue(utterance_id=utterance_id, label="unknown", probabilities={})
    return Finding(value=value, confidence=None, valid=False, stamp=stamp, sources=_SOURCES, reason=reason)
