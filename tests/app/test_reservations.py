"""What has been promised to calls: sums, limits, and the one call that is always taken."""

from hypothesis import given
from hypothesis import strategies as st

from agent.app.reservations import Reservations


def test_shares_add_up_to_the_total_and_no_further() -> None:
    """Four quarters fit, a fifth does not, and one that ends makes room for one."""
    held = Reservations(1.0, most_calls=100)
    for name in "abcd":
        assert held.fits([0.25])
        held.put(name, 0.25)
    assert not held.fits([0.25]) and held.free_share == 0.0
    held.free("b")
    assert held.fits([0.25]) and not held.fits([0.25, 0.25]) and held.free_share == 0.25


def test_tenths_fit_ten_times() -> None:
    """The last digit of a sum of floats refuses nobody."""
    held = Reservations(1.0, most_calls=100)
    for index in range(10):
        assert held.fits([0.1])
        held.put(str(index), 0.1)
    assert not held.fits([0.1])


def test_a_limit_of_calls_holds_however_small_they_are() -> None:
    """Two calls of nothing are all that a limit of two takes."""
    held = Reservations(1.0, most_calls=2)
    held.put("a", 0.0)
    assert held.fits([0.0]) and held.free_share == 1.0
    held.put("b", 0.0)
    assert not held.fits([0.0]) and held.free_share == 0.0


def test_a_first_call_is_taken_even_by_a_machine_too_small_for_it() -> None:
    """One that is degraded is better than none; a second is refused."""
    held = Reservations(0.1, most_calls=100)
    assert held.fits([0.4])
    held.put("a", 0.4)
    assert not held.fits([0.01])


def test_a_call_that_needs_less_than_thought_gives_the_rest_back() -> None:
    """A new share takes the old one's place; giving back twice is no error."""
    held = Reservations(1.0, most_calls=100)
    held.put("a", 1.0)
    held.put("a", 0.25)
    assert held.fits([0.75]) and len(held) == 1
    held.free("a")
    held.free("a")
    assert len(held) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.floats(0.01, 0.5)), max_size=60))
def test_what_is_taken_only_while_it_fits_never_exceeds_the_total(
    steps: list[tuple[bool, int, float]],
) -> None:
    """Calls come and go in any order: the promised sum stays within the total, or is that of one call."""
    held, shares = Reservations(1.0, most_calls=6), dict[str, float]()
    for comes, number, share in steps:
        name = str(number)
        if comes and name not in shares and held.fits([share]):
            held.put(name, share)
            shares[name] = share
        elif not comes:
            held.free(name)
            shares.pop(name, None)
        assert len(held) == len(shares) <= 6
        assert len(shares) <= 1 or sum(shares.values()) <= 1.0 + 1e-6


def test_a_call_that_needs_less_makes_room_and_gets_more_only_where_there_is_some() -> None:
    """Taking less always works; growing works for the last share that is free, and not beyond it."""
    held = Reservations(1.0, most_calls=100)
    held.put("a", 0.5)
    held.put("b", 0.5)
    assert not held.change("a", 0.6) and held.free_share == 0.0
    assert held.change("a", 0.25) and held.fits([0.25])
    held.put("c", 0.25)
    assert not held.change("a", 0.3)
    held.free("c")
    assert held.change("a", 0.5) and held.free_share == 0.0


def test_a_call_that_is_alone_may_need_whatever_it_needs() -> None:
    """As when it was taken."""
    held = Reservations(1.0, most_calls=1)
    held.put("a", 0.4)
    assert held.change("a", 3.0)
