"""One time line for what a customer sends of one kind, over all connections of a call: each begins with RTP times of
its own."""

from agent.core.clock import NS_PER_S, Clock
from agent.media.capture_clock import CaptureClock, PageClock


class Timeline:
    """RTP times that run on from one connection to the next, as far apart as those were; and when each was captured."""

    def __init__(self, rate_hz: int, page: PageClock, clock: Clock) -> None:
        self.capture = CaptureClock(rate_hz, page, clock)
        self._rate_hz = rate_hz
        self._clock = clock
        self._last: tuple[int, int] | None = None
        """The latest time on it, and when it was told."""

    def next_offset(self, timestamp: int) -> int:
        """What to add to the times of a connection whose first is `timestamp`, coming now."""
        if self._last is None:
            return 0
        last, told_ns = self._last
        return last + max(1, (self._clock.now_ns() - told_ns) * self._rate_hz // NS_PER_S) - timestamp

    def reached(self, timestamp: int) -> None:
        if self._last is None or timestamp > self._last[0]:
            self._last = timestamp, self._clock.now_ns()


class Stretch:
    """What one connection brings of a time line."""

    def __init__(self, line: Timeline) -> None:
        self.line = line
        self._offset: int | None = None
        """Known once the first frame has come."""

    def of(self, timestamp: int) -> int:
        """The time on the line of a frame whose RTP time in this connection is `timestamp`, counted on where 32 bits
        wrap."""
        if self._offset is None:
            self._offset = self.line.next_offset(timestamp)
        told = timestamp + self._offset
        self.line.reached(told)
        return told

    def on_sender_report(self, ntp_time: int, rtp_timestamp: int, arrived_ns: int) -> None:
        """For the capture clock; a report that comes before any frame tells nothing yet."""
        if self._offset is not None:
            told = (rtp_timestamp + self._offset) & 0xFFFFFFFF
            self.line.capture.on_sender_report(ntp_time, told, arrived_ns)
