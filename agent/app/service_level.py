"""How many customers had a free line in time, over the last hour and the last day."""

from collections import deque
from dataclasses import dataclass

from agent.core.clock import NS_PER_S
from agent.transport.supervisor_messages import Served

HOUR_S, DAY_S = 3_600.0, 86_400.0
MOST_KEPT = 50_000
"""Customers of one day; the oldest are forgotten beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    ended_ns: int
    in_time: bool
    served: bool


class ServiceLevel:
    """Waits that are over. Time is what it is told, and it never goes back."""

    def __init__(self, answered_within_s: float) -> None:
        self.answered_within_s = answered_within_s
        self._waits: deque[_Wait] = deque(maxlen=MOST_KEPT)

    def over(self, waited_ns: int, *, served: bool, now_ns: int) -> None:
        """A wait ended, with a free line or without one."""
        in_time = served and waited_ns <= self.answered_within_s * NS_PER_S
        self._waits.append(_Wait(ended_ns=now_ns, in_time=in_time, served=served))

    def of_last(self, span_s: float, now_ns: int) -> Served:
        """Counts of the waits that ended within the last `span_s`, a day at most."""
        while self._waits and now_ns - self._waits[0].ended_ns > DAY_S * NS_PER_S:
            self._waits.popleft()
        customers = in_time = given_up = 0
        for wait in reversed(self._waits):
            if now_ns - wait.ended_ns > span_s * NS_PER_S:
                break
            customers += 1
            in_time += wait.in_time
            given_up += not wait.served
        return Served(customers=customers, in_time=in_time, given_up=given_up)
