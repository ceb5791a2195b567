"""Maps RTP times to the moment of capture on this process's clock, and says how sure that is and why."""

from collections import deque

from agent.core.clock import NS_PER_MS, NS_PER_S, Clock
from agent.core.types import CaptureOrigin, Stamp
from agent.media.rollover import RunningCounter

NTP_TO_UNIX_S = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970 (RFC 5905 section 6)."""
DRIFT_PPM = 100
"""How far two machines' clocks may run apart; ordinary quartz keeps within 50 ppm each."""
PAGE_TICK_NS = NS_PER_MS
"""Browsers round performance.now down, to 1 ms at worst in their ordinary settings (W3C High Resolution Time)."""
ONE_WAY_NS = 150 * NS_PER_MS
"""Most that a frame is assumed to have travelled where nothing is known (ITU-T G.114: fit for conversation)."""
AGREEING_NS = 50 * NS_PER_MS
"""How far apart the clocks of two machines on network time are assumed to be, where no ping has measured it."""
TWO_CLOCKS_NS = 5 * NS_PER_MS
"""How far the clock of a browser's sender reports may be from the one its page reads.

Measured with Chromium against barcodes: 0 to 2 ms, and 13 to 20 ms where the machine was overloaded when it started.
"""
JUMP_NS = 250 * NS_PER_MS
"""A sender report further than this from those before comes from a clock that was set, or a track begun anew."""
STALE_NS = 10 * NS_PER_S
"""A mapping that makes a frame older than this is taken for wrong."""
REPORTS_KEPT = 8


class PageClock:
    """The page's wall clock against this process's monotonic clock, from pings and their answers.

    Each answer proves that the page's clock showed `page_ns` between sending and receiving. The offsets that all
    answers allow are an interval; it is widened by drift as time goes, and begins anew when a clock was set.
    """

    def __init__(self) -> None:
        self._low_ns = 0
        self._high_ns = 0
        self._known_ns: int | None = None

    @property
    def known(self) -> bool:
        return self._known_ns is not None

    def on_pong(self, *, sent_ns: int, received_ns: int, page_ns: int) -> None:
        """One answer. Local times are monotonic, `page_ns` is Unix time; an answer before its question is ignored."""
        if received_ns < sent_ns:
            return
        measured = low_ns, high_ns = page_ns - received_ns, page_ns + PAGE_TICK_NS - sent_ns
        if self._known_ns is not None:
            drift_ns = self._drift_ns(received_ns)
            low_ns, high_ns = max(low_ns, self._low_ns - drift_ns), min(high_ns, self._high_ns + drift_ns)
            if low_ns > high_ns:
                low_ns, high_ns = measured
        self._low_ns, self._high_ns, self._known_ns = low_ns, high_ns, received_ns

    def to_local(self, page_ns: int) -> tuple[int, int] | None:
        """Monotonic time at which the page's clock showed `page_ns`, and half the width of what is possible."""
        if self._known_ns is None:
            return None
        local_ns = page_ns - (self._low_ns + self._high_ns) // 2
        return local_ns, (self._high_ns - self._low_ns + 1) // 2 + self._drift_ns(local_ns)

    def _drift_ns(self, now_ns: int) -> int:
        assert self._known_ns is not None
        return abs(now_ns - self._known_ns) * DRIFT_PPM // 1_000_000


class CaptureClock:
    """One track's RTP times against capture: from its sender reports and the `PageClock`, else from arrival."""

    def __init__(self, rate_hz: int, page: PageClock, clock: Clock) -> None:
        self._rate_hz = rate_hz
        self._page = page
        self._clock = clock
        self._counter = RunningCounter(32)
        self._first_ticks: int | None = None
        self._offsets_ns: deque[int] = deque(maxlen=REPORTS_KEPT)
        self._fastest_ns: int | None = None
        """Least time from a frame's place on the track to its arrival: where the fastest one came."""

    def on_sender_report(self, ntp_time: int, rtp_timestamp: int, arrived_ns: int) -> None:
        """A sender report (RFC 3550 section 6.4.1): the sender's clock and the track's RTP time at one moment.

        Senders that note the pair when they send, not when they capture, are late by a varying time: of the last
        reports, the one that puts capture earliest is the one to believe.
        """
        sender_ns = ntp_to_unix_ns(ntp_time)
        if sender_ns <= 0:
            return
        offset_ns = sender_ns - self._media_ns(self._counter.extend(rtp_timestamp))
        if self._offsets_ns and abs(offset_ns - min(self._offsets_ns)) > JUMP_NS:
            self._offsets_ns.clear()
            self._fastest_ns = None
        self._offsets_ns.append(offset_ns)

    def stamp(self, *, frame_id: int, rtp_timestamp: int, arrived_ns: int, held_ns: int = 0) -> Stamp:
        """The stamp of a frame or window. `held_ns`: how long the sender held its beginning before it could send it."""
        ticks = self._counter.extend(rtp_timestamp & 0xFFFFFFFF)
        if self._first_ticks is None:
            self._first_ticks = ticks
        captured_ns, error_ns, origin = self._capture(ticks, arrived_ns - held_ns)
        return Stamp(
            frame_id=frame_id,
            rtp_timestamp=rtp_timestamp & 0xFFFFFFFF,
            arrived_ns=arrived_ns,
            captured_ns=captured_ns,
            captured_error_ns=error_ns,
            captured_from=origin,
            media_ms=(ticks - self._first_ticks) * 1_000 / self._rate_hz,
        )

    def _capture(self, ticks: int, latest_ns: int) -> tuple[int, int, CaptureOrigin]:
        """Capture time, its error and origin; `latest_ns` is a time by which it must have been captured."""
        media_ns = self._media_ns(ticks)
        lag_ns = latest_ns - media_ns
        self._fastest_ns = lag_ns if self._fastest_ns is None else min(self._fastest_ns, lag_ns)
        if self._offsets_ns:
            mapped = self._page.to_local(media_ns + min(self._offsets_ns))
            if mapped is None:
                return self._from_report_alone(media_ns, self._fastest_ns)
            local_ns, error_ns = mapped
            error_ns += TWO_CLOCKS_NS + max(self._offsets_ns) - min(self._offsets_ns)
            if -error_ns - AGREEING_NS <= latest_ns - local_ns <= STALE_NS:
                return min(local_ns, latest_ns), error_ns, CaptureOrigin.SENDER
        return latest_ns, ONE_WAY_NS, CaptureOrigin.ARRIVAL

    def _from_report_alone(self, media_ns: int, fastest_ns: int) -> tuple[int, int, CaptureOrigin]:
        """Takes the two wall clocks as equal if that makes sense of the fastest frame; else that one took no time."""
        base_ns = min(self._offsets_ns) - (self._clock.wall_ns() - self._clock.now_ns())
        if 0 <= fastest_ns - base_ns <= ONE_WAY_NS:
            error_ns = max(AGREEING_NS, fastest_ns - base_ns)
            return media_ns + base_ns, error_ns, CaptureOrigin.SENDER_REPORT
        return media_ns + fastest_ns, ONE_WAY_NS, CaptureOrigin.SENDER_REPORT

    def _media_ns(self, ticks: int) -> int:
        return ticks * NS_PER_S // self._rate_hz


def ntp_to_unix_ns(ntp_time: int) -> int:
    """Unix time in nanoseconds of a 64-bit NTP timestamp: 32 bits of seconds since 1900, 32 of fraction."""
    return ((ntp_time >> 32) - NTP_TO_UNIX_S) * NS_PER_S + ((ntp_time & 0xFFFFFFFF) * NS_PER_S >> 32)
