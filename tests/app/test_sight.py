"""A call that goes down the ladder reads and asks for less, says when it is blind, and takes all of it back."""

from types import SimpleNamespace
from typing import cast

import pytest

from agent.app.accounts import CallAccounts
from agent.app.page import Page
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.sight import Sight
from agent.app.track_recorder import TrackRecorder
from agent.core.budget import RATES, LadderState, Rates, Rung
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.settings import Settings
from agent.core.signals import ExpressionSignal, HealthSignal, Signal
from agent.storage.calls import CallStore
from agent.transport.hub import Hub
from agent.transport.messages import SendLess, ToPage
from tests.perception.pictures import consent

BECAUSE = ("pictures are read too late",)


class Around:
    """What a call's sight talks to: notes what the page is shown, the pool is told and the store is given."""

    def __init__(self, clock: FakeClock) -> None:
        self.shown: list[ToPage] = []
        self.rates: list[Rates] = []
        self.signals: list[Signal] = []
        store = cast(CallStore, SimpleNamespace(record_signal=self.signals.append))
        vision = SimpleNamespace(set_rates=lambda call_id, rates: self.rates.append(rates))
        rooms = SimpleNamespace(settings=Settings(), clock=clock, vision=vision, hub=Hub())
        senses = Senses("call", consent(Purpose.EXPRESSION), camera=True, clock=clock, hub=Hub(), store=store)
        page = cast(Page, SimpleNamespace(show=self.shown.append))
        tracks = TrackRecorder("call", lambda: consent(Purpose.EXPRESSION), store)
        self.sight = Sight("call", senses, page, cast(CallAccounts, None), tracks, cast(Rooms, rooms))

    def stands_on(self, rung: Rung) -> None:
        self.sight._follow_ladder(LadderState(rung=rung, because=() if rung is Rung.FULL else BECAUSE))

    def healths(self) -> list[str]:
        return [signal.value.rung for signal in self.signals if isinstance(signal, HealthSignal)]

    def blind(self) -> list[str | None]:
        return [signal.reason for signal in self.signals if isinstance(signal, ExpressionSignal)]


@pytest.fixture
def around(clock: FakeClock) -> Around:
    return Around(clock)


def test_down_and_up_again_ends_where_it_began(around: Around) -> None:
    """The page is asked for less only where a rung says so, and in the end for what it sent at first."""
    for rung in (*list(Rung)[1:], *reversed(list(Rung)[:-1])):
        around.stands_on(rung)
    down = [
        SendLess(fps=12, width_px=640),
        SendLess(fps=12, width_px=480),
        SendLess(fps=8, width_px=480),
        SendLess(fps=1, width_px=160),
    ]
    assert around.shown == [*down, *reversed(down[:-1]), SendLess(fps=15, width_px=640)]
    assert around.rates[-1] == RATES[Rung.FULL]
    assert around.healths()[-1] == "full"
    assert set(around.healths()) == {rung.name.lower() for rung in Rung}


def test_a_blind_call_says_so_and_claims_nothing_more_of_the_face(around: Around) -> None:
    """Once, with the reason, when it goes blind; not when it sees again."""
    around.stands_on(Rung.SLOWER_EXPRESSION)
    assert around.blind() == []
    around.stands_on(Rung.LISTENING_ONLY)
    assert around.blind() == ["paused, as time is short"]
    around.stands_on(Rung.SLOWER_EXPRESSION)
    assert around.blind() == ["paused, as time is short"]


def test_a_camera_that_is_off_stays_off_whatever_the_ladder_does(around: Around) -> None:
    """And one that is switched on while there is no time for pictures is not missed."""
    around.sight.camera(on=False)
    around.stands_on(Rung.LISTENING_ONLY)
    assert around.blind() == ["camera off"]
    around.sight.camera(on=True)
    assert around.blind() == ["camera off", "paused, as time is short"]
    fps = [signal.value.analysed_fps for signal in around.signals if isinstance(signal, HealthSignal)]
    assert fps[-1] is None
