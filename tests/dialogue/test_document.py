"""The engine printed in docs/reply-protocol.md is run as it stands, and its tables name every message."""

import asyncio
import re
from typing import Any

from websockets.asyncio.server import serve

from agent.core.settings import REPOSITORY
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import CallStarted, FromEngine, Say, ToEngine, Utterance

DOCUMENT = (REPOSITORY / "docs" / "reply-protocol.md").read_text(encoding="utf-8")


async def test_printed_engine_answers() -> None:
    """A reader who copies the example has an engine that our agent can talk to."""
    example = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example[1], "docs/reply-protocol.md", "exec"), names)
    async with asyncio.timeout(10), serve(names["converse"], "127.0.0.1", 0) as server, asyncio.TaskGroup() as tasks:
        port = next(iter(server.sockets)).getsockname()[1]
        client = ReplyClient(f"ws://127.0.0.1:{port}", CallStarted(call_id="c1"))
        tasks.create_task(client.run())
        client.send(Utterance(id=1, text="good morning"))
        assert await client.incoming.get() == Say(id="p1", text="You said: good morning")
        client.finish("customer_left")


def test_every_message_is_in_the_tables() -> None:
    """A new message type cannot be added without a line about it."""
    for message in (*ToEngine.__args__, *FromEngine.__args__):
        assert f"`{message.__struct_config__.tag}`" in DOCUMENT
