"""Whoever asks a thousand times from one address leaves lines to others: the real desk behind the real routes."""

from collections import Counter
from dataclasses import dataclass
from typing import cast

import httpx
import pytest
from pydantic import SecretStr

from agent.app.capacity import capacity_of
from agent.app.desk import TICKET_LASTS_S, Desk
from agent.app.rooms import Rooms
from agent.core.clock import FakeClock
from agent.core.consent import CONSENT_VERSION
from agent.core.settings import IdentitySettings, LimitSettings, ServerSettings, Settings
from agent.transport.api import build_app
from agent.transport.metrics import Metrics
from tests.app.test_capacity import COSTS
from tests.app.test_desk import Bare
from tests.transport.conftest import ScriptedScribe

LINES, MOST = 3, 10
BUSINESS_KEY = "key-of-the-shop-site"
WISH = {"choice": "agree", "consent_version": CONSENT_VERSION, "locale": "en"}


@dataclass
class Agent:
    """The routes and the desk of an agent that is reached from the internet, with a clock that a test moves."""

    clock: FakeClock
    desk: Desk
    app: httpx.ASGITransport

    async def asked(self, address: str, **more: object) -> httpx.Response:
        """What somebody at `address` gets who chose on the notice."""
        return await self.posted(address, {**WISH, **more})

    async def posted(self, address: str, body: object, **headers: str) -> httpx.Response:
        self.app.client = (address, 40_000)
        async with httpx.AsyncClient(transport=self.app, base_url="https://calls.example") as client:
            return await client.post("/api/calls", json=body, headers=headers)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def agent(metrics: Metrics) -> Agent:
    settings = Settings(
        server=ServerSettings(max_calls=LINES, customer_secret=SecretStr("shared by the tests and nobody else")),
        identity=IdentitySettings.model_validate({"guests": True, "keys": [{"key": BUSINESS_KEY, "role": "business"}]}),
        limits=LimitSettings(calls=MOST, asks_per_minute=10_000),
    )
    rooms = Bare(settings)
    desk = Desk(cast(Rooms, rooms), capacity_of(COSTS, settings, cores=64.0, memory_mb=64_000))
    app = build_app(desk, rooms.hub, ScriptedScribe(), metrics, settings)
    return Agent(rooms.clock, desk, httpx.ASGITransport(app))


async def test_a_thousand_tickets_from_one_address_leave_the_line_to_others(agent: Agent) -> None:
    """One address gets its ten, calls and places together, and a plain 429 for the rest; who comes after it stands in
    line behind those ten and has a call as soon as the first tickets that nobody used run out."""
    answers = [await agent.asked("203.0.113.7") for _ in range(1_000)]
    assert Counter(answer.status_code for answer in answers) == {201: LINES, 503: MOST - LINES, 429: 1_000 - MOST}
    assert int(answers[-1].headers["retry-after"]) > 0 and "your network" in answers[-1].json()["detail"]
    other = await agent.asked("198.51.100.1")
    assert (other.status_code, other.json()["position"]) == (503, MOST - LINES + 1)
    for _ in range(0, TICKET_LASTS_S + 5, 5):
        agent.clock.advance(ms=5_000)
        other = await agent.asked("198.51.100.1", place=other.json()["place"])
        if other.status_code == 201:
            return
    raise AssertionError("others wait for a call for longer than unused tickets last")


async def test_who_stands_in_line_may_go_on_asking(agent: Agent) -> None:
    """An address that has all it may have keeps each of its places; nobody is thrown out for standing there."""
    answers = [await agent.asked("203.0.113.7") for _ in range(MOST)]
    for answer in answers[LINES:]:
        again = await agent.asked("203.0.113.7", place=answer.json()["place"])
        assert (again.status_code, again.json()["position"]) == (503, answer.json()["position"])


async def test_the_addresses_of_one_household_are_one(agent: Agent) -> None:
    """IPv6 gives everybody more addresses than could be counted."""
    answers = [await agent.asked(f"2001:db8:1:2::{number:x}") for number in range(1, 2 * MOST)]
    assert Counter(answer.status_code for answer in answers)[429] == MOST - 1
    assert (await agent.asked("2001:db8:1:3::1")).status_code == 503


async def test_an_office_whose_people_come_by_links_is_not_counted(agent: Agent) -> None:
    """The business answers for whom it sends: twenty colleagues behind one address all get a call or a place."""
    tokens = []
    for number in range(20):
        made = await agent.posted(
            "192.0.2.1", {"customer": f"colleague {number}"}, Authorization=f"Bearer {BUSINESS_KEY}"
        )
        tokens.append(made.json()["token"])
    answers = [await agent.asked("203.0.113.7", customer=token) for token in tokens]
    assert Counter(answer.status_code for answer in answers) == {201: LINES, 503: 20 - LINES}


async def test_a_call_that_ends_makes_room_for_the_next_of_its_address(agent: Agent) -> None:
    """What is over is not counted: tickets that ran out, places that were given up."""
    answers = [await agent.asked("203.0.113.7") for _ in range(MOST)]
    assert (await agent.asked("203.0.113.7")).status_code == 429
    agent.desk.leave_line(answers[-1].json()["place"])
    assert (await agent.asked("203.0.113.7")).status_code == 503
    agent.clock.advance(ms=TICKET_LASTS_S * 1_000)
    assert (await agent.asked("203.0.113.7")).status_code == 201


async def test_an_unused_ticket_can_be_taken_back_once(agent: Agent) -> None:
    """It frees its line, and what is gone is not there a second time."""
    ticket = (await agent.asked("203.0.113.7")).json()
    assert agent.desk.occupancy().in_use == 1
    assert [agent.desk.withdraw(ticket["call_id"]) for _ in range(2)] == [True, False]
    assert agent.desk.occupancy().in_use == 0
