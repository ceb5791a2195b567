"""Engines to try the kit on: one that is right but for what a test wants it to do wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from agent.dialogue.conformance.line import Patience

BRIEF = Patience(answer_s=1.0, late_s=1.0, hello_s=1.0, quiet_s=0.3, settle_s=0.1, mood_s=0.4)
"""For engines that answer at once."""

Message = dict[str, Any]


@dataclass(slots=True)
class Talk:
    """One connection of an engine that echoes."""

    socket: ServerConnection
    call: Message = field(default_factory=dict)
    said: int = 0
    silent: bool = False

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def say(self, text: str, **more: Any) -> None:
        self.said += 1
        await self.send(**{"type": "say", "id": f"{self.socket.id.hex[:8]}-{self.said}", "text": text} | more)

    async def echo(self, message: Message) -> None:
        await self.say(f"You said: {message['text'][:1000]}", in_reply_to=message["turn"])


Twist = Callable[[Talk, Message], Awaitable[bool]]
"""Does something of its own with a message; True when that was all that is to be done with it."""


async def nothing(talk: Talk, message: Message) -> bool:
    return False


async def _take(talk: Talk, message: Message) -> None:
    """What is right."""
    match message["type"]:
        case "call_started":
            talk.call = message
            await talk.say("Welcome back." if message["resumed"] else "Good morning.")
        case "taken_over" | "resumed":
            talk.silent = message["type"] == "taken_over"
        case "utterance" | "chat" if message.get("final", True) and not talk.silent:
            await talk.echo(message)


@asynccontextmanager
async def engine(
    twist: Twist = nothing, *, hello: str | bytes | None = '{"type":"hello","protocol":1,"engine":"test"}'
) -> AsyncIterator[str]:
    """The address of an echo with a twist, which says `hello` or, without one, nothing."""

    async def converse(socket: ServerConnection) -> None:
        talk = Talk(socket)
        with suppress(ConnectionClosed):
            if hello is not None:
                await socket.send(hello)
            async for frame in socket:
                try:
                    message = json.loads(frame)
                    done = await twist(talk, message)
                    if not done:
                        await _take(talk, message)
                except (ValueError, KeyError, TypeError):
                    continue

    async with serve(converse, "127.0.0.1", 0, max_size=None, close_timeout=1) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def asks(message: Message) -> bool:
    """Whether the message wants an answer."""
    return message["type"] in ("utterance", "chat") and bool(message.get("final", True))


async def late(talk: Talk, message: Message) -> bool:
    if asks(message):
        await asyncio.sleep(BRIEF.answer_s + 0.3)
    return False


async def twice_under_one_id(talk: Talk, message: Message) -> bool:
    if asks(message):
        for _ in range(2):
            await talk.say("Yes.", id=f"turn-{message['turn']}", in_reply_to=message["turn"])
    return asks(message)


async def twice_under_two_ids(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.echo(message)
    return False


async def never(talk: Talk, message: Message) -> bool:
    return asks(message)


async def a_megabyte(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.say("x" * 1_000_000)
    return asks(message)


async def to_another_turn(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.say("Yes.", in_reply_to=message["turn"] + 40)
    return asks(message)


async def no_json(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.socket.send("You said something.")
    return asks(message)


async def without_text(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.send(type="say", id="a")
    return asks(message)


async def hangs_up(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.socket.close(1011)
    return asks(message)


async def interrupts(talk: Talk, message: Message) -> bool:
    if message["type"] == "utterance" and not message["final"]:
        await talk.say("Let me stop you there.")
    return False


async def guesses_wrong(talk: Talk, message: Message) -> bool:
    if message["type"] != "utterance":
        return False
    if message["likely_final"]:
        await talk.say("A guess.", id=f"turn-{message['turn']}", guess=True)
        return True
    if message["final"]:
        await talk.say("A guess.", id=f"turn-{message['turn']}")
    return bool(message["final"])


async def talks_over_people(talk: Talk, message: Message) -> bool:
    talk.silent = False
    return bool(message["type"] == "taken_over")


async def greets_again(talk: Talk, message: Message) -> bool:
    if message["type"] == "call_started":
        await talk.say("Good morning.")
    return bool(message["type"] == "call_started")


async def bears_a_grudge(talk: Talk, message: Message) -> bool:
    if message["type"] == "signal" and message["signal"]["kind"] == "affect":
        talk.call["mood"] = message["signal"]["seq"]
    if asks(message) and "mood" in talk.call:
        because = [{"kind": "affect", "seqs": [talk.call["mood"]], "words": "anger"}]
        await talk.say("I am sorry.", in_reply_to=message["turn"], because=because)
        return True
    return False


async def strict(talk: Talk, message: Message) -> bool:
    if message["type"] not in ("hello", "call_started", "utterance", "chat", "signal", "call_ended"):
        await talk.socket.close(1003)
    return False


async def gossips(talk: Talk, message: Message) -> bool:
    if asks(message):
        overheard.append(message["text"])
        await asyncio.sleep(0.1)
        await talk.say(" ".join(overheard[-2:]), in_reply_to=message["turn"])
    return asks(message)


overheard: list[str] = []


async def makes_things_up(talk: Talk, message: Message) -> bool:
    if asks(message):
        because = [{"kind": "affect", "seqs": [4711], "words": "it felt so"}]
        await talk.say("Yes.", in_reply_to=message["turn"], because=because)
    return asks(message)


async def never_ends(talk: Talk, message: Message) -> bool:
    if asks(message):
        await talk.send(type="say_delta", id=f"turn-{message['turn']}", text="Well, ")
    return asks(message)


async def has_the_last_word(talk: Talk, message: Message) -> bool:
    if message["type"] == "call_ended":
        await talk.say("Goodbye!")
    return False
