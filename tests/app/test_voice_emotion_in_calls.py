"""Emotion in the voice in a call on the real agent: once an utterance under consent, never after it is taken back."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.speech import SpeechChunk
from tests.media_made import OwnVoice
from tests.serving import RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(180)

QUESTION = "Where is the order that I have been waiting for since last Monday?"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@pytest.fixture(scope="module")
def question() -> SpeechChunk:
    voice = OwnVoice()
    return SpeechChunk(samples=voice.speak(QUESTION), rate_hz=voice.rate_hz, text=QUESTION, last=True)


class Onlooker:
    """What a supervisor hears of the tone of one call's voice."""

    def __init__(self) -> None:
        self.tones: list[dict[str, Any]] = []

    async def watch(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "signal" and message["signal"]["kind"] == "voice_emotion":
                self.tones.append(message["signal"])


@asynccontextmanager
async def watching(agent: RunningAgent, call_id: str) -> AsyncIterator[Onlooker]:
    """Watches a call until the block is left."""
    onlooker = Onlooker()
    async with agent.watching() as socket, asyncio.TaskGroup() as tasks:
        await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False}))
        task = tasks.create_task(onlooker.watch(socket))
        yield onlooker
        task.cancel()


def finals(customer: Customer) -> int:
    return sum(caption.speaker == "customer" and caption.final for _, caption in customer.seen.captions)


def greeted(customer: Customer) -> bool:
    return bool(customer.seen.speaking) and not customer.seen.speaking[-1][1]


async def test_the_tone_is_told_under_consent_and_stops_when_it_is_taken_back(
    agent: RunningAgent, question: SpeechChunk
) -> None:
    """One utterance, one signal; after the withdrawal one that says so, and none for what is said then."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
    async with customer.caller.call() as caller, watching(agent, customer.ticket.call_id) as onlooker:
        await until(lambda: greeted(customer), 25, "the greeting's end")
        await caller.say(question)
        await until(lambda: onlooker.tones, 25, "a signal of the tone")
        (tone,) = onlooker.tones
        assert tone["valid"] or tone["reason"], tone
        assert tone["sources"] == ["voice_emotion"] and tone["age_ms"] > 0
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "withdraw", "purposes": ["expression", "voice_emotion"]}))
        await until(lambda: len(onlooker.tones) > 1, 25, "word of the withdrawal")
        assert onlooker.tones[1]["reason"] == "consent withdrawn" and not onlooker.tones[1]["valid"]
        await until(lambda: "voice_emotion" not in customer.seen.analysis, 25, "what is analysed without it")
        said = finals(customer)
        await until(lambda: greeted(customer), 25, "the answer's end")
        await caller.say(question)
        await until(lambda: finals(customer) > said, 25, "the second transcript")
        await asyncio.sleep(1.0)
    assert len(onlooker.tones) == 2


async def test_without_consent_to_emotion_there_is_no_tone(agent: RunningAgent, question: SpeechChunk) -> None:
    """The words are read and answered; nothing is told of how they were said."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.WITHOUT_EMOTION), frames=None)
    async with customer.caller.call() as caller, watching(agent, customer.ticket.call_id) as onlooker:
        await until(lambda: greeted(customer), 25, "the greeting's end")
        await caller.say(question)
        await until(lambda: finals(customer), 25, "a transcript")
        await asyncio.sleep(1.0)
    assert onlooker.tones == []
