"""Admission on the real agent over HTTP: who is taken, who waits, and that what is freed goes to the first in line."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from agent.app.customer import CallTicket, Customer, open_call_in_turn
from agent.core.consent import CONSENT_VERSION, Choice
from tests.serving import RunningAgent, running_agent

pytestmark = pytest.mark.timeout(150)

LINES = 2


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    folder = tmp_path_factory.mktemp("agent")
    with running_agent(folder, AGENT_SERVER__MAX_CALLS=str(LINES)) as running:
        yield running


@pytest.fixture
async def client(agent: RunningAgent) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=agent.url) as client:
        yield client


async def _ask(client: httpx.AsyncClient, place: str | None = None) -> httpx.Response:
    wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "locale": "en", "place": place}
    return await client.post("/api/calls", json=wish)


async def _capacity(client: httpx.AsyncClient) -> dict[str, Any]:
    capacity: dict[str, Any] = (await client.get("/api/health")).json()["capacity"]
    return capacity


async def _until_free(client: httpx.AsyncClient) -> None:
    while (await _capacity(client))["free_share"] == 0:
        await asyncio.sleep(0.05)


async def _calls(agent: RunningAgent, ticket: httpx.Response, ends: asyncio.Event) -> None:
    """A customer without a camera, from the ticket until it is to end."""
    customer = Customer(agent.url, msgspec.json.decode(ticket.content, type=CallTicket), frames=None)
    async with customer.caller.call():
        await ends.wait()


async def test_twice_as_many_as_there_are_lines(agent: RunningAgent, client: httpx.AsyncClient) -> None:
    """As many as there are lines are taken; each other one gets a clean 503 with its place. What a call that ends frees
    goes to the first in line, whoever asks before; a bad offer frees nothing."""
    answers = [await _ask(client) for _ in range(2 * LINES)]
    assert [answer.status_code for answer in answers] == [201] * LINES + [503] * LINES
    refused = [answer.json() for answer in answers[LINES:]]
    assert [body["position"] for body in refused] == list(range(1, LINES + 1))
    for answer in answers[LINES:]:
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0 and "number" in answer.json()["detail"]
        assert "wait_s" not in answer.json(), "no call has ended by which a wait could be told"
    first, second = (body["place"] for body in refused)

    authorization = {"Authorization": f"Bearer {answers[0].json()['token']}", "Content-Type": "application/sdp"}
    assert (await client.post("/whip", content="v=0\r\n", headers=authorization)).is_client_error
    assert await _capacity(client) | {"rated": LINES} == {
        "rated": LINES,
        "in_use": LINES,
        "free_share": 0.0,
        "in_line": LINES,
    }

    over, never = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as customers:
        customers.create_task(_calls(agent, answers[0], over))
        staying = customers.create_task(_calls(agent, answers[1], never))
        await asyncio.sleep(1)
        assert (await _ask(client, first)).json()["position"] == 1
        over.set()
        await _until_free(client)
        newcomer = (await _ask(client)).json()
        assert newcomer["position"] == LINES + 1
        assert (await _ask(client, second)).json()["position"] == 2
        assert (await _ask(client, first)).status_code == 201
        last = (await _ask(client, second)).json()
        assert last["position"] == 1 and last["wait_s"] > 0
        staying.cancel()
    for left, place in enumerate((second, newcomer["place"]), start=1):
        assert (await client.delete(f"/api/line/{place}")).status_code == 204
        assert (await _capacity(client))["in_line"] == 2 - left


async def test_a_caller_that_waits_gets_the_line_that_comes_free(
    agent: RunningAgent, client: httpx.AsyncClient
) -> None:
    """As `agent call --wait` does: it is told its place, keeps it, and calls once somebody has hung up."""
    over = asyncio.Event()
    positions: list[int] = []

    def waits(position: int) -> None:
        positions.append(position)
        over.set()

    async with asyncio.TaskGroup() as customers:
        while (answer := await _ask(client)).status_code == 201:
            customers.create_task(_calls(agent, answer, over))
        await client.delete(f"/api/line/{answer.json()['place']}")
        ticket = await open_call_in_turn(agent.url, Choice.WITHOUT_EMOTION, on_position=waits)
    assert positions[0] == 1 and set(positions) == {1}
    assert "expression" not in ticket.purposes
