"""What a real call leaves behind on the agent's disk: what was agreed to, sealed, and nobody's name or numbers."""

import asyncio
import json
from pathlib import Path

import httpx
import msgspec
import pytest

from agent.app.customer import CallTicket, Customer
from agent.core.consent import CONSENT_VERSION
from agent.core.settings.storage import StorageSettings
from agent.dialogue.protocol import CallStarted, Chat
from agent.media.clips import ArraySource
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from benchmarks.face import face_picture
from tests.serving import STAFF_KEY, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(180)

BUSINESS_KEY = "the key of a business in tests"
KEYS = [{"key": STAFF_KEY, "role": "admin", "name": "tests"}, {"key": BUSINESS_KEY, "role": "business", "name": "shop"}]
WHO = "customer-4711-of-the-business"
SAID = "where is order A1042, my card is 4242 4242 4242 4242, call me on 415-555-0123"


async def ticket(agent: RunningAgent, *also: str) -> CallTicket:
    """A call of the business's customer, who agrees to everything and to `also`."""
    async with httpx.AsyncClient(base_url=agent.url, timeout=10) as client:
        allowed = {"Authorization": f"Bearer {BUSINESS_KEY}"}
        link = (await client.post("/api/calls", json={"customer": WHO}, headers=allowed)).raise_for_status().json()
        wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "customer": link["token"], "also": also}
        answer = (await client.post("/api/calls", json=wish)).raise_for_status()
    return msgspec.json.decode(answer.content, type=CallTicket)


async def call(agent: RunningAgent, *also: str) -> str:
    """Shows a face, writes a line, waits for the answer and hangs up; returns the call's id."""
    customer = Customer(agent.url, await ticket(agent, *also), frames=ArraySource(face_picture, fps=15))

    def answers() -> int:
        return sum(caption.final and caption.speaker == "agent" for _, caption in customer.seen.captions)

    async with customer.caller.call() as caller:
        await until(answers, 30, "a greeting")
        greeted = answers()
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "agree", "purposes": ["recording"]}))
        caller.channel.send(json.dumps({"type": "chat", "text": SAID}))
        await until(lambda: answers() > greeted, 20, "an answer")
        await seen(agent, customer.ticket.call_id)
    return customer.ticket.call_id


async def seen(agent: RunningAgent, call_id: str) -> None:
    """Waits until the call's face was read in several pictures."""
    async with asyncio.timeout(40), agent.watching() as socket:
        await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False}))
        faces = 0
        while faces < 5:
            message = json.loads(await socket.recv())
            faces += message["type"] == "signal" and message["signal"]["kind"] == "face" and message["signal"]["valid"]


def traces(folder: Path) -> bytes:
    """All bytes of the archive, its log, its spool and what the agent has logged."""
    return b"".join(path.read_bytes() for path in folder.rglob("agent.*") if path.is_file())


async def test_archive_knows_neither_who_called_nor_their_numbers(tmp_path: Path) -> None:
    """Customers stand there under a pseudonym, words are sealed and redacted, and points of the face are kept of the
    call whose customer agreed to it, and of no other. Picture and sound are not recorded, though they send that they
    agree, as they were not asked."""
    with running_agent(tmp_path, AGENT_PRIVACY__REPLAY="true", AGENT_IDENTITY__KEYS=json.dumps(KEYS)) as agent:
        replayed, other = await call(agent, "replay"), await call(agent)
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            await ticket(agent, "recording")
    assert not (tmp_path / "agent.recordings").exists()
    left = traces(tmp_path)
    assert WHO.encode() not in left
    assert not any(word.encode() in left for word in ("A1042", "4242 4242", "415-555", "anger"))
    storage = StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}")
    keyring = await open_keyring(storage)
    async with CallHistory.opened(storage.url, keyring) as history:
        await _look_at(history, keyring, replayed)
        assert len(await history.tracks(replayed)) >= 3
        assert await history.tracks(other) == []


async def _look_at(history: CallHistory, keyring: Keyring, call_id: str) -> None:
    pseudonym = keyring.pseudonym_of(WHO)
    assert (await history.find(call_id)).customer == pseudonym
    sent = await history.sent(call_id)
    started = [msgspec.json.decode(one.body, type=CallStarted) for one in sent if one.type == "call_started"]
    [chat] = [msgspec.json.decode(one.body, type=Chat) for one in sent if one.type == "chat"]
    assert [one.customer for one in started] == [pseudonym]
    assert chat.text == "where is order A1042, my card is [card], call me on [phone]"
