"""A customer calls in a real browser with a real face and real speech; a supervisor watches; everything arrives."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.calling import call_id, called
from tests.browser.conftest import chromium
from tests.browser.listening import decoded, words_in
from tests.media_made import OwnVoice
from tests.serving import RunningAgent, until

SPOKEN = "Where is my order?"
GREETING_S = 12.0
"""Silence before the customer speaks, in which the page connects and the agent greets."""
ALONE_S = 6.0
"""How long signals are counted before the supervisor's page opens: drawing two pages in software takes both cores of a
small machine, and a supervisor sits at another."""
RECORD = """
    async () => {
        const audio = document.querySelector("#remote-audio");
        while (!audio.srcObject) await new Promise((go) => setTimeout(go, 20));
        const stream = audio.srcObject;
        const recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()), { mimeType: "audio/webm" });
        window.heard = [];
        recorder.ondataavailable = (event) => window.heard.push(event.data);
        window.stopRecording = () => new Promise((resolve) => {
            recorder.onstop = async () => {
                const bytes = new Uint8Array(await new Blob(window.heard).arrayBuffer());
                let text = "";
                for (let at = 0; at < bytes.length; at += 8192)
                    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
                resolve(btoa(text));
            };
            recorder.stop();
        });
        recorder.start();
    }
"""


@dataclass
class Watched:
    """What a supervisor's socket brought of one call."""

    signals: list[dict[str, Any]] = field(default_factory=list)
    captions: list[dict[str, Any]] = field(default_factory=list)
    arrived_s: list[float] = field(default_factory=list)
    """Times of arrival of valid expression signals."""

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [signal for signal in self.signals if signal["kind"] == kind]


async def _watch(agent: RunningAgent, call: str, watched: Watched) -> None:
    """Follows a call as a supervisor's page does."""
    async with agent.watching() as socket:
        await socket.send(json.dumps({"type": "watch", "call_id": call}))
        while True:
            message = await socket.recv()
            if isinstance(message, bytes):
                continue
            content = json.loads(message)
            if content["type"] == "signal":
                watched.signals.append(content["signal"])
                if content["signal"]["kind"] == "expression" and content["signal"]["valid"]:
                    watched.arrived_s.append(time.monotonic())
            elif content["type"] == "supervisor_caption":
                watched.captions.append(content["caption"])


def _said_to_be_slow(watched: Watched) -> bool:
    """Whether the call's health told that fewer pictures are read, as on a machine with too much to do."""
    values = [health["value"] for health in watched.of_kind("health")]
    return any(value["rung"] != "full" or (value["analysed_fps"] or 10) < 10 for value in values)


@pytest.mark.timeout(150)
async def test_a_customer_is_seen_heard_and_answered(
    agent: RunningAgent, voice: OwnVoice, face_clip: Path, artefacts: Path, tmp_path: Path
) -> None:
    """Expression at 10 Hz or more unless health says that it is slower; the spoken words, the right intent, a caption,
    and a voice that says it."""
    speech = voice.write(tmp_path / "speech.wav", GREETING_S, SPOKEN, 30.0)
    watched = Watched()
    async with chromium(face_clip, speech) as browser, asyncio.TaskGroup() as tasks:
        page = await called(browser, agent)
        call = await call_id(page)
        watching = tasks.create_task(_watch(agent, call, watched))
        await page.evaluate(RECORD)
        await asyncio.sleep(ALONE_S)
        arrived_s = list(watched.arrived_s)
        supervisor = await browser.new_page(viewport={"width": 1280, "height": 900})
        await supervisor.goto(agent.supervisor_url)
        await supervisor.click(f".call-row[data-call-id='{call}']")
        await until(lambda: watched.of_kind("intent"), 45, "the intent of what was said")
        await until(lambda: _answers(watched), 15, "an answer of the agent")
        await expect(supervisor.locator("#picture")).to_have_attribute("data-faces", "1", timeout=10_000)
        await asyncio.sleep(6)
        await supervisor.screenshot(path=artefacts / "supervisor.png")
        await page.screenshot(path=artefacts / "customer.png")
        captions = (await page.inner_text("#captions")).lower()
        (heard,) = decoded(await page.evaluate("window.stopRecording()"))
        await page.click("#end-call")
        watching.cancel()
    rate_hz = (len(arrived_s) - 1) / (arrived_s[-1] - arrived_s[0])
    assert rate_hz >= 10 or _said_to_be_slow(watched), (
        f"{rate_hz:.1f} expression signals a second, and not a word of it"
    )
    said = " ".join(signal["value"]["text"] for signal in watched.of_kind("transcript") if signal["value"]["final"])
    assert {"where", "order"} <= set(re.findall(r"[a-z]+", said.lower())), said
    assert watched.of_kind("intent")[0]["value"]["label"] == "order_status"
    answer = _answers(watched)[-1]["text"].lower()
    assert answer.split()[0] in captions
    assert float(np.abs(heard).max()) > 0.05
    spoken_words = set(words_in(heard))
    expected = set(re.findall(r"[a-z]{4,}", answer))
    assert len(expected & spoken_words) >= 0.5 * len(expected), (answer, spoken_words)
    assert all(signal["captured_from"] in ("sender", "sender_report", "arrival") for signal in watched.signals)
    assert any(signal["captured_from"] == "sender" for signal in watched.of_kind("expression"))


def _answers(watched: Watched) -> list[dict[str, Any]]:
    """The agent's captions after the customer has spoken."""
    spoke = next(
        (at for at, caption in enumerate(watched.captions) if caption["speaker"] == "customer" and caption["final"]),
        None,
    )
    if spoke is None:
        return []
    return [caption for caption in watched.captions[spoke:] if caption["speaker"] == "agent" and caption["final"]]


@pytest.mark.timeout(90)
async def test_without_emotion_analysis_there_is_service_and_no_emotion(
    agent: RunningAgent, voice: OwnVoice, face_clip: Path, tmp_path: Path
) -> None:
    """The customer who says no to emotion is understood and answered, and no signal about the face exists."""
    speech = voice.write(tmp_path / "speech.wav", GREETING_S, "I want to speak to a person, please.", 30.0)
    watched = Watched()
    async with chromium(face_clip, speech) as browser, asyncio.TaskGroup() as tasks:
        page = await called(browser, agent, "#choice-without-emotion")
        call = await call_id(page)
        watching = tasks.create_task(_watch(agent, call, watched))
        await until(lambda: watched.of_kind("intent"), 45, "the intent of what was said")
        await page.click("#end-call")
        watching.cancel()
    assert watched.of_kind("intent")[0]["value"]["label"] == "speak_to_person"
    assert {signal["kind"] for signal in watched.signals}.isdisjoint({"face", "expression", "affect"})


@pytest.mark.timeout(60)
async def test_leaving_at_the_notice_sends_nothing(agent: RunningAgent, face_clip: Path) -> None:
    """The third choice makes no call: no request but for pages and notice, and no camera."""
    requests: list[str] = []
    async with chromium(face_clip) as browser:
        page = await browser.new_page()
        page.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
        await page.goto(agent.url + "/")
        await page.click("#choice-leave")
        await asyncio.sleep(0.5)
        assert await page.evaluate("typeof window.agentCall") == "undefined"
    assert all(request.startswith("GET") for request in requests), requests
