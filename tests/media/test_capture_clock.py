"""RTP time to capture time, by sender reports and pings, on made-up clocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS, NS_PER_S, FakeClock
from agent.core.types import CaptureOrigin
from agent.media.capture_clock import NTP_TO_UNIX_S, CaptureClock, PageClock, ntp_to_unix_ns

UNIX_NS = 1_800_000_000 * NS_PER_S


def ntp(unix_ns: int) -> int:
    seconds, rest = divmod(unix_ns, NS_PER_S)
    return (seconds + NTP_TO_UNIX_S) << 32 | (rest << 32) // NS_PER_S


class Sender:
    """A customer's machine: its wall clock is `ahead_ns` ahead of ours, its RTP time starts anywhere."""

    def __init__(self, clock: FakeClock, *, ahead_ns: int = 0, first_ticks: int = 4_294_960_000) -> None:
        self.clock = clock
        self.ahead_ns = ahead_ns
        self.first_ticks = first_ticks
        self.began_ns = clock.now_ns()

    def ticks(self, at_ns: int) -> int:
        return (self.first_ticks + (at_ns - self.began_ns) * 90_000 // NS_PER_S) % (1 << 32)

    def wall_ns(self, at_ns: int) -> int:
        return at_ns - self.clock.now_ns() + self.clock.wall_ns() + self.ahead_ns

    def report(self, capture: CaptureClock, *, late_ns: int = 0) -> None:
        """A sender report whose NTP time was noted `late_ns` after the RTP time."""
        now_ns = self.clock.now_ns()
        capture.on_sender_report(ntp(self.wall_ns(now_ns)), self.ticks(now_ns - late_ns), now_ns)

    def ping(self, page: PageClock, *, out_ns: int, back_ns: int) -> None:
        now_ns = self.clock.now_ns()
        page.on_pong(sent_ns=now_ns - out_ns, received_ns=now_ns + back_ns, page_ns=self.wall_ns(now_ns))


def test_arrival_stands_in_until_more_is_known(clock: FakeClock) -> None:
    """Without reports the arrival is all there is, and said to be."""
    stamp = CaptureClock(90_000, PageClock(), clock).stamp(frame_id=0, rtp_timestamp=5, arrived_ns=clock.now_ns())
    assert stamp.captured_from is CaptureOrigin.ARRIVAL
    assert stamp.captured_ns == stamp.arrived_ns
    assert stamp.captured_error_ns == 150 * NS_PER_MS


def test_sound_was_captured_before_its_packet_was_full(clock: FakeClock) -> None:
    """The beginning of a window is at least as old as the window is long."""
    capture = CaptureClock(48_000, PageClock(), clock)
    stamp = capture.stamp(frame_id=0, rtp_timestamp=5, arrived_ns=clock.now_ns(), held_ns=20 * NS_PER_MS)
    assert stamp.captured_ns == clock.now_ns() - 20 * NS_PER_MS


@settings(deadline=None)
@given(
    ahead_ns=st.integers(-3_600 * NS_PER_S, 3_600 * NS_PER_S),
    out_ns=st.integers(100_000, 80 * NS_PER_MS),
    back_ns=st.integers(100_000, 80 * NS_PER_MS),
    transit_ns=st.integers(0, 120 * NS_PER_MS),
)
def test_true_capture_lies_within_the_stated_error(ahead_ns: int, out_ns: int, back_ns: int, transit_ns: int) -> None:
    """Whatever the clocks' offset and the paths' asymmetry, a page that answered a ping gives an honest interval."""
    clock = FakeClock()
    page = PageClock()
    capture = CaptureClock(90_000, page, clock)
    sender = Sender(clock, ahead_ns=ahead_ns)
    sender.ping(page, out_ns=out_ns, back_ns=back_ns)
    sender.report(capture)
    clock.advance(ms=500)
    captured_ns = clock.now_ns() - transit_ns
    stamp = capture.stamp(frame_id=1, rtp_timestamp=sender.ticks(captured_ns), arrived_ns=clock.now_ns())
    assert stamp.captured_from is CaptureOrigin.SENDER
    tick_ns = NS_PER_S // 90_000 + 2
    assert abs(stamp.captured_ns - captured_ns) <= stamp.captured_error_ns + 2 * tick_ns
    assert stamp.captured_ns <= stamp.arrived_ns


def test_many_pings_narrow_the_error(clock: FakeClock) -> None:
    """A quick answer among slow ones sets the error, and slow ones after it do not widen it again."""
    page = PageClock()
    sender = Sender(clock)
    for out_ms, back_ms in [(40, 90), (2, 3), (200, 10), (30, 30)]:
        sender.ping(page, out_ns=out_ms * NS_PER_MS, back_ns=back_ms * NS_PER_MS)
        clock.advance(ms=1_000)
    known = page.to_local(sender.wall_ns(clock.now_ns()))
    assert known is not None
    assert known[1] < 3.5 * NS_PER_MS
    assert abs(known[0] - clock.now_ns()) <= known[1]


def test_page_clock_that_was_set_is_learnt_anew(clock: FakeClock) -> None:
    """An answer that contradicts all before it begins a new mapping."""
    page = PageClock()
    sender = Sender(clock)
    sender.ping(page, out_ns=NS_PER_MS, back_ns=NS_PER_MS)
    sender.ahead_ns = 3_600 * NS_PER_S
    clock.advance(ms=1_000)
    sender.ping(page, out_ns=NS_PER_MS, back_ns=NS_PER_MS)
    known = page.to_local(sender.wall_ns(clock.now_ns()))
    assert known is not None and abs(known[0] - clock.now_ns()) <= 2 * NS_PER_MS


def test_drift_is_owned_up_to(clock: FakeClock) -> None:
    """The error grows with the time since the last answer."""
    page = PageClock()
    sender = Sender(clock)
    sender.ping(page, out_ns=NS_PER_MS, back_ns=NS_PER_MS)
    soon, late = (page.to_local(sender.wall_ns(clock.now_ns() + s * NS_PER_S)) for s in (0, 100))
    assert soon is not None and late is not None
    assert late[1] - soon[1] == pytest.approx(10 * NS_PER_MS, rel=0.01)


def test_report_alone_trusts_clocks_that_make_sense(clock: FakeClock) -> None:
    """Clocks that agree give the travel time; clocks that cannot agree give the time since the fastest frame."""
    for ahead_ns, expected_ms in [(0, 30), (-5 * NS_PER_S, 0), (5 * NS_PER_S, 0)]:
        capture = CaptureClock(90_000, PageClock(), clock)
        sender = Sender(clock, ahead_ns=ahead_ns)
        sender.report(capture)
        clock.advance(ms=100)
        stamp = capture.stamp(
            frame_id=0, rtp_timestamp=sender.ticks(clock.now_ns() - 30 * NS_PER_MS), arrived_ns=clock.now_ns()
        )
        assert stamp.captured_from is CaptureOrigin.SENDER_REPORT
        assert stamp.age_ms(clock.now_ns()) == pytest.approx(expected_ms, abs=0.1)


def test_late_sender_reports_are_outdone_by_prompt_ones(clock: FakeClock) -> None:
    """A sender that notes the pair some time after capture is believed at its promptest."""
    page = PageClock()
    capture = CaptureClock(90_000, page, clock)
    sender = Sender(clock)
    sender.ping(page, out_ns=0, back_ns=0)
    for late_ms in (12, 3, 25):
        clock.advance(ms=1_000)
        sender.report(capture, late_ns=late_ms * NS_PER_MS)
    stamp = capture.stamp(
        frame_id=0, rtp_timestamp=sender.ticks(clock.now_ns() - 20 * NS_PER_MS), arrived_ns=clock.now_ns()
    )
    assert stamp.age_ms(clock.now_ns()) == pytest.approx(17, abs=0.6)


def test_mapping_gone_wrong_is_not_used(clock: FakeClock) -> None:
    """A frame that would come from the future, or be minutes old, falls back to its arrival."""
    page = PageClock()
    capture = CaptureClock(90_000, page, clock)
    sender = Sender(clock)
    sender.ping(page, out_ns=NS_PER_MS, back_ns=NS_PER_MS)
    sender.report(capture)
    for off_ms in (400, -60_000):
        ticks = sender.ticks(clock.now_ns() + off_ms * NS_PER_MS)
        stamp = capture.stamp(frame_id=0, rtp_timestamp=ticks, arrived_ns=clock.now_ns())
        assert stamp.captured_from is CaptureOrigin.ARRIVAL


def test_media_time_runs_through_the_wrap(clock: FakeClock) -> None:
    """Position in the track counts on where 32 bits of RTP time begin again."""
    capture = CaptureClock(90_000, PageClock(), clock)
    sender = Sender(clock, first_ticks=(1 << 32) - 45_000)
    positions = []
    for number in range(5):
        ticks = sender.ticks(clock.now_ns())
        positions.append(capture.stamp(frame_id=number, rtp_timestamp=ticks, arrived_ns=clock.now_ns()).media_ms)
        clock.advance(ms=250)
    assert positions == pytest.approx([0, 250, 500, 750, 1_000], abs=0.1)


def test_ntp_time_is_read() -> None:
    """Half a second after the Unix epoch."""
    assert ntp_to_unix_ns(NTP_TO_UNIX_S << 32 | 1 << 31) == NS_PER_S // 2
