"""The real agent records a call for whom and for as long as that is agreed to: the customer, and nobody else."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import av
import httpx
import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.app.customer import CallTicket, Customer
from agent.core.consent import CONSENT_VERSION
from agent.media.caller import CameraTrack
from agent.media.clips import ArraySource
from agent.media.speaker import Speaker
from agent.transport.messages import ToPage, Welcome
from benchmarks.face import face_picture
from tests.app.test_staff_on_calls import connected, said, staff
from tests.media.test_peer import tone
from tests.serving import RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(120, func_only=True)
FPS = 10


class Recorded(Customer):
    """A customer who notes whether the agent says that it records."""

    told: bool | None = None

    def _take(self, text: str) -> str | None:
        message = msgspec.json.decode(text, type=ToPage)
        if isinstance(message, Welcome):
            self.told = message.recorded
        return super()._take(text)

    def send(self, **message: Any) -> None:
        assert self.caller.channel is not None
        self.caller.channel.send(json.dumps(message))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """One that may record."""
    with running_agent(tmp_path_factory.mktemp("agent"), AGENT_PRIVACY__RECORDING="true") as running:
        yield running


async def ticket(agent: RunningAgent, *also: str) -> CallTicket:
    wish = {"choice": "without_emotion", "consent_version": CONSENT_VERSION, "also": also}
    async with httpx.AsyncClient(base_url=agent.url, timeout=10) as client:
        answer = (await client.post("/api/calls", json=wish)).raise_for_status()
    return msgspec.json.decode(answer.content, type=CallTicket)


def wall() -> ArraySource:
    """A camera that shows nothing but grey."""
    return ArraySource(lambda index: np.full((480, 640, 3), 90, np.uint8), fps=FPS)


@asynccontextmanager
async def a_call(agent: RunningAgent, ticket: CallTicket, frames: ArraySource) -> AsyncIterator[Recorded]:
    """After the greeting."""
    customer = Recorded(agent.url, ticket, frames=frames)
    async with customer.caller.call():
        await until(lambda: said(customer, "agent"), 30, "the agent greets")
        yield customer


def files(agent: RunningAgent) -> list[Path]:
    return list((agent.folder / "agent.recordings").glob("*"))


def rows(agent: RunningAgent) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
        return connection.execute("SELECT call_id, file FROM recordings").fetchall()


async def is_over(agent: RunningAgent, call_id: str) -> None:
    """Waits until the call is in the archive as ended."""

    def ended() -> bool:
        with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
            query = "SELECT 1 FROM calls WHERE id = ? AND ended_at IS NOT NULL"
            return connection.execute(query, (call_id,)).fetchone() is not None

    await until(ended, 20, "the call is over")


def run(agent: RunningAgent, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    """What a command says that the operator runs beside the agent."""
    monkeypatch.chdir(agent.folder)
    result = CliRunner().invoke(build_app([arguments[0]]), [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = msgspec.json.decode(result.stdout)
    return answer


def seen_and_heard(path: Path) -> tuple[list[int], float]:
    """Of a file the contrast of each picture, and how loud the sound is at most, 0 to 1."""
    with av.open(str(path)) as file:
        contrasts = [int(np.ptp(frame.to_ndarray(format="gray"))) for frame in file.decode(video=0)]
    with av.open(str(path)) as file:
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    return contrasts, float(np.abs(sound).max())


async def test_only_the_customer_is_recorded(agent: RunningAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent greets, and a person with a face takes over and speaks: of neither is anything in the recording, which
    holds the customer's grey wall and silence from the beginning to the end; an erasure takes it away."""
    async with a_call(agent, await ticket(agent, "recording"), wall()) as customer, staff(agent) as client:
        assert customer.told, "the page is told that it is recorded"
        call_id, voice = customer.ticket.call_id, Speaker()
        person = CameraTrack(ArraySource(face_picture, fps=15))
        async with connected(client, f"/stand-in/{call_id}", voice, person):
            await until(lambda: customer.seen.states[-1:] == ["taken_over"], 10, "a person has the call")
            await voice.play(tone(3.0))
            await voice.idle.wait()
            await asyncio.sleep(1)
        assert person.frames > 20
    await is_over(agent, call_id)
    out = agent.folder / "call.webm"
    written = await asyncio.to_thread(run, agent, monkeypatch, "recording", call_id, "--out", str(out))
    assert (written["broken"], written["whole"]) == (0, True)
    contrasts, loudest = await asyncio.to_thread(seen_and_heard, out)
    assert written["frames"]["video"] == len(contrasts) > 20
    assert max(contrasts) < 30 and loudest < 0.01
    assert written["seconds"] == pytest.approx(len(contrasts) / FPS, rel=0.4)
    certificate = await asyncio.to_thread(run, agent, monkeypatch, "erase", "--call", call_id, "--yes")
    assert certificate["erased"]["recordings files"] == certificate["erased"]["recordings"] == 1
    assert call_id not in {path.name.split(".")[0] for path in files(agent)}


async def test_a_call_that_was_taken_up_again_is_one_recording(
    agent: RunningAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the pause in it; the customer's face and voice are seen and heard, and picture and sound lie together."""
    ticket_ = await ticket(agent, "recording")
    async with a_call(agent, ticket_, ArraySource(face_picture, fps=FPS)) as first:
        await first.caller.say(tone(1.0))
        await first.caller._connection.close()
        second = Recorded(agent.url, ticket_, frames=ArraySource(face_picture, fps=FPS))
        await asyncio.sleep(2)
        async with second.caller.call():
            await until(lambda: second.told, 15, "the page that is back is told that it is recorded")
            await second.caller.say(tone(1.0))
    await is_over(agent, ticket_.call_id)
    assert [call_id for call_id, _ in rows(agent)].count(ticket_.call_id) == 1
    out = agent.folder / "face.json"
    said_of = await asyncio.to_thread(run, agent, monkeypatch, "export", "--call", ticket_.call_id, "--out", str(out))
    assert "s of picture and sound in" in said_of["recordings"][ticket_.call_id]
    contrasts, loudest = await asyncio.to_thread(seen_and_heard, out.with_name(f"face-{ticket_.call_id}.webm"))
    assert np.median(contrasts) > 100 and loudest > 0.1
    export = msgspec.json.decode(out.read_bytes())
    assert [set(row) for row in export["calls"][0]["recordings"]] == [{"began_at", "file"}]
    assert any(ticket_.call_id in sentence for sentence in export["missing"])


async def test_stopping_it_deletes_it_within_a_second(agent: RunningAgent) -> None:
    """File and key, while the call goes on; who agrees again is recorded anew."""
    async with a_call(agent, await ticket(agent, "recording"), wall()) as customer:
        call_id = customer.ticket.call_id

        def own() -> list[Path]:
            return [path for path in files(agent) if path.name.startswith(call_id) and path.stat().st_size > 2_000]

        await until(own, 10, "something is recorded")
        await until(lambda: call_id in dict(rows(agent)), 10, "its key is kept")
        [first] = own()
        customer.send(type="withdraw", purposes=["recording"])
        await until(lambda: not first.exists(), 1, "the recording is gone")
        await until(lambda: call_id not in dict(rows(agent)), 10, "its key is gone, too")
        assert customer.told is False and "recording" not in customer.seen.analysis
        customer.send(type="agree", purposes=["recording"])
        await until(own, 10, "another recording")
        assert own() != [first] and customer.told


async def test_without_a_yes_nothing_is_recorded(agent: RunningAgent) -> None:
    """Where it may be offered, a call whose customer did not tick the box leaves no byte and no row."""
    before = len(files(agent)), len(rows(agent))
    async with a_call(agent, await ticket(agent), wall()) as customer:
        await asyncio.sleep(2.5)
        assert customer.told is False
    assert (len(files(agent)), len(rows(agent))) == before
