"""Before a call: the language, what a browser lacks, the sound to try, the level, and the wait in line."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import chromium
from tests.browser.page_server import opened_page, serving_pages

pytestmark = pytest.mark.timeout(60)

PHONE = {"width": 390, "height": 844}
HAN = re.compile(r"[\u4e00-\u9fff]")


async def test_the_language_can_be_changed_and_the_link_is_kept() -> None:
    """All is in the other language, and who came by a link still is who they are; their token is in no address."""
    async with serving_pages() as server, opened_page() as page:
        await page.goto(f"{server.url}/?shop=3#customer=a.b.c")
        await page.get_by_role("link", name="中文").click()
        await expect(page.locator("h1")).to_contain_text("人工智能")
        await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        await expect(page).to_have_title("客服通话")
        assert page.url == f"{server.url}/?shop=3&lang=zh"
        await page.click("#choice-without-emotion")
        async with page.expect_request("**/api/calls") as asking:
            await page.click("#start-call")
        asked = (await asking.value).post_data_json
        assert asked is not None
        assert (asked["customer"], asked["locale"]) == ("a.b.c", "zh")


async def texts(page: Page) -> list[str]:
    """All that is shown or read out, line by line, but for what is in a language of its own and names of devices."""
    found: list[str] = await page.evaluate(
        """() => {
            const shown = [...document.querySelectorAll('#app *')].filter((e) => !e.closest('[lang=en], option'));
            const own = shown.flatMap((e) => [...e.childNodes]).filter((node) => node.nodeType === 3);
            const names = ['aria-label', 'placeholder', 'title'];
            const read = shown.flatMap((e) => names.map((name) => e.getAttribute(name)));
            return [...own.map((node) => node.data.trim()), ...read].filter(Boolean);
        }"""
    )
    return found


async def test_no_english_is_left_on_a_chinese_page() -> None:
    """From the notice to the survey, what is shown and what is read out."""
    async with serving_pages() as server, chromium() as browser:
        page = await browser.new_page(locale="zh-CN")
        said: list[str] = []
        await page.goto(server.url)
        await page.locator("#notice-more summary").click()
        said += await texts(page)
        await page.click("#choice-agree")
        await expect(page.locator("#voice-heard")).to_be_visible()
        said += await texts(page)
        server.desk.full = True
        await page.click("#start-call")
        await expect(page.locator("#waiting")).to_be_visible()
        said += await texts(page)
        server.desk.full = False
        await server.desk.connected_call()
        await expect(page.locator("#end-call")).to_be_visible(timeout=15_000)
        await page.locator("#analysis summary").click()
        said += await texts(page)
        await page.click("#end-call")
        await page.click("#erase-data")
        said += await texts(page)
    english = [line for line in said if re.search("[a-zA-Z]{3}", line) and not HAN.search(line)]
    assert len(said) > 60
    assert english == []


async def test_the_sound_to_try_is_played_and_asked_after(artefacts: Path) -> None:
    """It moves a level of its own while it plays; who did not hear it is told what to do, and may try again."""
    async with serving_pages() as server, opened_page() as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await page.goto(server.url)
        await page.click("#choice-without-emotion")
        await page.click("#test-speaker")
        level = "document.querySelector('.speaker-test .meter')?.style.getPropertyValue('--level')"
        await page.wait_for_function(f"() => parseFloat({level} || '0') > 0.3")
        await expect(page.locator("#heard")).to_be_focused(timeout=10_000)
        await page.click("#not-heard")
        await expect(page.locator(".speaker-test [role=status]")).to_contain_text("Turn up the volume")
        await page.click("#test-speaker")
        await page.click("#heard")
        await expect(page.locator(".speaker-test")).to_have_attribute("data-heard", "good")
        await page.screenshot(path=artefacts / "check-phone.png", full_page=True)


async def test_the_chosen_speaker_plays_the_sound_and_the_call() -> None:
    """Where the browser lets it be chosen, by its id."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script(
            """
            window.playedOn = [];
            const setSinkId = HTMLMediaElement.prototype.setSinkId;
            HTMLMediaElement.prototype.setSinkId = function (id) {
                window.playedOn.push(id);
                return setSinkId.call(this, id);
            };
            """
        )
        await page.goto(server.url)
        await page.click("#choice-without-emotion")
        options = page.locator("#speaker-choice option")
        await expect(options.nth(2)).to_be_attached()
        chosen = await options.nth(2).get_attribute("value")
        assert chosen
        await page.select_option("#speaker-choice", chosen)
        await page.click("#test-speaker")
        await expect(page.locator("#heard")).to_be_visible(timeout=10_000)
        assert await page.evaluate("playedOn.at(-1)") == chosen
        await page.evaluate("playedOn = []")
        await page.click("#start-call")
        await server.desk.connected_call()
        await page.wait_for_function("() => playedOn.length > 0")
        assert await page.evaluate("playedOn.at(-1)") == chosen


async def test_a_microphone_that_brings_something_is_said_to() -> None:
    """Chromium's own test sound is loud enough for a voice."""
    async with serving_pages() as server, opened_page() as page:
        await page.goto(server.url)
        await page.click("#choice-without-emotion")
        await expect(page.locator("#voice-heard")).to_have_text("We can hear you.")


FAULTS = {
    "NotAllowedError": "blocked",
    "NotFoundError": "not to be found",
    "NotReadableError": "in use by another program",
}


async def test_why_devices_cannot_be_had_is_said_with_what_to_do() -> None:
    """One sentence for each reason, and the way on in writing; trying again asks the browser again."""
    async with serving_pages() as server, chromium() as browser:
        for error, words in FAULTS.items():
            page = await browser.new_page()
            await page.add_init_script(
                f"window.asked = 0; navigator.mediaDevices.getUserMedia = async () => "
                f"{{ asked++; throw new DOMException('no', '{error}'); }};"
            )
            await page.goto(server.url)
            await page.click("#choice-without-emotion")
            await expect(page.get_by_role("alert")).to_contain_text(words)
            await expect(page.get_by_role("alert")).to_contain_text("in writing")
            await expect(page.locator("#start-call")).to_have_text("Start, in writing")
            before = await page.evaluate("asked")
            await page.get_by_role("button", name="Try again").click()
            await page.wait_for_function(f"() => asked > {before}")
            await page.close()


async def test_a_browser_without_webrtc_is_told_before_it_asks_for_anything() -> None:
    """What is missing and where it is to be had; the choices that lead nowhere cannot be pressed."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script("delete window.RTCPeerConnection")
        await page.goto(server.url)
        await expect(page.locator("[data-lack=call]")).to_contain_text("no WebRTC")
        await expect(page.locator("#choice-agree")).to_be_disabled()
        await page.click("#choice-leave")
        await expect(page.locator("h1")).to_have_text("Goodbye")


async def test_a_page_over_http_calls_in_writing_and_says_why() -> None:
    """Browsers give no camera to an address that is not secure; what works is said, and works."""
    async with serving_pages() as server, chromium(resolve="calls.test") as browser:
        page = await browser.new_page()
        await page.goto(server.url.replace("127.0.0.1", "calls.test"))
        assert await page.evaluate("isSecureContext") is False
        await expect(page.locator("[data-lack=devices]")).to_contain_text("https://")
        await page.click("#choice-without-emotion")
        await expect(page.locator("#start-call")).to_have_text("Start, in writing")
        await page.click("#start-call")
        await server.desk.connected_call()
        await expect(page.locator("#chat-input")).to_be_visible(timeout=15_000)


async def test_the_line_tells_how_long_it_may_take() -> None:
    """As far as the agent can tell."""
    async with serving_pages() as server, opened_page() as page:
        server.desk.full, server.desk.wait_s = True, 170
        await page.goto(server.url)
        await page.click("#choice-without-emotion")
        await page.click("#start-call")
        await expect(page.locator("#waiting .place")).to_have_text("You are number 2 in line.")
        await expect(page.locator("#waiting .estimate")).to_have_text("Probably about 3 minutes.")
