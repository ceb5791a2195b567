"""One injectable clock: monotonic time for everything measured, wall time only for what people and databases read."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Source of time. `now_ns` never goes back; `wall_ns` is Unix time and may jump."""

    def now_ns(self) -> int: ...

    def wall_ns(self) -> int: ...


def unix_s(at_ns: int, *, now_ns: int, wall_ns: int) -> float:
    """Unix seconds of the monotonic time `at_ns`; `now_ns` and `wall_ns` are one instant on both clocks."""
    return (wall_ns - (now_ns - at_ns)) / NS_PER_S


def iso_time(at_s: float) -> str:
    """Unix seconds as ISO 8601 to the second, in UTC: 2027-01-15T08:00:00+00:00."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


class SystemClock:
    """The machine's clocks."""

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()


@dataclass(slots=True)
class FakeClock:
    """A clock that moves only when a test says so."""

    monotonic_ns: int = 1_000 * NS_PER_S
    unix_ns: int = 1_800_000_000 * NS_PER_S

    def now_ns(self) -> int:
        return self.monotonic_ns

    def wall_ns(self) -> int:
        return self.unix_ns

    def advance(self, *, ms: float) -> None:
        """Moves both clocks forward by `ms` milliseconds."""
        step_ns = round(ms * NS_PER_MS)
        self.monotonic_ns += step_ns
        self.unix_ns += step_ns
