"""Estimates the emotion in a voice, from how something was said and from what transcription made of its sound."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ, VOICE_EMOTIONS
from agent.core.types import read_only
from agent.inference.runtime import Runtime
from agent.perception.prosody import PROSODY, SHORTEST_SAMPLES, percentiles, prosody, span_db, spoken

VOICE_EMOTION = "voice_emotion"
"""The model's name in the manifest."""
LEAST_SAMPLES = MIC_RATE_HZ
"""Less than a second tells too little: the shortest line that the model learnt from has 1.1 s."""
MOST_SAMPLES = 5 * MIC_RATE_HZ
"""Of a longer utterance its end is read, for no more than 15 ms of CPU; every line learnt from is shorter."""
LEAST_SPAN_DB = 30.0
"""The model knows studios. With pink noise 30 dB below the voice (a span of 36 dB) 65 % of lines of unheard speakers
are right instead of 72 %, with noise 20 dB below (a span of 26 dB) 42 %, and it is as sure of itself."""

STATES = 384
"""Width of the encoder states of the small English model."""
FEATURES = 6 * STATES + PROSODY

_STATE_SAMPLES = 320
"""Sound that one row of states stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was heard in one utterance, or why nothing was."""

    reason: str | None = None
    """Why nothing can be said."""
    label: str = "unknown"
    """"unknown" too where no emotion is sure enough."""
    probabilities: NDArray[np.float32] | None = field(default=None, repr=False)
    """As `VoiceEmotionModel.probabilities`; None where there is a reason."""


class VoiceEmotion:
    """Reads utterances of calls, and refuses those that are not fit for it. One thread at a time may use it."""

    def __init__(self, model: "VoiceEmotionModel") -> None:
        self._model = model

    @classmethod
    def open(cls, runtime: Runtime) -> "VoiceEmotion":
        """Loads the model and runs it once, which takes several times as long as later. Raises `ModelError`s."""
        model = VoiceEmotionModel(runtime)
        model.probabilities(np.sin(np.arange(LEAST_SAMPLES, dtype=np.float32)), np.zeros((50, STATES), np.float32))
        return cls(model)

    def hear(self, samples: NDArray[np.float32], states: NDArray[np.float32] | None) -> Heard:
        """The emotion in (n,) float32 sound at 16 kHz of which transcription made `states`; None if it kept none."""
        if states is None:
            return Heard(reason="the words were read by another speech model than the small English one")
        part = spoken(samples)
        if part.stop - part.start < LEAST_SAMPLES:
            return Heard(reason="too little speech")
        if span_db(samples) < LEAST_SPAN_DB:
            return Heard(reason="too noisy")
        first = max(part.start, part.stop - MOST_SAMPLES) // _STATE_SAMPLES
        prob = self._model.probabilities(samples[first * _STATE_SAMPLES : part.stop], states[first:])
        if prob is None:
            return Heard(reason="too little speech")
        best = int(prob.argmax())
        label = VOICE_EMOTIONS[best] if prob[best] >= self._model.confident_prob else "unknown"
        return Heard(label=label, probabilities=read_only(prob))


class VoiceEmotionModel:
    """One thread's model of emotion in the voice."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open(VOICE_EMOTION)
        self.confident_prob = runtime.registry.entry(VOICE_EMOTION).confident_prob or 0.5
        """From here on the likeliest emotion counts as sure."""

    def probabilities(self, samples: NDArray[np.float32], states: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """(9,) calibrated, in the order of `VOICE_EMOTIONS`, or None, as for `voice_features`."""
        features = voice_features(samples, states)
        if features is None:
            return None
        (prob,) = self._model.run(features[None])
        return np.asarray(prob[0], np.float32)


def voice_features(samples: NDArray[np.float32], states: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """(`FEATURES`,) mean, deviation, maximum and quartiles of the states while somebody speaks, by how much the mean of
    the first half is above that of the second, and the prosody of that part.

    `samples` are (n,) float32 at 16 kHz, `states` what `SpeechToText.states` of the small English
    model makes of them. None when too little is spoken to tell.
    """
    part = spoken(samples)
    steps = states[part.start // _STATE_SAMPLES : part.stop // _STATE_SAMPLES]
    if part.stop - part.start < SHORTEST_SAMPLES or len(steps) < 2:
        return None
    first, second = steps[: len(steps) // 2], steps[len(steps) // 2 :]
    change = first.mean(axis=0) - second.mean(axis=0)
    quartiles = percentiles(np.ascontiguousarray(steps.T), (25, 75)).T
    moments = [steps.mean(axis=0), steps.std(axis=0), steps.max(axis=0), change]
    return np.concatenate([*moments, *quartiles, prosody(samples[part])])
