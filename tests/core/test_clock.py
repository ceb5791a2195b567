"""Monotonic and Unix time, and how a moment is written."""

from agent.core.clock import FakeClock, iso_time, unix_s


def test_a_monotonic_time_is_told_as_unix_time() -> None:
    """It lies as far before now on the one clock as on the other."""
    clock = FakeClock()
    then_ns = clock.now_ns()
    clock.advance(ms=2_500)
    assert unix_s(then_ns, now_ns=clock.now_ns(), wall_ns=clock.wall_ns()) == 1_800_000_000.0


def test_a_moment_is_written_to_the_second_in_utc() -> None:
    """With the offset, so that nobody takes it for local time."""
    assert iso_time(1_800_000_000.9) == "2027-01-15T08:00:00+00:00"
