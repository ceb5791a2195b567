"""The desk: what a ticket reserves is given back however it ends, and smaller calls leave room for more."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from agent.app.capacity import capacity_of
from agent.app.desk import MOST_IN_LINE, TICKET_LASTS_S, Desk
from agent.app.rooms import Rooms
from agent.core.clock import FakeClock
from agent.core.consent import Choice
from agent.core.errors import AtCapacity, CallNotFound, OfferRejected
from agent.core.settings import ServerSettings, Settings
from agent.transport.desk import CallWish
from agent.transport.hub import Hub
from tests.app.test_capacity import COSTS

AGREED = CallWish(choice=Choice.AGREE, locale="en")


class Well:
    """Stands for a room with which nothing is wrong."""

    fault: str | None = None


@dataclass
class BareStore:
    """As much of the archive as a desk without calls needs."""

    on_change: Callable[[], None] = lambda: None
    health: Well = field(default_factory=Well)


@dataclass
class Bare:
    """As much of `Rooms` as tickets need."""

    settings: Settings
    store: BareStore = field(default_factory=BareStore)
    vision: Well = field(default_factory=Well)
    clock: FakeClock = field(default_factory=FakeClock)
    hub: Hub = field(default_factory=Hub)


def opened(*, cores: float = 1.0, max_calls: int | None = None) -> tuple[Desk, FakeClock]:
    settings = Settings(server=ServerSettings(max_calls=max_calls))
    rooms = Bare(settings)
    return Desk(cast(Rooms, rooms), capacity_of(COSTS, settings, cores=cores, memory_mb=8_000)), rooms.clock


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    """The desk takes offers for as long as the context is open."""
    done = asyncio.Event()

    async def serving() -> None:
        await done.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.run(serving))
        await asyncio.sleep(0)
        yield
        done.set()


def test_a_ticket_that_nobody_uses_gives_its_share_back() -> None:
    """It holds the only line for its time, and no longer."""
    desk, clock = opened(max_calls=1)
    desk.open(AGREED)
    with pytest.raises(AtCapacity) as full:
        desk.open(AGREED)
    assert (full.value.position, desk.occupancy().in_line, desk.occupancy().in_use) == (1, 1, 1)
    clock.advance(ms=1_000 * TICKET_LASTS_S)
    assert (desk.occupancy().in_line, desk.occupancy().in_use) == (0, 0)
    desk.open(AGREED)


@pytest.mark.parametrize("offer", ["", "garbage", "v=0\r\n", "\x00" * 100])
async def test_a_bad_offer_neither_uses_up_the_ticket_nor_frees_its_share(offer: str) -> None:
    """Who was admitted may try again; the share comes back with the ticket's end."""
    desk, clock = opened(max_calls=1)
    ticket = desk.open(AGREED)
    async with running(desk):
        for _ in range(3):
            with pytest.raises(OfferRejected):
                await desk.answer(ticket.token, offer)
        assert desk.occupancy().in_use == 1
        clock.advance(ms=1_000 * TICKET_LASTS_S)
        with pytest.raises(CallNotFound):
            await desk.answer(ticket.token, offer)
    assert desk.occupancy().in_use == 0


async def test_an_answer_that_is_cancelled_or_breaks_leaves_the_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that gives up its request, or a fault in setting media up, loses no share for good."""
    desk, clock = opened(max_calls=1)
    ticket = desk.open(AGREED)
    for fault in (asyncio.CancelledError(), RuntimeError("no socket")):

        async def fail(*_: object, fault: BaseException = fault, **__: object) -> None:
            raise fault

        monkeypatch.setattr("agent.app.desk.Peer.answer", fail)
        async with running(desk):
            with pytest.raises(type(fault)):
                await desk.answer(ticket.token, "v=0")
        assert desk.occupancy().in_use == 1
    clock.advance(ms=1_000 * TICKET_LASTS_S)
    assert desk.occupancy().in_use == 0


async def test_supervisors_learn_the_rating_at_once_and_who_went_away_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the first call they know what the machine bears; a place that is lost by silence does not stay on show."""
    monkeypatch.setattr("agent.app.desk.RECOUNT_AFTER_S", 0.02)
    desk, clock = opened(max_calls=1)
    subscription = desk._rooms.hub.subscribe()
    assert json.loads(await subscription.outbox.take())["type"] == "calls"
    async with running(desk):
        told = json.loads(await subscription.outbox.take())
        assert (told["rated"], told["in_line"]) == (1, 0)
        desk.open(AGREED)
        with pytest.raises(AtCapacity):
            desk.open(AGREED)
        assert json.loads(await subscription.outbox.take())["in_line"] == 1
        clock.advance(ms=60_000)
        async with asyncio.timeout(5):
            told = json.loads(await subscription.outbox.take())
        assert (told["in_line"], told["waiting_since"]) == (0, None)
        assert told["last_hour"] == {"customers": 2, "in_time": 1, "given_up": 1}


def test_calls_without_emotion_leave_room_for_more() -> None:
    """On the same machine more of them are taken, as their faces are not read."""

    def taken(choice: Choice) -> int:
        desk, _ = opened(cores=2.0)
        with pytest.raises(AtCapacity):
            while True:
                desk.open(replace(AGREED, choice=choice))
        return desk.occupancy().in_use

    assert taken(Choice.WITHOUT_EMOTION) > taken(Choice.AGREE) == opened(cores=2.0)[0].occupancy().rated


def test_a_full_line_sends_newcomers_away_for_longer() -> None:
    """They get no place; those in line keep theirs."""
    desk, _ = opened(max_calls=1)
    desk.open(AGREED)
    places = []
    for position in range(1, MOST_IN_LINE + 1):
        with pytest.raises(AtCapacity) as full:
            desk.open(AGREED)
        assert full.value.position == position
        places.append(full.value.place)
    with pytest.raises(AtCapacity) as turned_away:
        desk.open(AGREED)
    assert turned_away.value.place is None and turned_away.value.retry_after_s > 0
    with pytest.raises(AtCapacity) as first:
        desk.open(replace(AGREED, place=places[0]))
    assert first.value.position == 1
    desk.leave_line(places[0] or "")
    assert desk.occupancy().in_line == MOST_IN_LINE - 1
