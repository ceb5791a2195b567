"""Supervisors on a call of the real agent: they see it, whisper, correct, take it over, hand it back and end it."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame
from websockets.asyncio.client import ClientConnection

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.media.clips import ArraySource
from agent.media.speaker import Speaker
from benchmarks.face import face_picture
from tests.media.test_peer import tone
from tests.media.test_staff_link import offering
from tests.serving import STAFF, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(90)
SDP = {"Content-Type": "application/sdp"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@asynccontextmanager
async def a_call(agent: RunningAgent) -> AsyncIterator[Customer]:
    """A customer with a face, after the greeting has begun."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=ArraySource(face_picture, fps=15))
    async with customer.caller.call():
        await until(lambda: bool(said(customer, "agent")), 20, "the agent greets")
        yield customer


@asynccontextmanager
async def staff(agent: RunningAgent) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=agent.url, headers=STAFF, timeout=20) as client:
        yield client


@asynccontextmanager
async def connected(
    client: httpx.AsyncClient, path: str, *tracks: MediaStreamTrack | str
) -> AsyncIterator[tuple[RTCPeerConnection, str]]:
    """A browser's side of a connection of staff, and its address."""
    async with offering(*tracks) as connection:
        answer = await client.post(path, content=connection.localDescription.sdp, headers=SDP)
        assert answer.status_code == 201, answer.text
        await connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await until(lambda: connection.connectionState == "connected", 10, "staff are connected")
        yield connection, answer.headers["location"]


def said(customer: Customer, speaker: str) -> list[str]:
    """Final captions of one side, in order."""
    return [caption.text for _, caption in customer.seen.captions if caption.speaker == speaker and caption.final]


def silent_for_s(customer: Customer) -> float:
    """Since when nothing has been heard."""
    spans = customer.caller.recording.spans
    return (time.monotonic_ns() - spans[-1].last_ns) / 1e9 if spans else float("inf")


def write(customer: Customer, text: str) -> None:
    assert customer.caller.channel is not None
    customer.caller.channel.send(json.dumps({"type": "chat", "text": text}))


async def test_a_call_is_seen(agent: RunningAgent) -> None:
    """The picture arrives, and the clock ties it to what was analysed."""
    async with a_call(agent) as customer, staff(agent) as client:
        async with connected(client, f"/whep/{customer.ticket.call_id}", "video", "audio") as (connection, session):
            track = next(one.receiver.track for one in connection.getTransceivers() if one.kind == "video")
            async with asyncio.timeout(10):
                frame = await track.recv()
            clock = (await client.get(f"{session}/clock")).json()
            assert isinstance(frame, VideoFrame) and (frame.width, frame.height) == (640, 480)
            assert isinstance(clock["rtp_offset"], int)
            assert (await client.delete(session)).status_code == 200
            await until(lambda: connection.connectionState == "closed", 10, "the viewer is let go")
        assert (await client.get(f"{session}/clock")).status_code == 404


async def test_who_is_signed_out_sees_no_longer(agent: RunningAgent) -> None:
    """A connection that is held open after its session is over ends by itself; until then it goes on."""
    origin = {"Origin": agent.url}
    async with a_call(agent) as customer, httpx.AsyncClient(base_url=agent.url, headers=origin, timeout=20) as client:
        link = agent.supervisor_url.partition("#link=")[2]
        who = (await client.post("/api/session", json={"link": link})).json()
        client.headers["x-csrf-token"] = who["csrf"]
        assert (await client.get(f"/api/calls/{customer.ticket.call_id}/ice-servers")).json() == []
        async with connected(client, f"/whep/{customer.ticket.call_id}", "video", "audio") as (connection, _):
            assert (await client.delete("/api/session")).status_code == 204
            await until(lambda: connection.connectionState == "closed", 25, "who is signed out is let go")
            assert not customer.caller.ended.is_set()


async def test_the_next_reply_is_in_a_supervisors_words(agent: RunningAgent) -> None:
    """A correction is said in place of what the agent would have said, once; a whisper is obeyed at once."""
    async with a_call(agent) as customer, staff(agent) as client:
        calls = f"/api/calls/{customer.ticket.call_id}"
        assert (await client.post(f"{calls}/correction", json={"text": "We are closed today."})).status_code == 204
        write(customer, "What can you do?")
        await until(lambda: "We are closed today." in said(customer, "agent"), 10, "the correction is said")
        replies = len(said(customer, "agent"))
        write(customer, "What can you do?")
        await until(lambda: len(said(customer, "agent")) > replies, 10, "the agent answers")
        assert said(customer, "agent")[-1] != "We are closed today."
        assert (await client.post(f"{calls}/whisper", json={"text": "say: One moment please."})).status_code == 204
        await until(lambda: "One moment please." in said(customer, "agent"), 10, "the whisper is obeyed")


async def test_a_person_takes_over_and_hands_back(agent: RunningAgent) -> None:
    """The customer hears the person, the agent is silent and listens, and then it goes on."""
    async with a_call(agent) as customer, staff(agent) as client:
        voice = Speaker()
        path = f"/stand-in/{customer.ticket.call_id}"
        async with connected(client, path, voice) as (_, session):
            await until(lambda: customer.seen.states[-1:] == ["taken_over"], 5, "a person has the call")
            await until(lambda: silent_for_s(customer) > 0.5, 5, "the agent is silent")
            await voice.play(tone(0.8))
            await until(lambda: silent_for_s(customer) < 0.3, 5, "the person is heard")
            replies = len(said(customer, "agent"))
            write(customer, "Where is my order?")
            await asyncio.sleep(2)
            assert len(said(customer, "agent")) == replies
            refused = await client.post(path, content="v=0", headers=SDP)
            assert refused.status_code == 409
            assert (await client.post(f"/api/calls/{customer.ticket.call_id}/hand-back")).status_code == 204
            await until(lambda: customer.seen.states[-1:] == ["speaking"], 5, "the agent has the call")
            await until(lambda: len(said(customer, "agent")) > replies, 5, "the agent speaks again")
        assert (await client.delete(session)).status_code == 404


async def test_a_person_who_is_cut_off_gives_the_call_back(agent: RunningAgent) -> None:
    """A supervisor whose network is gone leaves the customer with the agent within three seconds."""
    async with a_call(agent) as customer, staff(agent) as client:
        async with connected(client, f"/stand-in/{customer.ticket.call_id}", Speaker()) as (connection, _):
            await until(lambda: customer.seen.states[-1:] == ["taken_over"], 5, "a person has the call")
            for transceiver in connection.getTransceivers():
                transceiver.sender._enabled = False
            await until(lambda: customer.seen.states[-1:] == ["speaking"], 6, "the agent has the call again")
            assert customer.seen.states[-2:] == ["taken_over", "speaking"]
            assert not customer.caller.ended.is_set()


async def test_a_supervisor_ends_a_call(agent: RunningAgent) -> None:
    """The customer's page is told that it was ended, and the call is gone."""
    async with a_call(agent) as customer, staff(agent) as client:
        assert (await client.delete(f"/api/calls/{customer.ticket.call_id}")).status_code == 204
        await until(lambda: customer.seen.states[-1:] == ["ended"], 5, "the page is told")
        await until(lambda: customer.caller.ended.is_set(), 10, "the connection is gone")
        assert (await client.delete(f"/api/calls/{customer.ticket.call_id}")).status_code == 404


async def test_only_supervisors_may(agent: RunningAgent) -> None:
    """Nobody without a key or a session gets near a call, and what is done is in the audit log."""
    async with a_call(agent) as customer, httpx.AsyncClient(base_url=agent.url) as nobody, staff(agent) as client:
        call_id = customer.ticket.call_id
        for path in (f"/whep/{call_id}", f"/stand-in/{call_id}", f"/api/calls/{call_id}/whisper"):
            assert (await nobody.post(path, json={"text": "hello"})).status_code == 401
        await client.post(f"/api/calls/{call_id}/whisper", json={"text": "be kind"})
    assert ("call.whispered", call_id) in deeds(agent.folder)


def deeds(folder: Path) -> list[tuple[Any, Any]]:
    """What the audit log holds, by action and subject."""
    with closing(sqlite3.connect(folder / "agent.sqlite3")) as connection:
        return connection.execute("SELECT action, subject FROM audit").fetchall()


async def test_an_alert_and_what_came_of_it_are_told_as_soon_as_the_call_has_ended(agent: RunningAgent) -> None:
    """The call is read again the moment it is over: what was raised, on what, who saw to it, and that a person came."""
    async with a_call(agent) as customer, agent.watching() as socket, staff(agent) as client:
        call_id = customer.ticket.call_id
        write(customer, "I would like to talk to a human being")
        async with asyncio.timeout(30):
            while not (seen := await alerts(socket, call_id)):
                pass
            await socket.send(json.dumps({"type": "acknowledge", "alert": seen[0]["id"]}))
            while (await alerts(socket, call_id))[0]["acknowledged_by"] is None:
                pass
            async with connected(client, f"/stand-in/{call_id}", Speaker()):
                while await alerts(socket, call_id):
                    pass
    async with staff(agent) as client, asyncio.timeout(20):
        while (answer := await client.get(f"/api/history/calls/{call_id}")).status_code != 200:
            assert "goes on" in answer.text, "as long as it does it is not told of, and then at once"
    story = answer.json()
    told = [(event["kind"], event["label"]) for event in story["events"] if event["kind"].startswith("alert")]
    assert told == [("alert", "person_asked"), ("alert_seen_to", "person_asked"), ("alert_over", "person_asked")]
    details = {event["kind"]: event["detail"] for event in story["events"]}
    assert details["alert"] and details["alert_seen_to"] == "key:tests"


async def alerts(socket: ClientConnection, call_id: str) -> list[dict[str, Any]]:
    """Those of the call in the next list of alerts."""
    while (message := json.loads(await socket.recv()))["type"] != "alerts":
        pass
    return [alert for alert in message["alerts"] if alert["call_id"] == call_id]
