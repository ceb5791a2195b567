"""A supervisor on a call, in real browsers: sees the customer, takes the call over and is heard, and hands it back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.async_api import Error, Page, expect

from tests.browser.calling import called
from tests.browser.conftest import chromium
from tests.media_made import OwnVoice
from tests.serving import STAFF, RunningAgent

HEARD_WITHIN_S = 30.0
"""Two browsers, whose media a machine without a GPU makes, share its cores with the agent."""
QUIET_MS = 2_000
TIMES = 3
CLOCK = Path(__file__).with_name("hearing_clock.js")
NOTE_THE_CLICK = """
document.querySelector("#take-over").addEventListener("click", () => (window.clickedAt = Date.now()), { once: true })
"""


@pytest.fixture(scope="module")
def persons_voice(voice: OwnVoice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a supervisor says from the moment that their microphone is opened."""
    parts = ["Good day, this is a person of the shop."] * 8
    return voice.write(tmp_path_factory.mktemp("voices") / "person.wav", *parts)


@asynccontextmanager
async def on_a_call(agent: RunningAgent, face: Path, voice: Path) -> AsyncIterator[tuple[Page, Page]]:
    """The pages of a customer and of a supervisor who watches the call."""
    async with chromium(face) as at_home, chromium(audio=voice) as in_office:
        customer = await called(at_home, agent)
        await customer.evaluate(CLOCK.read_text("utf-8"))
        await customer.evaluate("hearingClock()")
        supervisor = await in_office.new_page(viewport={"width": 1440, "height": 900})
        supervisor.on("pageerror", lambda error: pytest.fail(f"the supervisor's page broke: {error}"))
        await supervisor.goto(agent.supervisor_url)
        await supervisor.click(f"[data-call-id='{await newest_call(agent)}']")
        await expect(supervisor.locator("#take-over")).to_be_enabled()
        yield customer, supervisor


async def newest_call(agent: RunningAgent) -> str:
    """The call that began last; those of tests before may not be over yet."""
    async with httpx.AsyncClient(base_url=agent.url, headers=STAFF) as client:
        calls = (await client.get("/api/calls")).json()
    return str(max(calls, key=lambda call: call["started_at"])["call_id"])


async def silence(customer: Page) -> None:
    """Until the customer has heard nothing for longer than the agent pauses between two sentences."""
    async with asyncio.timeout(60):
        while await customer.evaluate("quietForMs()") < QUIET_MS:
            await asyncio.sleep(0.05)


async def sound(customer: Page) -> int:
    """Until the customer hears something from now on; when that was, in milliseconds of the wall clock."""
    await customer.evaluate("heardAt = null")
    return await heard(customer)


async def heard(customer: Page) -> int:
    async with asyncio.timeout(HEARD_WITHIN_S):
        while (at_ms := await customer.evaluate("heardAt")) is None:
            await asyncio.sleep(0.02)
    return int(at_ms)


async def taken_over_after_ms(customer: Page, supervisor: Page) -> int:
    """From the click until the customer hears the person."""
    await silence(customer)
    await customer.evaluate("heardAt = null")
    await supervisor.evaluate(NOTE_THE_CLICK)
    await supervisor.click("#take-over")
    heard_at_ms = await heard(customer)
    clicked_at_ms = await supervisor.evaluate("clickedAt")
    await expect(customer.locator("#call-state")).to_have_attribute("data-state", "taken_over")
    return heard_at_ms - int(clicked_at_ms)


@pytest.mark.timeout(200)
async def test_a_person_takes_the_call_and_hands_it_back(
    agent: RunningAgent, face_clip: Path, persons_voice: Path, artefacts: Path
) -> None:
    """The customer hears the person soon after the click, and then the agent again, as often as that is done; both
    pages say who has the call."""
    async with on_a_call(agent, face_clip, persons_voice) as (customer, supervisor):
        took_ms = []
        for _ in range(TIMES):
            took_ms.append(await taken_over_after_ms(customer, supervisor))
            await expect(supervisor.locator("#hand-back")).to_be_visible()
            await supervisor.screenshot(path=artefacts / "supervisor_taken_over.png")
            await customer.screenshot(path=artefacts / "customer_taken_over.png")
            await supervisor.click("#hand-back")
            await expect(customer.locator("#call-state")).to_have_attribute("data-state", "speaking", timeout=5_000)
            await sound(customer)
        figures = {"took_ms": took_ms, "median_ms": float(np.median(took_ms))}
        (artefacts / "takeover.json").write_text(json.dumps(figures))
        assert min(took_ms) > 0, "nobody is heard before the click"
        await supervisor.fill("#staff-words", "say: Thank you for waiting.")
        await supervisor.click("#whisper")
        await expect(customer.locator("#captions")).to_contain_text("Thank you for waiting.", timeout=10_000)
        await supervisor.click("#end-call")
        await expect(supervisor.locator("#end-call-no")).to_be_focused()
        await supervisor.keyboard.press("Escape")
        await expect(customer.locator("#call-state")).to_be_visible()
        await supervisor.click("#end-call")
        await supervisor.click("#end-call-yes")
        await expect(customer.locator("#ended")).to_have_attribute("data-reason", "staff_ended", timeout=10_000)


@pytest.mark.timeout(200)
async def test_the_agent_suggests_to_who_has_the_call(
    agent: RunningAgent, face_clip: Path, persons_voice: Path, artefacts: Path
) -> None:
    """What the customer asks is answered by a suggestion with its reasons; sent as text, it is the person's words."""
    async with on_a_call(agent, face_clip, persons_voice) as (customer, supervisor):
        await supervisor.click("#take-over")
        await expect(customer.locator("#call-state")).to_have_attribute("data-state", "taken_over", timeout=15_000)
        await customer.fill("#chat-input", "Where is my order A1017?")
        await customer.press("#chat-input", "Enter")
        suggested = supervisor.locator("#next-reply[data-suggested='true'] .next-words")
        await expect(suggested).to_contain_text("order", timeout=15_000)
        await expect(supervisor.locator("#next-reply")).to_contain_text("because of")
        await supervisor.screenshot(path=artefacts / "supervisor_suggestion.png")
        words = await suggested.inner_text()
        assert words not in await customer.inner_text("body")
        await supervisor.click("#send-suggestion")
        await expect(customer.locator("body")).to_contain_text(words, timeout=10_000)
        await expect(supervisor.locator("#transcript")).to_contain_text(words)
        await expect(suggested).to_have_count(0)


@pytest.mark.timeout(200)
async def test_a_supervisor_whose_network_is_gone_leaves_the_customer_with_the_agent(
    agent: RunningAgent, face_clip: Path, persons_voice: Path, artefacts: Path
) -> None:
    """The browser of who had the call vanishes without a word; the agent speaks to the customer again by itself."""
    async with on_a_call(agent, face_clip, persons_voice) as (customer, supervisor):
        await taken_over_after_ms(customer, supervisor)
        tools = await supervisor.context.new_cdp_session(supervisor)
        crashed_s = time.time()
        # A page that has crashed does not answer, and says goodbye to nobody.
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(1):
                await tools.send("Page.crash")
        state = customer.locator("#call-state")
        await expect(state).to_have_attribute("data-state", "speaking", timeout=30_000)
        figures = {"took_ms": await sound(customer) - round(crashed_s * 1_000)}
        (artefacts / "network_lost.json").write_text(json.dumps(figures))
