"""The line before a full agent: first come, first served, held for who asks again, and bounded."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.app.waiting_line import FIRST_ASKS_EVERY_S, GRACE_S, LONGEST_PAUSE_S, Place, WaitingLine
from agent.core.clock import NS_PER_S, FakeClock

FULL = 1.0
VOICE = 0.25


class House:
    """So much is free; customers ask for shares of it."""

    def __init__(self, free: float = 0.0, most: int = 100) -> None:
        self.clock = FakeClock()
        self.line = WaitingLine(most)
        self.free = free

    def fits(self, shares: Sequence[float]) -> bool:
        return sum(shares) <= self.free

    def ask(self, place: str | None = None, share: float = FULL) -> Place | None:
        """The place in line; None of who got a call."""
        if self.line.enter(place, share, self.fits, self.clock.now_ns()):
            self.free -= share
            return None
        stands = self.line.stand(place, share, ends_every_s=20, now_ns=self.clock.now_ns())
        assert stands is not None
        return stands

    def stand(self, place: str | None = None, share: float = FULL) -> Place:
        stands = self.ask(place, share)
        assert stands is not None, "a call was given"
        return stands


def test_places_are_given_in_order_and_kept_by_asking_again() -> None:
    """Who asks again with the place keeps it; who shows none comes last."""
    house = House()
    first, second = house.stand(), house.stand()
    assert [first.position, second.position, house.stand(first.token).position] == [1, 2, 1]
    assert house.stand(second.token).token == second.token
    assert house.stand().position == 3


def test_what_is_freed_is_held_for_the_first() -> None:
    """Neither a newcomer nor the second gets it; the first does, and everybody moves up."""
    house = House()
    first, second = house.stand(), house.stand()
    house.free = FULL
    assert house.stand(second.token).position == 2
    assert house.stand().position == 3
    assert house.ask(first.token) is None
    assert house.stand(second.token).position == 1


def test_two_freed_shares_serve_the_first_two_in_any_order() -> None:
    """The second need not wait until the first has asked, as there is enough for both."""
    house = House()
    first, second = house.stand(), house.stand()
    house.free = 2 * FULL
    assert house.ask(second.token) is None
    assert house.ask(first.token) is None


def test_a_small_call_does_not_slip_past_a_large_one() -> None:
    """A voice call that would fit still waits behind a customer with a camera, who would else never get a turn."""
    house = House(free=0.5)
    first = house.stand(share=FULL)
    assert house.stand(share=VOICE).position == 2
    house.free = FULL + VOICE
    assert house.ask(share=VOICE) is not None
    assert house.ask(first.token, share=FULL) is None


def test_who_does_not_ask_again_loses_the_place() -> None:
    """The first holds up what is free for some seconds only; shown too late, the place is a newcomer's."""
    house = House()
    first, second = house.stand(), house.stand()
    house.free = FULL
    house.clock.advance(ms=1_000 * (FIRST_ASKS_EVERY_S + GRACE_S))
    assert house.ask(second.token) is None
    late = house.stand(first.token)
    assert late.position == 1 and late.token != first.token


def test_the_line_is_left_at_once() -> None:
    """Who says so makes room without anybody waiting for it; saying it twice is no error."""
    house = House()
    first, second = house.stand(), house.stand()
    house.line.leave(first.token, house.clock.now_ns())
    house.line.leave(first.token, house.clock.now_ns())
    assert house.stand(second.token).position == 1


def test_a_full_line_takes_nobody_more() -> None:
    """Those who stand in it may still ask."""
    house = House(most=2)
    first, _ = house.stand(), house.stand()
    assert house.line.stand(None, FULL, ends_every_s=20, now_ns=house.clock.now_ns()) is None
    assert house.stand(first.token).position == 1


def test_a_guessed_place_is_a_newcomers() -> None:
    """A token that nobody was given opens no way past those who wait."""
    house = House()
    first = house.stand()
    house.free = FULL
    guess = house.stand("x" * 22)
    assert guess.position == 2 and guess.token != "x" * 22
    assert house.ask(first.token) is None


@given(st.integers(0, 30), st.floats(0.01, 1_000))
def test_nobody_is_told_to_stay_away_too_long(others: int, ends_every_s: float) -> None:
    """The first asks every few seconds, others by how long it may take, and each keeps the place by doing just that."""
    line, now_ns = WaitingLine(100), 0
    for _ in range(others):
        line.stand(None, FULL, ends_every_s=ends_every_s, now_ns=now_ns)
    place = line.stand(None, FULL, ends_every_s=ends_every_s, now_ns=now_ns)
    assert place is not None
    assert 1 <= place.ask_again_s <= (LONGEST_PAUSE_S if others else FIRST_ASKS_EVERY_S)
    later_ns = now_ns + place.ask_again_s * NS_PER_S
    again = line.stand(place.token, FULL, ends_every_s=ends_every_s, now_ns=later_ns)
    assert again is not None and again.token == place.token


class Lines(RuleBasedStateMachine):
    """Customers come, ask again, leave and are served in any order; a list is the model."""

    MOST = 5

    def __init__(self) -> None:
        super().__init__()
        self.house = House(most=self.MOST)
        self.waiting: list[tuple[str, float]] = []

    @rule(share=st.sampled_from([FULL, VOICE]))
    def come(self, share: float) -> None:
        ahead = sum(other for _, other in self.waiting)
        before = self.house.free
        now_ns = self.house.clock.now_ns()
        if self.house.line.enter(None, share, self.house.fits, now_ns):
            assert ahead + share <= before
            self.house.free -= share
            return
        assert ahead + share > before
        place = self.house.line.stand(None, share, ends_every_s=20, now_ns=now_ns)
        if place is None:
            assert len(self.waiting) == self.MOST
        else:
            self.waiting.append((place.token, share))
            assert place.position == len(self.waiting)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.waiting) - 1))
        token, share = self.waiting[index]
        ahead = sum(other for _, other in self.waiting[:index])
        served = ahead + share <= self.house.free
        place = self.house.ask(token, share)
        assert (place is None) == served
        if place is None:
            del self.waiting[index]
        else:
            assert (place.token, place.position) == (token, index + 1)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        token, _ = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.house.line.leave(token, self.house.clock.now_ns())

    @rule(share=st.sampled_from([FULL, VOICE]))
    def end_a_call(self, share: float) -> None:
        self.house.free = min(4.0, self.house.free + share)

    @rule()
    def everybody_goes_away(self) -> None:
        self.house.clock.advance(ms=1_000 * (LONGEST_PAUSE_S + GRACE_S))
        self.waiting.clear()

    @invariant()
    def nobody_is_forgotten_or_invented(self) -> None:
        assert self.house.line.length(self.house.clock.now_ns()) == len(self.waiting)
        assert self.house.free >= 0


TestLines = Lines.TestCase
