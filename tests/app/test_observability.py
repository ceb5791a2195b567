"""A real call on the real agent, looked at from outside: its frames' books, its metrics, and one frame's life."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from websockets.asyncio.server import Server, ServerConnection, serve

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.media.clips import ArraySource
from benchmarks.face import face_picture
from tests.serving import RunningAgent, ours, running_agent

pytestmark = pytest.mark.timeout(120)

Sample = tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


async def _metrics(agent: RunningAgent) -> dict[Sample, float]:
    async with httpx.AsyncClient(base_url=agent.url) as client:
        text = (await client.get("/metrics")).text
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def _frames(metrics: dict[Sample, float]) -> dict[str, float]:
    """Frames by outcome."""
    return {labels[0][1]: count for (name, labels), count in metrics.items() if name == "agent_frames_total"}


async def _trace(agent: RunningAgent, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent.app", "trace", "--url", agent.url, *arguments]
    environment = {**os.environ, **ours(agent.folder)}
    return await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)


async def _until(agent: RunningAgent, name: str, at_least: float, **labels: str) -> dict[Sample, float]:
    """All metrics, once one of them has grown so far."""
    async with asyncio.timeout(40):
        while (metrics := await _metrics(agent)).get((name, tuple(labels.items())), 0) < at_least:
            await asyncio.sleep(0.2)
    return metrics


@asynccontextmanager
async def _call(agent: RunningAgent) -> AsyncIterator[Customer]:
    """A call of which some frames have been analysed."""
    analysed = _frames(await _metrics(agent)).get("analysed", 0)
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=ArraySource(face_picture, fps=15))
    async with customer.caller.call():
        await _until(agent, "agent_frames_total", analysed + 5, outcome="analysed")
        yield customer


async def test_one_frame_can_be_followed_from_capture_to_us(agent: RunningAgent) -> None:
    """`agent trace --json` names every stage in order, none of which began before the one before it, and signals."""
    async with _call(agent) as customer:
        done = await _trace(agent, customer.ticket.call_id[:6], "--frames", "4", "--json")
        shown = await _trace(agent)
    assert done.returncode == 0, done.stderr
    lives = json.loads(done.stdout)["frames"]
    assert len(lives) == 4
    analysed = [life["trace"] for life in lives if life["trace"]["outcome"] == "analysed"]
    assert analysed
    for trace in analysed:
        began = [span["began_ms"] for span in trace["spans"]]
        names = [span["name"] for span in trace["spans"]]
        assert began == sorted(began)
        assert {"packets", "decode", "queued", "convert", "face_mesh", "fusion", "publication"} <= set(names)
        assert {signal["kind"] for signal in trace["signals"]} >= {"face", "expression"}
    assert "face mesh" in shown.stdout and "after capture" in shown.stdout


async def test_the_books_of_a_call_that_ended_are_closed(agent: RunningAgent) -> None:
    """After a call everything received has met one of the named fates, and nothing is in flight."""
    async with _call(agent):
        metrics = await _metrics(agent)
        before = sum(count for (name, _), count in metrics.items() if name == "agent_calls_ended_total")
    after = await _until(agent, "agent_calls_ended_total", before + 1, reason="customer_left")
    assert after["agent_frames_received_total", ()] == sum(_frames(after).values())
    assert after["agent_frames_in_flight", ()] == 0
    aged = sum(count for (name, _), count in after.items() if name == "agent_frame_age_seconds_count")
    assert aged == _frames(after)["analysed"]


async def test_pictures_of_a_camera_that_is_off_are_not_looked_at(agent: RunningAgent) -> None:
    """A page that says its camera is off has the black pictures that it may send counted, and not analysed."""
    async with _call(agent) as customer:
        assert customer.caller.channel is not None
        customer.caller.channel.send(json.dumps({"type": "devices", "camera": False, "microphone": True}))
        before = _frames(await _until(agent, "agent_frames_total", 1, outcome="camera off"))
        after = _frames(await _until(agent, "agent_frames_total", 8, outcome="camera off"))
    assert after["analysed"] <= before["analysed"] + 1


async def test_a_call_that_is_not_there_is_named_with_those_that_are(agent: RunningAgent) -> None:
    """An unknown call is one sentence with the live ones in it, and so is an agent without calls."""
    async with _call(agent) as customer:
        unknown = await _trace(agent, "nothing-like-it")
    assert unknown.returncode == 1
    assert customer.ticket.call_id in unknown.stderr and "Traceback" not in unknown.stderr


@asynccontextmanager
async def _engine_that_answers_faces() -> AsyncIterator[str]:
    """A reply engine that, two seconds into a call, says why it speaks: because of a face that it was told of."""

    async def talk(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "hello", "protocol": 1, "engine": "of the tests"}))
        said = 0
        async for raw in socket:
            message: dict[str, Any] = json.loads(raw)
            if message["type"] == "signal" and message["signal"]["kind"] == "face":
                said += 1
                if said % 40 == 0:
                    seq = message["signal"]["seq"]
                    because = [{"kind": "face", "seqs": [seq], "words": "a face came into view"}]
                    say = {"type": "say", "id": f"s{said}", "text": "I can see you.", "because": because}
                    await socket.send(json.dumps(say))

    server: Server
    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def test_a_reply_leads_back_to_the_frame_that_shaped_it(tmp_path: Path) -> None:
    """`agent trace --reply` waits for a reply with a reason, and shows the very frame."""
    async with _engine_that_answers_faces() as url:
        starting = running_agent(tmp_path, AGENT_REPLY__URL=url)
        agent = await asyncio.to_thread(starting.__enter__)
        try:
            async with _call(agent):
                done = await _trace(agent, "--reply", "--json", "--within", "40")
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)
    assert done.returncode == 0, done.stderr
    (life,) = json.loads(done.stdout)["frames"]
    assert life["reply"]["text"] == "I can see you."
    assert life["reply"]["because"] == ["a face came into view"]
    assert "face" in {signal["kind"] for signal in life["trace"]["signals"]}
