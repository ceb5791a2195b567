"""The page on which speech recognition can be tried, in a real browser against the real HTTP side."""

import pytest
from playwright.async_api import Page, expect

from agent.core.errors import NotMedia
from tests.browser.page_server import opened_page, serving_pages
from tests.transport.conftest import API_KEY

pytestmark = pytest.mark.timeout(60)

FILE = {"name": "talk.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}


async def read_file(page: Page) -> None:
    await page.set_input_files("#file", FILE)  # type: ignore[arg-type]
    await page.click("#read-file")


async def test_a_file_becomes_words_and_no_policy_is_violated() -> None:
    """With the key typed in, the chosen file comes back in the chosen form; the key is kept nowhere."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await page.goto(f"{server.url}/transcribe")
        await expect(page.locator("#read-file")).to_be_disabled()
        await page.fill("#key", API_KEY)
        await page.select_option("#form", "srt")
        await read_file(page)
        await expect(page.locator("#words")).to_contain_text("00:00:00,500 --> 00:00:02,250")
        assert server.scribe.asked[0][0] == b"RIFF"
        assert await page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    assert complaints == []


async def test_the_microphone_is_recorded_and_let_go() -> None:
    """A second press ends the recording, sends it, and shows what was said."""
    async with serving_pages() as server, opened_page() as page:
        await page.goto(f"{server.url}/transcribe")
        await page.fill("#key", API_KEY)
        await page.click("#record")
        await expect(page.locator("#record")).to_have_text("Stop and transcribe")
        await page.click("#record")
        await expect(page.locator("#words")).to_contain_text("Hello there.")
        sent, _ = server.scribe.asked[0]
        assert sent.startswith(b"\x1aE\xdf\xa3"), "no Matroska file"


async def test_what_is_wrong_is_said_in_words() -> None:
    """A wrong key, a file without sound and a refused microphone are each told where the words would be."""
    async with serving_pages() as server, opened_page(devices_allowed=False) as page:
        await page.goto(f"{server.url}/transcribe")
        await page.fill("#key", "some-other-key-0")
        await read_file(page)
        await expect(page.get_by_role("alert")).to_contain_text("No valid API key")
        await page.fill("#key", API_KEY)
        server.scribe.fails = NotMedia("this file holds no sound that can be decoded")
        await read_file(page)
        await expect(page.get_by_role("alert")).to_have_text("This file holds no sound that can be decoded.")
        await page.click("#record")
        await expect(page.get_by_role("alert")).to_contain_text("The microphone cannot be used.")
