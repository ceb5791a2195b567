"""Small filters over measured time: readings come at uneven intervals, so nothing here counts frames."""

import math
from dataclasses import dataclass

from agent.core.clock import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Decaying:
    """A weighted mean that forgets with time constant `tau_s`; `weight` says how much evidence is left in it."""

    tau_s: float
    value: float = 0.0
    weight: float = 0.0
    """Between 0 (no evidence) and 1 (steady evidence for much longer than tau)."""
    updated_ns: int | None = None

    def aged(self, now_ns: int) -> "Decaying":
        """The same mean with less weight, as if nothing had been seen since."""
        if self.updated_ns is None:
            return Decaying(tau_s=self.tau_s, updated_ns=now_ns)
        keep = self._keep(now_ns)
        return Decaying(tau_s=self.tau_s, value=self.value, weight=self.weight * keep, updated_ns=now_ns)

    def fed(self, sample: float, *, now_ns: int, trust: float = 1.0) -> "Decaying":
        """The mean after one sample that stands for the time since the last update, trusted from 0 to 1."""
        if self.updated_ns is None:
            return Decaying(tau_s=self.tau_s, value=sample, weight=0.0, updated_ns=now_ns)
        keep = self._keep(now_ns)
        gain = (1.0 - keep) * trust
        weight = self.weight * keep + gain
        value = self.value if weight <= 0 else (self.value * self.weight * keep + sample * gain) / weight
        return Decaying(tau_s=self.tau_s, value=value, weight=weight, updated_ns=now_ns)

    def _keep(self, now_ns: int) -> float:
        assert self.updated_ns is not None
        return math.exp(-max(0, now_ns - self.updated_ns) / NS_PER_S / self.tau_s)
