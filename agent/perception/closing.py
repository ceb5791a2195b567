"""Says how surely a line is complete, from the marks that Whisper could have put behind its last word.

While it writes, Whisper weighs a full stop against a comma, an ellipsis or a further word, having heard how the line
was said and knowing how lines go on. Ends are so told from places where a line was broken off with AUROC 0.92 on 120
other lines of the agent's voice, 0.80 on 11 recordings of people, and 0.98 on two lines of 18 actors; smart-turn has
0.62, 0.64 and 0.87 there.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

_STOPS, _COMMA, _ELLIPSIS, _DASH = (".", "?", "!"), ",", "...", "-"
_LEAST_PROB = 1e-4
_WEIGHTS = np.array([1.083, -0.553, -0.255, -0.838, 0.603, -0.578])
"""Of the log-probabilities of a stop, comma, ellipsis, dash, no mark, and another word. Logistic regression on 177
lines of CLINC150 and Banking77 as the agent's voice speaks them, whole and broken off at two quiet places."""
_BIAS = -9.94


class Closing:
    """The marks of one tokenizer."""

    def __init__(self, encode: Callable[[str], list[int]], end_token: int) -> None:
        """`encode` gives the tokens of a text; each mark must be one."""
        self._stops = [encode(mark)[0] for mark in _STOPS]
        self._others = [encode(mark)[0] for mark in (_COMMA, _ELLIPSIS, _DASH)]
        self._end = end_token
        self._marks = frozenset((*self._stops, *self._others))

    def complete_prob(self, tokens: Sequence[int], logits: Sequence[ArrayLike]) -> float | None:
        """Probability that nothing follows `tokens`; `logits` holds the (vocabulary,) scores of each step, in order,
        and after the last token those of the end. None where these are missing: the tokens ran into their limit.
        """
        after_words = len(tokens) - (bool(tokens) and tokens[-1] in self._marks)
        if after_words >= len(logits):
            return None
        scores = np.asarray(logits[after_words], np.float64).reshape(-1)
        probs = np.exp(scores - scores.max())
        probs /= probs.sum()
        weighed = [probs[self._stops].sum(), *probs[self._others], probs[self._end]]
        weighed.append(max(0.0, 1.0 - sum(weighed)))
        return float(1 / (1 + np.exp(-_BIAS - _WEIGHTS @ np.log(np.maximum(weighed, _LEAST_PROB)))))
