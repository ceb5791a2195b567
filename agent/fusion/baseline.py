"""What this customer's face looks like at rest, so that features are not taken for feelings."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.types import EXPRESSIONS
from agent.fusion.filters import LONGEST_WATCHED_GAP_S

FROM_S, FULL_S = 4.0, 10.0
"""After so many trusted seconds at rest the baseline begins to count, and counts fully."""
MEMORY_S = 180.0
"""Time constant once acquainted; before that all seconds count alike."""
EXPRESSIVE_PROB = 0.8
"""A face that shows anything but neutral this clearly is not at rest, and teaches nothing."""
TRUSTED_WEIGHT = 0.5
RESTING_LOG_ODDS = -2.5
"""Log-odds of another expression against neutral that a resting face may have without being set right: 1 to 12."""
MOST_SHIFT = 1.2
"""The farthest that an expression's log-odds are lowered, a factor of 3.3. It turns 0.6 against 0.3 into neutral, and
leaves 0.8 against 0.15 what it was: no clear expression is ever explained away, however long it lasts."""
_OUTLIER = 2.0
_LEAST_PROB = 1e-4
_NEUTRAL = EXPRESSIONS.index("neutral")
_OTHERS = [index for index in range(len(EXPRESSIONS)) if index != _NEUTRAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Mean log-odds (8,) of each expression against neutral on one person's resting face."""

    log_odds: NDArray[np.float64] | None = field(default=None, repr=False)
    seconds: float = 0.0
    """Trusted seconds that it rests on."""
    last_ns: int | None = None

    @property
    def strength(self) -> float:
        """How far it is applied, 0 to 1."""
        return min(max((self.seconds - FROM_S) / (FULL_S - FROM_S), 0.0), 1.0)

    def taught(self, probabilities: NDArray[np.float32], weight: float, now_ns: int) -> "Baseline":
        """After one calibrated distribution (8,), which counts for the time since the one before."""
        elapsed_s = 0.0 if self.last_ns is None else (now_ns - self.last_ns) / NS_PER_S
        at_rest = float(probabilities[_OTHERS].max()) < EXPRESSIVE_PROB
        if not 0 < elapsed_s <= LONGEST_WATCHED_GAP_S or not at_rest or weight < TRUSTED_WEIGHT:
            return replace(self, last_ns=now_ns)
        logs = np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROB))
        seen = logs - logs[_NEUTRAL]
        if self.log_odds is None:
            return Baseline(log_odds=seen, seconds=elapsed_s, last_ns=now_ns)
        seconds = self.seconds + elapsed_s
        step = seen - self.log_odds
        if seconds > FROM_S:
            step = np.minimum(np.maximum(step, -_OUTLIER), _OUTLIER)
        gain = 1 - math.exp(-elapsed_s / min(seconds, MEMORY_S))
        return Baseline(log_odds=self.log_odds + gain * step, seconds=seconds, last_ns=now_ns)

    def applied(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """The distribution (8,) with what this face shows at rest taken off, within `MOST_SHIFT`."""
        if self.log_odds is None or self.strength == 0.0:
            return probabilities
        shift = np.minimum(np.maximum(self.log_odds - RESTING_LOG_ODDS, 0.0), MOST_SHIFT) * self.strength
        shift[_NEUTRAL] = 0.0
        shifted = probabilities * np.exp(-shift)
        return np.asarray(shifted / shifted.sum(), np.float32)
