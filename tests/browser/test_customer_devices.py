"""What can happen to devices, sound, tabs and language on a customer's page, in a real browser."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from agent.transport.messages import (
    Caption,
    ClockPing,
    ClockPong,
    DeviceState,
)
from tests.browser.conftest import chromium
from tests.browser.page_server import ScriptedCall, opened_page, serving_pages
from tests.browser.test_customer_page import call_from

pytestmark = pytest.mark.timeout(60)

ON = DeviceState(camera=True, microphone=True)
MICROPHONE_OFF = DeviceState(camera=True, microphone=False)
MICROPHONE = "agentCall.peerConnection.getSenders().find(({ track }) => track?.kind === 'audio').track"
SILENCE_BY_SYSTEM = """
    (silenced) => {
        const track = MICROPHONE;
        Object.defineProperty(track, "muted", { value: silenced, configurable: true });
        track.dispatchEvent(new Event(silenced ? "mute" : "unmute"));
    }
""".replace("MICROPHONE", MICROPHONE)
UNPLUG = f"() => {{ const track = {MICROPHONE}; track.stop(); track.dispatchEvent(new Event('ended')); }}"
PLUG_IN = "() => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"
REFUSE_TO_PLAY = """
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
        if (this.id !== "remote-audio" || window.pressed) return play.call(this);
        this.autoplay = false;
        return Promise.reject(new DOMException("not without a gesture", "NotAllowedError"));
    };
    addEventListener("click", ({ target }) => (window.pressed = target.closest(".unblock") !== null), true);
"""


async def _told(call: ScriptedCall, state: DeviceState) -> None:
    """Waits until the page says that its devices are in `state`."""
    while await call.told(DeviceState) != state:
        pass


async def _two_tabs(browser: Browser) -> tuple[Page, Page]:
    """Of one customer, who has them side by side."""
    context = await browser.new_context()
    return await context.new_page(), await context.new_page()


async def test_a_microphone_that_the_system_silences_is_told_and_comes_back() -> None:
    """Agent and customer know that nothing is heard, and that it is again; the customer has nothing to press."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        await _told(call, ON)
        await page.evaluate(SILENCE_BY_SYSTEM, True)
        await _told(call, MICROPHONE_OFF)
        await expect(page.locator(".notices")).to_contain_text("The microphone brings nothing.")
        await page.evaluate(SILENCE_BY_SYSTEM, False)
        await _told(call, ON)
        await expect(page.locator(".notices")).to_be_empty()


async def test_a_microphone_that_is_unplugged_leaves_a_call_in_writing_and_comes_back_by_itself() -> None:
    """Silence is sent in its place, so that the call lives on, until the same device is there again."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        await _told(call, ON)
        label = await page.evaluate(f"{MICROPHONE}.label")
        await page.evaluate(UNPLUG)
        await _told(call, MICROPHONE_OFF)
        await expect(page.locator(".notices")).to_contain_text("The microphone was unplugged")
        await expect(page.locator("#mute")).to_have_text("Use microphone")
        assert await page.evaluate(f"{MICROPHONE}.readyState") == "live"
        await page.evaluate(PLUG_IN)
        await _told(call, ON)
        assert await page.evaluate(f"{MICROPHONE}.label") == label
        await expect(page.locator(".notices")).to_be_empty()


async def test_a_browser_that_will_not_play_sound_offers_a_button() -> None:
    """One press, and the agent is heard."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script(REFUSE_TO_PLAY)
        await call_from(page, server)
        await page.click("text=Press to hear the agent")
        await expect(page.locator(".unblock")).to_have_count(0)
        assert not await page.evaluate("document.querySelector('#remote-audio').paused")


async def test_a_page_in_the_background_goes_on_and_is_heard_again_in_front() -> None:
    """Behind another tab it answers and shows captions; sound that the system paused is played on coming back."""
    async with serving_pages() as server, chromium() as browser:
        page, other = await _two_tabs(browser)
        call = await call_from(page, server)
        await other.bring_to_front()
        call.show(ClockPing(id=5))
        assert (await call.told(ClockPong)) is not None
        call.show(Caption(id="a1", speaker="agent", text="Still here."))
        await expect(page.locator("#captions")).to_contain_text("Still here.")
        await page.evaluate("document.querySelector('#remote-audio').pause()")
        await page.bring_to_front()
        await page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_function("() => !document.querySelector('#remote-audio').paused")


async def test_a_second_tab_makes_no_second_call_until_the_first_has_ended() -> None:
    """It says where the call is, opens none at the agent, and calls once the other has hung up."""
    async with serving_pages() as server, chromium() as browser:
        page, second = await _two_tabs(browser)
        await call_from(page, server)
        await second.goto(server.url)
        await second.click("#choice-agree")
        await second.click("#start-call")
        await expect(second.get_by_role("alert")).to_have_text(
            "You are on a call in another tab. Please end that one first."
        )
        assert len(server.desk.calls_made) == 1
        await page.click("#end-call")
        await second.click("#start-call")
        async with asyncio.timeout(15):
            while len(server.desk.calls_made) < 2:
                await asyncio.sleep(0.05)
        await expect(second.locator("#call-state")).to_be_visible()


async def test_the_page_calls_in_the_browsers_language_and_says_when_it_is_not_understood() -> None:
    """A Chinese browser's call is in Chinese; where only English is understood, that is said in Chinese."""
    async with serving_pages() as server, chromium() as browser:
        page = await browser.new_page(locale="zh-CN")
        call = await call_from(page, server, hears="en")
        assert call.consent.locale == "zh-CN"
        await expect(page.locator(".notices")).to_contain_text("听不懂中文")
        await expect(page.locator(".notices")).to_contain_text("只能听懂英语")


async def test_the_address_of_the_page_can_name_another_language() -> None:
    """`?lang=` comes before the browser's own language, and nothing is said where it is understood."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server, query="?lang=zh", hears="zh")
        assert call.consent.locale == "zh"
        await _told(call, ON)
        await expect(page.locator(".notices")).to_be_empty()
