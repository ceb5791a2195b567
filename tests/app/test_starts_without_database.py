"""The real agent, started while its PostgreSQL is down, as after a power cut: it takes calls, and says so."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from agent.app.audit import opened_audit
from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.settings import Settings, StorageSettings
from agent.storage.calls import FLUSH_EVERY_S
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from tests.serving import STAFF, RunningAgent, running_agent, until
from tests.storage.servers import postgresql

pytestmark = pytest.mark.timeout(240)

AWAY = "the database has been away since the start; what happens is kept on disk until it does"


async def archive_stands(agent: RunningAgent) -> dict[str, object]:
    async with httpx.AsyncClient() as client:
        archive: dict[str, object] = (await client.get(f"{agent.url}/api/health")).json()["archive"]
        return archive


async def spooled_by(agent: RunningAgent) -> bytes:
    """What is on the disk once nothing more comes."""
    kept, before = (await archive_stands(agent))["kept_rows"], None
    async with asyncio.timeout(30):
        while not kept or kept != before:
            await asyncio.sleep(4 * FLUSH_EVERY_S)
            kept, before = (await archive_stands(agent))["kept_rows"], kept
    return b"".join(path.read_bytes() for path in agent.folder.rglob("*.rows"))


async def call_and_ask(agent: RunningAgent) -> str:
    """A call in which something is asked and answered; its id."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
    async with customer.caller.call() as caller:

        def answers() -> int:
            return sum(caption.speaker == "agent" and caption.final for _, caption in customer.seen.captions)

        await until(lambda: answers() >= 1, 60, "a greeting")
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "chat", "text": "where is my order A1001?"}))
        await until(lambda: answers() >= 2, 40, "an answer")
    return customer.ticket.call_id


async def test_calls_are_taken_without_the_database_and_found_in_it_once_it_has_come(tmp_path: Path) -> None:
    """Meanwhile programs with keys get in, and staff are told to come back; nothing is in clear on the disk."""
    keyring = Keyring.fresh()
    with postgresql() as server:
        url = server.new_database()
        server.stop()
        keys = {"AGENT_STORAGE__URL": url, "AGENT_STORAGE__KEYS": keyring.text().replace("\n", " ")}
        with running_agent(tmp_path, **keys) as agent:
            assert await archive_stands(agent) | {"fault": AWAY, "state": "spooling"} == await archive_stands(agent)
            call_id = await call_and_ask(agent)
            async with httpx.AsyncClient(base_url=agent.url) as client:
                refused = await client.post("/api/session", json={"name": "ada", "password": "four words of tests"})
                listed = await client.get("/api/calls", headers=STAFF)
            spooled = await spooled_by(agent)
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(60):
                while (stands := await archive_stands(agent))["state"] != "good":
                    await asyncio.sleep(0.2)
        storage = StorageSettings(url=url, keys=SecretStr(keyring.text()))
        async with CallHistory.opened(url, keyring) as history:
            call = await history.find(call_id)
            said = [utterance.text for utterance in await history.utterances(call_id)]
        async with opened_audit(Settings(storage=storage), keyring) as audit:
            deeds = [(entry.action, json.loads(entry.details)) async for entry in audit.entries()]
    assert (refused.status_code, refused.headers["retry-after"], listed.status_code) == (503, "5", 200)
    assert "try again" in refused.json()["detail"]
    assert spooled and b"A1001" not in spooled
    assert stands["fault"] is None and stands["dropped_rows"] == 0
    assert call.ended_because == "customer_left" and "where is my order A1001?" in said
    assert [action for action, _ in deeds] == ["server.started", "server.stopped"] and deeds[0][1]["late_s"] > 0
    log = (tmp_path / "agent.log").read_text()
    assert log.count("starts without it") == 1 and "has come" in log


async def test_database_with_a_wrong_user_is_still_refused_at_the_start(tmp_path: Path) -> None:
    """In one sentence that names the setting, as no waiting helps."""
    with postgresql() as server:
        url = server.new_database().replace("agent@", "eve@")
        with pytest.raises(AssertionError, match="did not start"), running_agent(tmp_path, AGENT_STORAGE__URL=url):
            pass
    log = (tmp_path / "agent.log").read_text()
    assert "cannot be used" in log and "storage.url" in " ".join(log.split()) and "Traceback" not in log
