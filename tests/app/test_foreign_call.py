"""A whole call in a language that the agent has no voice for: the page speaks, and is silenced by the data channel."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.speech import SpeechChunk
from agent.transport.messages import PageSay, PageSpeech, PageSpoken
from tests.media_made import OwnVoice
from tests.serving import running_agent, until

pytestmark = pytest.mark.timeout(150)


class ForeignEngine:
    """A reply engine that greets in French and remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def answer(self, socket: ServerConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            self.told.append(message)
            if message["type"] == "hello":
                await socket.send(json.dumps({"type": "hello", "protocol": message["protocol"], "engine": "test"}))
            elif message["type"] == "call_started":
                say = {"type": "say", "id": "1", "text": "Bonjour et bienvenue chez nous.", "language": "fr"}
                await socket.send(json.dumps(say))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.told if message["type"] == kind]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        async with serve(self.answer, "127.0.0.1", 0) as server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class SpeakingPage(Customer):
    """A page whose browser begins each clause, gets one word far, and speaks no further."""

    says: list[PageSay]
    orders: list[str]

    def _take(self, text: str) -> str | None:
        message = json.loads(text)
        if message["type"] == "say":
            say = msgspec.convert(message, PageSay)
            self.says.append(say)
            spoken = PageSpoken(id=say.id, state="reached", characters=len("Bonjour "))
            return msgspec.json.encode(spoken).decode()
        if message["type"] == "speech":
            self.orders.append(msgspec.convert(message, PageSpeech).action)
        return super()._take(text)


async def test_the_page_speaks_and_is_silenced_by_the_customers_voice(tmp_path: Path) -> None:
    """Asked in French, held when the customer begins to speak, cancelled once words are known; the engine is told."""
    voice, engine = OwnVoice(), ForeignEngine()
    async with engine.serving() as url:
        running = running_agent(tmp_path, AGENT_REPLY__URL=url)
        agent = await asyncio.to_thread(running.__enter__)
        try:
            customer = SpeakingPage(agent.url, await open_call(agent.url, Choice.WITHOUT_EMOTION), frames=None)
            customer.says, customer.orders = [], []
            async with customer.caller.call() as caller:
                await until(lambda: any(active for _, active in customer.seen.speaking), 40, "the page speaks")
                assert (customer.says[0].language, customer.says[0].text.split()[0]) == ("fr", "Bonjour")
                words = "Excuse me, where is my order please?"
                await caller.say(SpeechChunk(samples=voice.speak(words), rate_hz=voice.rate_hz, text=words, last=True))
                await until(lambda: engine.of("barge_in"), 40, "the engine learns that the customer spoke over it")
                await until(lambda: not customer.seen.speaking[-1][1], 40, "the agent is said to be silent")
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
    assert customer.orders == ["pause", "cancel"]
    assert engine.of("barge_in")[0]["heard_text"] == "Bonjour"
    captions = [caption.text for _, caption in customer.seen.captions if caption.speaker == "agent"]
    assert captions[0] == "Bonjour et bienvenue chez nous." and captions[-1] == "Bonjour …"
