"""Estimates the emotion in a voice, from how something was said and from what transcription made of its sound."""

import numpy as np
from numpy.typing import NDArray

from agent.inference.runtime import Runtime
from agent.perception.prosody import PROSODY, SHORTEST_SAMPLES, prosody, spoken

STATES = 384
"""Width of the encoder states of the small English model."""
FEATURES = 6 * STATES + PROSODY

_STATE_SAMPLES = 320


class VoiceEmotionModel:
    """One thread's model of emotion in the voice."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open("voice_emotion")
        self.confident_prob = runtime.registry.entry("voice_emotion").confident_prob or 0.5
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
    quartiles = np.percentile(steps, (25, 75), axis=0).astype(np.float32)
    moments = [steps.mean(axis=0), steps.std(axis=0), steps.max(axis=0), change]
    return np.concatenate([*moments, *quartiles, prosody(samples[part])])
