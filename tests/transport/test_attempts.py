"""Guessing gets slower with each failure, and nobody is kept out for long."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S, FakeClock
from agent.transport.attempts import FIRST_WAIT_S, FORGOTTEN_AFTER_S, LONGEST_WAIT_S, MOST_KEPT, Attempts


def test_a_few_failures_are_free_and_each_later_one_doubles_the_wait(clock: FakeClock) -> None:
    """The wait starts once the free ones are used up, and ends with time."""
    attempts = Attempts(clock, free=3)
    waits = []
    for _ in range(6):
        attempts.begin("ada")
        waits.append(attempts.wait_s("ada"))
    assert waits == [0, 0, FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S, 8 * FIRST_WAIT_S]
    clock.advance(ms=8_000 * FIRST_WAIT_S - 500)
    assert (attempts.wait_s("ada"), attempts.wait_s("bob")) == (1, 0)
    clock.advance(ms=500)
    assert attempts.wait_s("ada") == 0


def test_whoever_succeeds_starts_anew_and_what_was_no_failure_does_not_count(clock: FakeClock) -> None:
    """A mistyped password costs its owner nothing once the right one has come."""
    attempts = Attempts(clock, free=2)
    for _ in range(2):
        attempts.begin("ada")
    attempts.take_back("ada")
    assert attempts.wait_s("ada") == 0
    attempts.begin("ada")
    assert attempts.wait_s("ada") == FIRST_WAIT_S
    attempts.succeeded("ada")
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 0


@given(st.lists(st.integers(0, 2 * FORGOTTEN_AFTER_S), max_size=60))
def test_no_wait_is_longer_than_the_longest(pauses_s: list[int]) -> None:
    """However often and at whatever pace somebody fails, the owner of the name waits a quarter of an hour at most."""
    clock = FakeClock()
    attempts = Attempts(clock, free=1)
    for pause_s in pauses_s:
        clock.advance(ms=pause_s * 1_000)
        attempts.begin("ada")
        assert 0 < attempts.wait_s("ada") <= LONGEST_WAIT_S


def test_a_quiet_hour_is_forgiven(clock: FakeClock) -> None:
    """What was long ago does not lengthen today's wait."""
    attempts = Attempts(clock, free=1)
    for _ in range(9):
        attempts.begin("ada")
    clock.monotonic_ns += (FORGOTTEN_AFTER_S + 1) * NS_PER_S
    attempts.begin("ada")
    assert attempts.wait_s("ada") == FIRST_WAIT_S


def test_a_flood_of_names_costs_memory_once(clock: FakeClock) -> None:
    """Beyond the bound the quietest name goes; the one that is being guessed now stays."""
    attempts = Attempts(clock, free=1)
    attempts.begin("first")
    for number in range(MOST_KEPT):
        attempts.begin(str(number))
    assert (attempts.wait_s("first"), attempts.wait_s(str(MOST_KEPT - 1))) == (0, FIRST_WAIT_S)
    assert len(attempts._records) == MOST_KEPT
