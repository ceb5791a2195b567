"""Emotion in the voice over time: what an utterance sounded like fades, and counts for little beside a face."""

import numpy as np
from numpy.typing import NDArray

from agent.core.signals import Finding, VoiceEmotionValue
from agent.core.speech import VOICE_EMOTIONS, VoiceEmotionReading
from agent.core.types import EXPRESSIONS, Stamp
from agent.fusion.witness import Witness

TEMPER = 0.3
"""Exponent of the model's probabilities: the smaller of the two with which they are the least surprised by a corpus of
which the model heard nothing (EmoDB 0.31, RAVDESS 0.60; `agent.training.speech_emotion.best_temper`). The card of the
model has the confusions, and what it is worth."""
LEAST_PROB = 0.001
"""Probabilities count as no smaller, so that no voice weighs more than eight to one before it fades."""
COUNTED = ("neutral", "happiness", "sadness", "anger", "fear", "disgust")
"""Emotions that both corpora know: only of these is it measured what the model makes of strange recordings."""
FADES_S = 4.0
"""Time constant with which an utterance loses its weight: longer than a glance, shorter than a turn."""

_FACE_ROWS = [EXPRESSIONS.index(name) for name in COUNTED]
_VOICE_ROWS = [VOICE_EMOTIONS.index(name) for name in COUNTED]
_SOURCES = ("voice_emotion",)

UNHEARD = Witness(fades_s=FADES_S)
"""Before anything was said."""


def step(state: Witness, reading: VoiceEmotionReading) -> tuple[Witness, Finding]:
    """One utterance into the state and the signal to send. One that is not sure leaves what was known to fade.

    Probabilities and confidence are tempered: they hold as far as they did for recordings of a kind never heard.
    """
    if reading.probabilities is None:
        return state, unknown(reading.stamp, reading.reason or "voice not readable", reading.utterance_id)
    tempered = _tempered(reading.probabilities)
    if reading.label in COUNTED:
        state = state.told(reading.label, ratios_of(reading.probabilities), reading.stamp.captured_ns)
    named = {name: float(prob) for name, prob in zip(VOICE_EMOTIONS, tempered, strict=True)}
    value = VoiceEmotionValue(
        utterance_id=reading.utterance_id,
        label=reading.label,
        probabilities={name: round(prob, 4) for name, prob in named.items()},
    )
    return state, Finding(
        value=value, confidence=named.get(reading.label), valid=True, stamp=reading.stamp, sources=_SOURCES
    )


def ratios_of(probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    """(8,) by how much more probable a voice with (9,) these probabilities makes each of `EXPRESSIONS`."""
    tempered = _tempered(probabilities)
    ratios = np.ones(len(EXPRESSIONS), np.float32)
    ratios[_FACE_ROWS] = tempered[_VOICE_ROWS] / tempered[_VOICE_ROWS].mean()
    return ratios


def _tempered(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    tempered = np.maximum(probabilities, LEAST_PROB) ** TEMPER
    return np.asarray(tempered / tempered.sum())


def unknown(stamp: Stamp, reason: str, utterance_id: int | None = None) -> Finding:
    """The signal that says that nothing can be said of the voice, and why."""
    value = VoiceEmotionValue(utterance_id=utterance_id, label="unknown", probabilities={})
    return Finding(value=value, confidence=None, valid=False, stamp=stamp, sources=_SOURCES, reason=reason)
