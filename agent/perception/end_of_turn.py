"""Says whether somebody who has just fallen silent has finished, from how the last seconds sounded and were worded."""

import numpy as np
from numpy.typing import NDArray

from agent.core.types import MIC_RATE_HZ
from agent.inference.runtime import Model
from agent.perception.log_mel import log_mel

_HEARD_SAMPLES = 8 * MIC_RATE_HZ
_VARIANCE_FLOOR = 1e-7
_SURE_PROB = 0.5
"""From here on the model says "finished"; below, the wait grows as the probability falls."""

_NEVER_LAST = frozenset("a an the my your our their and or but because if um uh er erm i i'm i'd i've".split())
_WHOLE_ANSWERS = frozenset(
    "yes|yeah|yep|no|nope|ok|okay|sure|correct|right|thanks|thank you|hello|hi|hey|bye|goodbye|never mind|"
    "yes please|no thanks|no thank you|that's all|that's right".split("|")
)


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


def silence_needed_ms(
    finished_prob: float, text: str, *, language: str, min_silence_ms: int, max_silence_ms: int
) -> float:
    """How long the silence must last before the turn has ended.

    The shortest when the model says that the speaker has finished, longer the surer it is of the opposite. In English
    the wording overrules it: a line that ends in "and" or "my" goes on, "yes please" does not.
    """
    if language == "en":
        said = text.lower().strip(" .,!")
        if said in _WHOLE_ANSWERS:
            return min_silence_ms
        if text.endswith(("...", ",", "-")) or said.rpartition(" ")[2] in _NEVER_LAST:
            return max_silence_ms
    doubt = 1.0 - min(1.0, finished_prob / _SURE_PROB)
    return min_silence_ms + doubt * (max_silence_ms - min_silence_ms)
