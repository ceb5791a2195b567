"""A reply engine that says nonsense does not harm the agent, nor an agent that says nonsense our reply engine."""

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from tests.dialogue.conformance.test_engines import started
from tests.security.conftest import faults_in_log
from tests.security.mutations import mangled_json
from tests.serving import RunningAgent, running_agent, until

MESSAGES = [
    pytest.param(200, marks=pytest.mark.timeout(180)),
    pytest.param(10_000, marks=[pytest.mark.security, pytest.mark.timeout(1_800)]),
]
HELLO = '{"type":"hello","protocol":1}'
CARD = '{"id":"c1","title":"Your order","rows":[{"label":"Order","value":"A1042"}]}'
SAID_BY_ENGINES = (
    '{"type":"say","id":"s1","text":"On its way.","style":{"rate":0.9,"tone":"warm"},"because":[{"kind":"intent",'
    '"seqs":[1],"words":"asked where it is"}],"in_reply_to":1}',
    '{"type":"say_delta","id":"s2","text":"One moment, "}',
    '{"type":"say_end","id":"s2"}',
    f'{{"type":"show","card":{CARD}}}',
    '{"type":"hide","card":"c1"}',
    '{"type":"handoff","reason":"asked for a person","urgency":"high"}',
    '{"type":"stop","say":"s1"}',
    '{"type":"note","text":"calm"}',
)
CALL_STARTED = '{"type":"call_started","call_id":"c1","locale":"en","purposes":["speech"]}'
SAID_BY_AGENTS = (
    CALL_STARTED,
    '{"type":"utterance","id":1,"text":"where is my order A1042","final":true,"turn":1,'
    '"intent":{"label":"order_status","probability":0.9,"slots":{"order_id":"A1042"},"seq":7}}',
    '{"type":"chat","text":"two kettles please","turn":2}',
    '{"type":"signal","signal":{"kind":"affect","call_id":"c1","seq":3,"captured_at":1.5,"media_ms":40,"value":{}}}',
    '{"type":"barge_in","say":"s1","heard_text":"On its"}',
    '{"type":"coach","text":"offer a refund"}',
    '{"type":"consent_changed","purposes":[]}',
    '{"type":"taken_over"}',
    '{"type":"resumed"}',
)
LAST = "Now I have said all of it."
AT_ONCE, PAUSE_S = 15, 0.1
"""An engine that sends more than 200 messages a second is left alone, which another test sees."""


@dataclass
class NonsenseEngine:
    """Greets every call with so much nonsense, and then with one sentence."""

    messages: int

    async def converse(self, socket: ServerConnection) -> None:
        chance = random.Random(self.messages)
        try:
            await socket.send(HELLO)
            for number in range(self.messages):
                text = mangled_json(chance.choice(SAID_BY_ENGINES), chance)
                await socket.send(text.encode("utf-8", "replace") if chance.random() < 0.2 else text)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(PAUSE_S)
            await socket.send('{"type":"stop"}')
            await socket.send(json.dumps({"type": "say", "id": "last", "text": LAST}))
            await socket.wait_closed()
        except ConnectionClosed:
            return  # the agent had enough of it, and will come again


@contextmanager
def agent_with(url: str, folder: Path) -> Iterator[RunningAgent]:
    with running_agent(folder, AGENT_REPLY__URL=url) as agent:
        yield agent


@pytest.mark.parametrize("messages", MESSAGES)
async def test_an_agent_bears_an_engine_that_says_nonsense(tmp_path: Path, messages: int) -> None:
    """The call goes on, what is sound is said, and the next call is taken as well."""
    engine = NonsenseEngine(messages)
    async with serve(engine.converse, "127.0.0.1", 0) as server:
        opening = agent_with(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path)
        agent = await asyncio.to_thread(opening.__enter__)
        try:
            for _ in range(2):
                await _called(agent, within_s=90 + messages * 2 * PAUSE_S / AT_ONCE)
            assert faults_in_log(agent) == []
        finally:
            await asyncio.to_thread(opening.__exit__, None, None, None)


async def _called(agent: RunningAgent, *, within_s: float) -> None:
    """A call that lasts until what the engine says at last."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.WITHOUT_EMOTION), frames=None)
    async with customer.caller.call():
        captions = customer.seen.captions
        await until(
            lambda: any(LAST in caption.text for _, caption in captions), within_s, "what the engine said at last"
        )


@pytest.mark.parametrize("messages", MESSAGES)
async def test_our_engine_bears_an_agent_that_says_nonsense(tmp_path: Path, messages: int) -> None:
    """It goes on listening, and answers the next call as ever."""
    chance = random.Random(messages)
    opening = started(sys.executable, "-m", "agent.app", "reply", "--port", "0", folder=tmp_path)
    url = await asyncio.to_thread(opening.__enter__)
    try:
        for _ in range(max(1, messages // 500)):
            async with connect(url) as socket:
                await _nonsense(socket, min(messages, 500), chance)
        async with connect(url) as socket:
            for text in (HELLO, CALL_STARTED, '{"type":"chat","text":"hello","turn":1}'):
                await socket.send(text)
            async with asyncio.timeout(60):
                answers = [json.loads(await socket.recv())]
                while answers[-1]["type"] != "say":
                    answers.append(json.loads(await socket.recv()))
        assert answers[-1]["text"]
    finally:
        await asyncio.to_thread(opening.__exit__, None, None, None)


async def _nonsense(socket: ClientConnection, messages: int, chance: random.Random) -> None:
    """Says it in a call of its own, until the engine wants to hear no more, if it does so."""
    try:
        for text in (HELLO, CALL_STARTED):
            await socket.send(text)
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(_read(socket))
            for _ in range(messages):
                await socket.send(mangled_json(chance.choice(SAID_BY_AGENTS), chance))
            await socket.ping()
            reading.cancel()
    except* ConnectionClosed:
        pass


async def _read(socket: ClientConnection) -> None:
    """What is not read would hold the engine up."""
    async for _ in socket:
        pass
