"""How long who guesses has to wait: longer with each failure, and forgotten after a quiet hour."""

from collections import OrderedDict
from dataclasses import dataclass

from agent.core.clock import NS_PER_S, Clock

FIRST_WAIT_S = 15
LONGEST_WAIT_S = 15 * 60
"""Also the longest for which somebody who knows a name can keep its owner out."""
FORGOTTEN_AFTER_S = 3_600
MOST_KEPT = 10_000


@dataclass(slots=True)
class _Record:
    failures: int
    latest_ns: int


class Attempts:
    """Counts attempts by key, such as a name or an address. An attempt has failed until it is said to have succeeded,
    so that many at a time get no further than one after another. Holds `MOST_KEPT` keys; the quietest goes first."""

    def __init__(self, clock: Clock, *, free: int) -> None:
        """`free` failures cost no time; each one after them doubles the wait."""
        self._clock = clock
        self._free = free
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait_s(self, key: str) -> int:
        """Seconds until `key` may try again; 0 when it may."""
        record = self._records.get(key)
        if record is None or record.failures < self._free:
            return 0
        doublings = min(record.failures - self._free, 16)
        until_ns = record.latest_ns + min(FIRST_WAIT_S << doublings, LONGEST_WAIT_S) * NS_PER_S
        return max(0, -(-(until_ns - self._clock.now_ns()) // NS_PER_S))

    def begin(self, key: str) -> None:
        """One more attempt, which has failed until `succeeded` or `take_back`."""
        now_ns = self._clock.now_ns()
        record = self._records.pop(key, None)
        if record is None or now_ns - record.latest_ns > FORGOTTEN_AFTER_S * NS_PER_S:
            record = _Record(failures=0, latest_ns=now_ns)
        self._records[key] = _Record(failures=record.failures + 1, latest_ns=now_ns)
        if len(self._records) > MOST_KEPT:
            self._records.popitem(last=False)

    def take_back(self, key: str) -> None:
        """The latest attempt was no failure; those before it stay."""
        record = self._records.get(key)
        if record is not None:
            record.failures -= 1

    def succeeded(self, key: str) -> None:
        """Whoever it was has shown who they are."""
        self._records.pop(key, None)
