"""Pictures, voice notes and moving lips in a real call: a real Chromium, the real agent, nothing scripted."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Page, Request, expect

from tests.browser.calling import called
from tests.browser.conftest import chromium
from tests.browser.listening import words_of
from tests.media_made import OwnVoice
from tests.pictures_sent import ARTIST, photo_with_place, png_header, two_halves
from tests.serving import STAFF, RunningAgent, until

SPOKEN = "Where is my order?"
BEFORE_S = 14.0
"""Silence before the customer speaks, in which the page connects and the note begins."""
SAMPLE_LIPS = """
    window.lips = [];
    const stream = document.querySelector("#remote-audio").srcObject;
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(1024);
    const look = () => {
        analyser.getFloatTimeDomainData(samples);
        const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
        const opening = document.querySelector(".lips")?.getBBox().height ?? 0;
        window.lips.push([performance.now(), level, opening]);
        requestAnimationFrame(look);
    };
    look();
"""


@dataclass
class Watched:
    """What a supervisor who watches the newest call is told of pictures and words."""

    pictures: list[dict[str, Any]] = field(default_factory=list)
    captions: list[dict[str, Any]] = field(default_factory=list)


async def watch(agent: RunningAgent, watched: Watched) -> None:
    async with agent.watching() as socket:
        async for message in socket:
            if isinstance(message, bytes):
                continue
            content = json.loads(message)
            if content["type"] == "calls" and content["calls"]:
                newest = max(content["calls"], key=lambda call: call["started_at"])
                await socket.send(json.dumps({"type": "watch", "call_id": newest["call_id"], "pictures": False}))
            elif content["type"] == "shared_picture":
                watched.pictures.append(content)
            elif content["type"] == "supervisor_caption":
                watched.captions.append(content["caption"])


async def sent_picture(page: Page, content: bytes) -> Request:
    """Sends a photo as a customer does; the page's request, with what proves whose call it is."""
    async with page.expect_request(lambda request: request.url.endswith("/pictures")) as asking:
        await page.set_input_files("#picture-input", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": content})
        await page.click("#picture-send")
    await expect(page.locator(".sent-picture")).to_be_visible(timeout=15_000)
    return await asking.value


@pytest.mark.timeout(180)
async def test_a_picture_reaches_staff_clean_and_is_gone_with_the_call(agent: RunningAgent) -> None:
    """Staff see what it shows and not where it was taken; the agent says that it cannot see it; what is no picture, or
    would fill the memory, is refused on the route itself; after the call nobody finds it."""
    watched = Watched()
    async with (
        chromium() as browser,
        httpx.AsyncClient(base_url=agent.url, headers=STAFF, timeout=30) as staff,
        asyncio.TaskGroup() as tasks,
    ):
        page = await called(browser, agent)
        watching = tasks.create_task(watch(agent, watched))
        request = await sent_picture(page, photo_with_place(two_halves(), orientation=6))
        await until(lambda: watched.pictures, 40, "the picture at the supervisor")
        picture = watched.pictures[0]
        assert (picture["width_px"], picture["height_px"]) == (60, 90)
        seen = await staff.get(picture["url"])
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
        own = {"Authorization": (await request.all_headers())["authorization"]}
        # Past the page, which draws pictures anew itself: what a program sends is cleaned as well.
        direct = await staff.post(request.url, content=photo_with_place(two_halves(), orientation=6), headers=own)
        assert direct.status_code == 201 and ARTIST not in direct.content and b"Exif" not in direct.content
        for content in (png_header(50_000, 50_000), b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"<!doctype html>"):
            refused = await staff.post(request.url, content=content, headers={**own, "Content-Type": "image/jpeg"})
            assert refused.status_code == 415, refused.text
        assert (await staff.post(request.url, content=b"x", headers={"Authorization": "Bearer x"})).status_code == 404
        await expect(page.locator("#captions .line.agent").last).to_contain_text(
            "cannot look at pictures", timeout=30_000
        )
        await page.click("#end-call")

        async def gone() -> bool:
            return (await staff.get(picture["url"])).status_code == 404

        async with asyncio.timeout(40):
            while not await gone():
                await asyncio.sleep(0.1)
        watching.cancel()


@pytest.mark.timeout(200)
async def test_a_voice_note_becomes_what_the_customer_says(
    agent: RunningAgent, voice: OwnVoice, tmp_path: Path
) -> None:
    """Its words stand in the conversation once, of the customer, and are answered; live speech was muted meanwhile."""
    speech = voice.write(tmp_path / "speech.wav", BEFORE_S, SPOKEN, 40.0)
    watched = Watched()
    async with chromium(audio=speech) as browser, asyncio.TaskGroup() as tasks:
        page = await called(browser, agent)
        watching = tasks.create_task(watch(agent, watched))
        await page.click("#note-start")
        await asyncio.sleep(BEFORE_S + 4)
        await page.click("#note-send")
        said = page.locator("#captions .line.customer .words")
        await expect(said).to_have_text(re.compile("order", re.IGNORECASE), timeout=45_000)
        assert words_of(await said.inner_text())[0].startswith("where")
        await expect(page.locator("#mute")).to_have_text("Mute")
        own = [caption for caption in watched.captions if caption["speaker"] == "customer"]
        assert len({caption["id"] for caption in own}) == 1, own
        await until(lambda: watched.captions[-1]["speaker"] == "agent", 20, "an answer")
        await page.click("#end-call")
        watching.cancel()


@pytest.mark.timeout(200)
async def test_lips_move_while_the_agent_is_heard_and_rest_after(agent: RunningAgent) -> None:
    """They open and close with the shapes that the voice tells of, on their way through the real call, and then close.

    How well they fit the sound that this browser plays is printed, and not judged: that depends on the machine.
    """
    async with chromium() as browser:
        page = await called(browser, agent)
        presence = page.locator(".presence")
        await expect(presence).to_have_attribute("data-presence", "listening", timeout=60_000)
        await page.evaluate(SAMPLE_LIPS)
        await page.fill("#chat-input", "What can you do for me?")
        await page.press("#chat-input", "Enter")
        await expect(presence).to_have_attribute("data-presence", "speaking", timeout=40_000)
        await expect(presence).to_have_attribute("data-presence", "listening", timeout=60_000)
        await asyncio.sleep(1.5)
        at_ms, level, opening = np.array(await page.evaluate("window.lips")).T
        await page.click("#end-call")
    closed = opening[0]
    opened = opening > closed + 8
    assert np.count_nonzero(np.diff(opened.astype(int)) == 1) >= 3, f"they hardly opened, in {len(at_ms)} looks"
    assert len(np.unique(opening[opened].round())) >= 4, "they only snapped open and shut"
    assert abs(opening[-1] - closed) < 1
    assert np.ptp(level) > 0.01, "nothing was heard"
    print(f"lips fit the sound best {fit(at_ms, level, opening)}")


def fit(at_ms: NDArray[np.float64], level: NDArray[np.float64], opening: NDArray[np.float64]) -> str:
    """By how many milliseconds lips come after the sound, where both go together best, and how well they do."""
    grid_ms = np.arange(at_ms[0], at_ms[-1], 10.0)
    smooth = np.ones(12) / 12
    heard = np.convolve(np.interp(grid_ms, at_ms, level), smooth, "same")
    seen = np.convolve(np.interp(grid_ms, at_ms, opening), smooth, "same")
    lags = range(-60, 61)
    fits = [float(np.corrcoef(heard[100:-100], np.roll(seen, -lag)[100:-100])[0, 1]) for lag in lags]
    return f"{10 * lags[int(np.argmax(fits))]} ms late, correlation {max(fits):.2f}"
