"""What the real agent keeps of a call, and that a call and all who watch learn when nothing can be kept."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.settings.storage import StorageSettings
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory
from tests.serving import STAFF, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(120)


async def archive_stands(agent: RunningAgent) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        archive: dict[str, Any] = (await client.get(f"{agent.url}/api/health")).json()["archive"]
        return archive


async def archive_is(agent: RunningAgent, state: str) -> dict[str, Any]:
    """Waits until the archive stands so."""
    async with asyncio.timeout(30):
        while (stands := await archive_stands(agent))["state"] != state:
            await asyncio.sleep(0.2)
    return stands


async def signal(socket: ClientConnection) -> dict[str, Any]:
    """The next one of the call that is watched."""
    async with asyncio.timeout(30):
        while (message := json.loads(await socket.recv()))["type"] != "signal":
            pass
    seen: dict[str, Any] = message["signal"]
    return seen


async def health(socket: ClientConnection, reason: str) -> list[str]:
    """Waits until the call's health has a reason that begins so; gives all of them."""
    while True:
        seen = await signal(socket)
        reasons: list[str] = seen["value"]["reasons"] if seen["kind"] == "health" else []
        if any(one.startswith(reason) for one in reasons):
            return reasons


def replies(customer: Customer) -> int:
    return sum(caption.speaker == "agent" and caption.final for _, caption in customer.seen.captions)


async def test_call_goes_on_and_is_kept_while_the_database_is_away(tmp_path: Path) -> None:
    """Health says so, in the call, over HTTP and to those who scrape; afterwards everything is in the database."""
    with running_agent(tmp_path) as agent:
        customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
        async with customer.caller.call() as caller, agent.watching() as socket:
            await socket.send(json.dumps({"type": "watch", "call_id": customer.ticket.call_id, "pictures": False}))
            # That somebody watches is on record before anything is shown, so the database must still be there.
            await signal(socket)
            await until(lambda: replies(customer) >= 1, 40, "a greeting")
            assert caller.channel is not None
            with closing(sqlite3.connect(tmp_path / "agent.sqlite3", timeout=10, isolation_level=None)) as lock:
                lock.execute("BEGIN EXCLUSIVE")
                caller.channel.send(json.dumps({"type": "chat", "text": "where is my order A1001?"}))
                await until(lambda: replies(customer) >= 2, 40, "an answer")
                stands = await archive_is(agent, "spooling")
                reasons = await health(socket, "archive: ")
            async with httpx.AsyncClient() as client:
                metrics = (await client.get(f"{agent.url}/metrics", headers=STAFF)).text
            caller.channel.send(json.dumps({"type": "chat", "text": "I would like to talk to a human being"}))
            await until(lambda: replies(customer) >= 3, 40, "another answer")
            await archive_is(agent, "good")
    assert stands["spooled_bytes"] > 0 and stands["dropped_rows"] == 0
    assert "archive: the database takes nothing; what happens is kept on disk until it does" in reasons
    assert "agent_archive_spooled_bytes" in metrics and "agent_archive_rows_total" in metrics
    storage = StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}")
    async with CallHistory.opened(storage.url, await open_keyring(storage)) as history:
        call = await history.find("")
        said = await history.replies(call.id)
    assert (call.ended_because, call.outcome, call.domain, call.customer) == (
        "customer_left", "person_asked", "shop", None,
    )  # fmt: skip
    assert len(said) >= 3
