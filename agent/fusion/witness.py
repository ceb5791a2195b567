"""What an utterance says about how the customer feels: how much more probable it makes each emotion, until it fades."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S

LEAST_STRENGTH = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an utterance says about now."""

    label: str
    ratios: NDArray[np.float32] = field(repr=False)
    """(8,) by how much more probable each of `EXPRESSIONS` becomes; 1 where it tells nothing."""
    strength: float = 1.0
    """1 when it was just said; `ratios` have faded by it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """The last utterance of which an emotion was sure enough to count."""

    fades_s: float
    """Time constant with which it loses its weight."""
    evidence: Evidence | None = None
    spoken_ns: int = 0

    def told(self, label: str, ratios: NDArray[np.float32], spoken_ns: int) -> "Witness":
        """The same witness after another utterance, which takes the place of the one before."""
        return Witness(fades_s=self.fades_s, evidence=Evidence(label=label, ratios=ratios), spoken_ns=spoken_ns)

    def faded(self, now_ns: int) -> Evidence | None:
        """What is left of it; None once that is next to nothing."""
        if self.evidence is None:
            return None
        strength = math.exp(-max(0, now_ns - self.spoken_ns) / NS_PER_S / self.fades_s)
        if strength < LEAST_STRENGTH:
            return None
        ratios = self.evidence.ratios ** np.float32(strength)
        return Evidence(label=self.evidence.label, ratios=ratios, strength=strength)
