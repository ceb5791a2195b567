"""A changed consent reaches everybody who acts by it, once, and gives back or takes what its call needs."""

from types import SimpleNamespace
from typing import cast

import pytest

from agent.app.agreement import Agreement
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import EMOTION, Choice, Consent, Purpose, consent_for
from agent.core.mailbox import Mailbox
from agent.core.speech import MicWindow
from agent.core.types import CameraFrame
from agent.media.peer import Peer


class Around:
    """Everybody whom a consent concerns: notes what each was told."""

    def __init__(self, clock: FakeClock, choice: Choice) -> None:
        self.told: list[tuple[str, Consent]] = []
        self.frames: Mailbox[CameraFrame] = Mailbox(1)
        self.windows: Mailbox[MicWindow] = Mailbox(1)
        rooms = SimpleNamespace(
            clock=clock,
            vision=SimpleNamespace(follow=lambda call_id, consent: self._note("vision", consent)),
            hearing=SimpleNamespace(follow=lambda call_id, consent: self._note("hearing", consent)),
            store=SimpleNamespace(record_consent=lambda call_id, consent: self._note("store", consent)),
        )
        peer = SimpleNamespace(
            frames=self.frames, windows=self.windows, withdraw=lambda consent: self._note("peer", consent)
        )
        senses = SimpleNamespace(follow=lambda consent: self._note("senses", consent))
        self.agreement = Agreement(
            "call",
            consent_for(choice, locale="en", given_at=0.0),
            cast(Peer, peer),
            cast(Senses, senses),
            cast(Rooms, rooms),
        )

    def _note(self, who: str, consent: Consent) -> None:
        self.told.append((who, consent))


EVERYBODY = {"vision", "hearing", "peer", "senses", "store"}


def test_a_withdrawal_is_told_to_everybody_at_once(clock: FakeClock) -> None:
    """All of them know it when the call returns, and act by one and the same consent."""
    around = Around(clock, Choice.AGREE)
    assert around.agreement.withdraw(["expression", "of the future"])
    assert {who for who, _ in around.told} == EVERYBODY
    assert all(consent is around.agreement.consent for _, consent in around.told)
    assert Purpose.EXPRESSION not in around.agreement.consent.purposes


@pytest.mark.parametrize("names", [[], ["nothing known"], ["recording"]])
def test_what_changes_nothing_is_told_to_nobody(clock: FakeClock, names: list[str]) -> None:
    """Neither taking back what was never given nor agreeing to what was never asked for."""
    around = Around(clock, Choice.AGREE)
    assert not around.agreement.withdraw(names) and not around.agreement.give(names)
    assert around.told == []


def test_emotion_can_be_agreed_to_later_with_a_time_of_its_own(clock: FakeClock) -> None:
    """Who first said no has read the same notice."""
    around = Around(clock, Choice.WITHOUT_EMOTION)
    clock.advance(ms=60_000)
    assert around.agreement.give(sorted(EMOTION))
    assert around.agreement.consent.purposes == consent_for(Choice.AGREE, locale="en", given_at=0.0).purposes
    assert around.agreement.consent.given_at == clock.wall_ns() / NS_PER_S
    assert {who for who, _ in around.told} == EVERYBODY


def test_where_there_is_no_time_for_more_the_consent_stays_as_it_was(clock: FakeClock) -> None:
    """Nobody is told of what does not hold."""
    around = Around(clock, Choice.WITHOUT_EMOTION)
    around.agreement.may_take = lambda consent: False
    assert not around.agreement.give(["expression"])
    assert around.told == [] and not around.agreement.consent.allows(Purpose.EXPRESSION)


@pytest.mark.parametrize(
    ("track", "left"),
    [("frames", {Purpose.VOICE_EMOTION}), ("windows", {Purpose.EXPRESSION})],
)
def test_a_track_that_was_closed_is_not_agreed_to_again(clock: FakeClock, track: str, left: set[Purpose]) -> None:
    """What can no longer be seen or heard is not said to be analysed; the rest still can be."""
    around = Around(clock, Choice.WITHOUT_EMOTION)
    getattr(around, track).close()
    assert around.agreement.give(["expression", "voice_emotion"])
    assert around.agreement.consent.purposes & EMOTION == left
