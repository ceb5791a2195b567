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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often readings come, over about the last ten of them."""

    interval_s: float | None = None
    last_ns: int | None = None

    def fed(self, now_ns: int) -> "Pace":
        """The pace after a reading at `now_ns`. A pause counts as one long interval."""
        if self.last_ns is None or now_ns <= self.last_ns:
            return Pace(interval_s=self.interval_s, last_ns=now_ns)
        interval_s = min((now_ns - self.last_ns) / NS_PER_S, 1.0)
        if self.interval_s is not None:
            interval_s = self.interval_s + 0.2 * (interval_s - self.interval_s)
        return Pace(interval_s=interval_s, last_ns=now_ns)

    def at_least(self, hz: float) -> bool:
        """Whether readings come this often; False before there are two."""
        return self.interval_s is not None and self.interval_s * hz <= 1.0


LONGEST_WATCHED_GAP_S = 0.5
"""Readings further apart than this leave the time between them unwatched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How much of something there was per second of the time it was watched, of late: forgets with `tau_s`.

    Time that nobody watched is neither counted nor forgotten, so that a rate is always over watched time.
    """

    tau_s: float
    amount: float = 0.0
    watched_s: float = 0.0
    """At most `tau_s`, approached with steady watching."""
    last_ns: int | None = None

    def fed(self, now_ns: int, *, events: int = 0, share: float = 0.0) -> "Tally":
        """Watched until `now_ns`: so many events happened, or something lasted for this share of the time."""
        elapsed_s = 0.0 if self.last_ns is None else max(0, now_ns - self.last_ns) / NS_PER_S
        if elapsed_s > LONGEST_WATCHED_GAP_S:
            elapsed_s = 0.0
        keep = math.exp(-elapsed_s / self.tau_s)
        watched_s = self.tau_s * (1.0 - keep)
        return Tally(
            tau_s=self.tau_s,
            amount=self.amount * keep + events + share * watched_s,
            watched_s=self.watched_s * keep + watched_s,
            last_ns=now_ns,
        )

    def unwatched(self) -> "Tally":
        """What is known stands; the time until the next feeding is not watched."""
        return Tally(tau_s=self.tau_s, amount=self.amount, watched_s=self.watched_s)

    def per_second(self, *, after_s: float) -> float | None:
        """Amount per watched second; None before `after_s` seconds (below `tau_s`) were watched."""
        return (
            self.amount / self.watched_s
            if self.watched_s >= self.tau_s * (1 - math.exp(-after_s / self.tau_s))
            else None
        )
