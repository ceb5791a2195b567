"""Calls on the real agent: what goes wrong in one stays in it, is said plainly, and leaves nothing behind."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from agent.app.customer import Customer, open_call
from agent.core.consent import CONSENT_VERSION, Choice
from agent.core.speech import SpeechChunk
from agent.media.clips import ArraySource, ClipSource, read_speech
from benchmarks.face import face_picture
from tests.media_made import OwnVoice
from tests.serving import STAFF, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@pytest.fixture(scope="module")
def voice() -> OwnVoice:
    return OwnVoice()


def _blank(index: int) -> NDArray[np.uint8]:
    return np.full((480, 640, 3), 90 + index % 3, np.uint8)


def _chunk(voice: OwnVoice, text: str) -> SpeechChunk:
    return SpeechChunk(samples=voice.speak(text), rate_hz=voice.rate_hz, text=text, last=True)


def _said(customer: Customer, speaker: str) -> list[str]:
    """Final captions of one side, in order."""
    return [caption.text for _, caption in customer.seen.captions if caption.speaker == speaker and caption.final]


async def _signals(agent: RunningAgent, call_id: str, seconds: float) -> list[dict[str, Any]]:
    """The signals of a call as a supervisor gets them."""
    signals = []
    async with agent.watching() as socket:
        await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False}))
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = json.loads(await socket.recv())
                    if message["type"] == "signal":
                        signals.append(message["signal"])
        except TimeoutError:
            return signals


async def test_a_camera_without_a_face_gives_invalid_signals_and_no_emotion(agent: RunningAgent) -> None:
    """A blank wall is reported as no face, never as neutral."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=ArraySource(_blank, fps=15))
    async with customer.caller.call():
        signals = await _signals(agent, customer.ticket.call_id, 4)
    expressions = [signal for signal in signals if signal["kind"] == "expression"]
    assert len(expressions) > 5
    assert not any(signal["valid"] for signal in expressions)
    assert {signal["value"]["label"] for signal in expressions} == {"unknown"}
    assert {signal["reason"] for signal in expressions} == {"no face"}


async def test_a_conversation_by_chat_alone(agent: RunningAgent) -> None:
    """A customer without camera and microphone types, and is answered."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.WITHOUT_EMOTION), frames=None)
    async with customer.caller.call() as caller:
        await until(lambda: _said(customer, "agent"), 20, "a greeting")
        assert caller.channel is not None
        caller.channel.send(json.dumps({"type": "chat", "text": "I would like to talk to a human being"}))
        await until(lambda: len(_said(customer, "agent")) >= 2, 15, "an answer")
    assert "person" in _said(customer, "agent")[-1].lower() or "colleague" in _said(customer, "agent")[-1].lower()


async def test_a_reply_engine_that_dies_is_replaced_and_the_call_goes_on(agent: RunningAgent, voice: OwnVoice) -> None:
    """The customer hears a plain sentence instead of silence, and the next question is answered as before."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
    async with customer.caller.call() as caller:
        await until(lambda: _said(customer, "agent"), 20, "a greeting")
        before = len(_said(customer, "agent"))
        (engine,) = [child for child in psutil.Process(agent.process.pid).children() if "reply" in child.cmdline()]
        engine.kill()
        await until(lambda: len(_said(customer, "agent")) > before, 10, "a plain sentence")
        assert "person" in _said(customer, "agent")[-1]
        await until(lambda: _engine_runs(agent), 20, "a new engine")
        await asyncio.sleep(3)
        await caller.say(_chunk(voice, "Where is my order?"))
        await until(lambda: "number" in " ".join(_said(customer, "agent")[before:]), 25, "an answer to the question")


def _engine_runs(agent: RunningAgent) -> bool:
    return any("reply" in child.cmdline() for child in psutil.Process(agent.process.pid).children())


async def test_speaking_over_the_agent_silences_it(agent: RunningAgent, voice: OwnVoice) -> None:
    """While the greeting is spoken the customer begins: the voice ends soon, and the caption keeps what was heard."""
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=None)
    async with customer.caller.call() as caller:
        await until(lambda: any(active for _, active in customer.seen.speaking), 20, "the greeting's voice")
        await asyncio.sleep(0.4)
        began_ns = time.monotonic_ns()
        await caller.say(_chunk(voice, "Excuse me, where is my order please?"))
        await until(lambda: any(not active for _, active in customer.seen.speaking), 10, "silence")
        silent_ns = next(at for at, active in customer.seen.speaking if not active)
        assert silent_ns > began_ns
        cut = [text for text in _said(customer, "agent") if text.endswith("…")]
        assert cut, _said(customer, "agent")


async def test_more_calls_than_lines_are_told_to_come_back(tmp_path: Path) -> None:
    """The fourth customer of three lines gets 503 with Retry-After."""
    with running_agent(tmp_path, AGENT_SERVER__MAX_CALLS="3") as agent:
        wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "locale": "en"}
        async with httpx.AsyncClient(base_url=agent.url) as client:
            answers = [await client.post("/api/calls", json=wish) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 503]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_broken_offers_are_refused_and_cost_nothing(tmp_path: Path) -> None:
    """Garbage, an empty offer and one without media get 4xx with a reason; the same token then still makes a call."""
    offers = ["", "garbage", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "\x00" * 500]
    with running_agent(tmp_path) as agent:
        ticket = await open_call(agent.url, Choice.AGREE)
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {ticket.token}"}
        async with httpx.AsyncClient(base_url=agent.url) as client:
            for offer in offers:
                answer = await client.post("/whip", content=offer, headers=headers)
                assert 400 <= answer.status_code < 500, answer.text
                assert len(answer.json()["detail"]) > 10
            customer = Customer(agent.url, ticket, frames=ArraySource(face_picture, fps=10))
            async with customer.caller.call():
                await until(lambda: _said(customer, "agent"), 20, "a greeting")
            calls = (await client.get("/api/calls", headers=STAFF)).json()
            async with asyncio.timeout(10):
                while calls:
                    await asyncio.sleep(0.1)
                    calls = (await client.get("/api/calls", headers=STAFF)).json()


async def test_a_recorded_person_is_seen_and_understood(agent: RunningAgent, shared_data: Path) -> None:
    """A real recorded face and a real recorded voice: expressions are read, and the words are those that were said."""
    frames = ClipSource(shared_data / "video" / "single_face.mp4", width_px=640)
    customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=frames)
    async with customer.caller.call() as caller, asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_signals(agent, customer.ticket.call_id, 12))
        await until(lambda: [active for _, active in customer.seen.speaking if not active], 20, "the greeting's end")
        await caller.say(read_speech(shared_data / "speech" / "cards_001.flac"))
        await until(lambda: _said(customer, "customer"), 15, "a transcript")
        signals = await watching
    expressions = [signal for signal in signals if signal["kind"] == "expression" and signal["valid"]]
    assert len(expressions) > 20
    assert {"ten", "10"} & set(" ".join(_said(customer, "customer")).lower().replace(".", "").split())
