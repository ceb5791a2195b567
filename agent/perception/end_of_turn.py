"""Says how surely somebody who has just fallen silent has finished, from how the last seconds sounded."""

import numpy as np
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ
from agent.inference.runtime import Model
from agent.perception.log_mel import log_mel

_HEARD_SAMPLES = 8 * MIC_RATE_HZ
_VARIANCE_FLOOR = 1e-7


class EndOfTurn:
    """The smart-turn model. One thread at a time may use it."""

    def __init__(self, model: Model) -> None:
        """`model` is the manifest's "end_of_turn"."""
        self._model = model

    def finished_prob(self, samples: NDArray[np.float32]) -> float:
        """Probability that the speaker of (n,) float32 sound at 16 kHz has finished; the last 8 s are looked at.

        `samples` should end about 100 ms after the last voiced one: with more silence the model says "finished" to
        everything.
        """
        heard = samples[-_HEARD_SAMPLES:]
        framed = np.zeros(_HEARD_SAMPLES, np.float32)
        framed[_HEARD_SAMPLES - len(heard) :] = heard
        framed = (framed - framed.mean()) / np.sqrt(framed.var() + _VARIANCE_FLOOR)
        (prob,) = self._model.run(log_mel(framed)[np.newaxis])
        return float(prob[0, 0])
