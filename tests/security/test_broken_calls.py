"""Thousands of broken offers and messages against a running agent: each is refused or read, and nothing stays of it."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

from agent.app.customer import CallTicket, Customer
from agent.core.consent import CONSENT_VERSION
from tests.media.test_offer import page_offer
from tests.security.conftest import Held, faults_in_log, held_by, kept_more_than
from tests.security.mutations import mangled_bytes, mangled_json, mangled_lines
from tests.serving import RunningAgent, until

HOW_MANY = [
    pytest.param(300, marks=pytest.mark.timeout(180)),
    pytest.param(10_000, marks=[pytest.mark.security, pytest.mark.timeout(5_400)]),
]
ANSWER_WITHIN_S = 30.0
"""Nothing hangs; the machine of the tests may be slow."""
SDP, TRICKLE = "application/sdp", "application/trickle-ice-sdpfrag"
WARM_UP_SHARE = 0.3
REFUSALS = {400, 413, 422}
TOO_BUSY = 503
"""For offers, where the machine of the tests is too slow to gather its own addresses in time."""
SAID_BY_PAGES = (
    '{"type":"clock_pong","id":3,"page_ms":1800000000000.5}',
    '{"type":"spoken","id":"s1","state":"reached","characters":7}',
    '{"type":"chat","text":"where is my order A1042"}',
    '{"type":"devices","camera":true,"microphone":false}',
    '{"type":"withdraw","purposes":["expression"]}',
    '{"type":"agree","purposes":["expression","gesture"]}',
)
SAID_BY_SUPERVISORS = ('{"type":"watch","call_id":"c1","pictures":true,"traces":true}', '{"type":"unwatch"}')
WISH = json.dumps({"choice": "agree", "consent_version": CONSENT_VERSION, "locale": "en", "place": "p1", "also": []})


@pytest.fixture
async def client(agent: RunningAgent) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=agent.url, timeout=ANSWER_WITHIN_S) as client:
        yield client


async def admitted(client: httpx.AsyncClient) -> CallTicket:
    """A right to one call."""
    wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "locale": "en"}
    return msgspec.json.decode((await client.post("/api/calls", json=wish)).content, type=CallTicket)


async def greeted(agent: RunningAgent, ticket: CallTicket) -> None:
    """An ordinary call works."""
    customer = Customer(agent.url, ticket, frames=None)
    async with customer.caller.call():
        await until(lambda: customer.seen.captions, 30, "a greeting")


@pytest.mark.parametrize("offers", HOW_MANY)
async def test_broken_offers_are_refused_or_answered_and_nothing_stays_of_them(
    agent: RunningAgent, client: httpx.AsyncClient, offers: int
) -> None:
    """Each gets an answer or a refusal in words, its candidates too; afterwards a call works and nothing is left."""
    chance, outcomes, sound = random.Random(offers), Counter[int](), await page_offer()
    before: Held | None = None
    ticket = await admitted(client)
    for number in range(offers):
        if before is None and number >= offers * WARM_UP_SHARE:
            await greeted(agent, ticket)
            await asyncio.sleep(1)
            before = await held_by(client)
            ticket = await admitted(client)
        broken = mangled_lines(sound, chance).encode("utf-8", "replace")
        if chance.random() < 0.1:
            broken = mangled_bytes(broken, chance)
        headers = {"Authorization": f"Bearer {ticket.token}", "Content-Type": SDP}
        answer = await client.post("/whip", content=broken, headers=headers)
        outcomes[answer.status_code] += 1
        if answer.status_code == 201:
            await _trickle(client, answer, ticket.token, chance)
            assert (await client.delete(answer.headers["location"], headers=headers)).status_code == 200
            ticket = await admitted(client)
        else:
            assert answer.status_code in {*REFUSALS, TOO_BUSY}, (number, answer.text, broken)
            assert len(answer.json()["detail"]) > 10
    assert before is not None and {201, 400, 422} <= outcomes.keys(), outcomes
    assert outcomes[TOO_BUSY] <= offers * 0.01, outcomes
    await greeted(agent, ticket)
    assert (await kept_more_than(before, client, attacks=offers), faults_in_log(agent)) == (None, [])


async def _trickle(client: httpx.AsyncClient, answer: httpx.Response, token: str, chance: random.Random) -> None:
    """Sends candidates of all kinds, broken, to a session that was set up."""
    fragment = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" + "".join(
        f"a=candidate:{number} 1 udp {2**31 - number} {host} {50_000 + number} typ host\r\n"
        for number, host in enumerate(["192.0.2.7", "2001:db8::7", "127.0.0.1"])
    )
    patched = await client.patch(
        answer.headers["location"],
        content=mangled_lines(fragment + "a=end-of-candidates\r\n", chance).encode("utf-8", "replace"),
        headers={"Authorization": f"Bearer {token}", "Content-Type": TRICKLE, "If-Match": "*"},
    )
    assert patched.status_code in {204, *REFUSALS}, patched.text


async def _use_up(client: httpx.AsyncClient, token: str, offer: str) -> None:
    """Begins and ends the call of a ticket, which would keep its line reserved for two minutes."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": SDP}
    answer = await client.post("/whip", content=offer, headers=headers)
    assert (await client.delete(answer.headers["location"], headers=headers)).status_code == 200


async def _counted(supervisor: ClientConnection) -> int:
    """How many messages a supervisor got by the end; who does not read them is let go."""
    return len([None async for _ in supervisor])


@pytest.mark.parametrize("messages", HOW_MANY)
async def test_broken_messages_are_read_or_refused_and_nothing_stays_of_them(
    agent: RunningAgent, client: httpx.AsyncClient, messages: int
) -> None:
    """From a page in a call, from a supervisor, and over HTTP; afterwards the same call goes on, and others work."""
    chance, sound = random.Random(messages), await page_offer()
    await greeted(agent, await admitted(client))
    warm_up = round(messages * WARM_UP_SHARE)
    await _send_broken(agent, client, warm_up, chance, sound)
    await asyncio.sleep(1)
    before = await held_by(client)
    await _send_broken(agent, client, messages - warm_up, chance, sound)
    await greeted(agent, await admitted(client))
    assert (await kept_more_than(before, client, attacks=messages), faults_in_log(agent)) == (None, [])


async def _send_broken(
    agent: RunningAgent, client: httpx.AsyncClient, messages: int, chance: random.Random, sound: str
) -> None:
    """So many, in one call that a supervisor watches; the call and the link of the supervisor outlive them."""
    customer = Customer(agent.url, await admitted(client), frames=None)
    async with customer.caller.call() as caller, agent.watching() as supervisor, asyncio.TaskGroup() as tasks:
        answers = tasks.create_task(_counted(supervisor))
        await until(lambda: customer.seen.captions, 30, "a greeting")
        assert caller.channel is not None
        for number in range(messages):
            match number % 4:
                case 0 | 1:
                    caller.channel.send(mangled_json(chance.choice(SAID_BY_PAGES), chance))
                case 2:
                    text = mangled_json(chance.choice(SAID_BY_SUPERVISORS), chance)
                    await supervisor.send(text.encode("utf-8", "replace") if chance.random() < 0.2 else text)
                case _:
                    wish = mangled_json(WISH, chance).encode("utf-8", "replace")
                    answer = await client.post("/api/calls", content=wish, headers={"Content-Type": "application/json"})
                    assert answer.status_code in {201, 401, 403, 409, *REFUSALS}, (answer.text, wish)
                    if answer.status_code == 201:
                        await _use_up(client, answer.json()["token"], sound)
            if number % 50 == 49:
                await asyncio.sleep(0.5)
        assert not caller.ended.is_set()
        said = len(customer.seen.captions)
        caller.channel.send('{"type":"chat","text":"I would like to talk to a human being"}')
        await until(lambda: len(customer.seen.captions) > said, 30, "an answer in the same call")
        assert supervisor.state is State.OPEN
        await supervisor.close()
        assert await answers >= messages * 0.2
