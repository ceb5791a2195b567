"""The call as a customer has it on a phone: presence, one conversation, and what is sent beside words."""

import asyncio
import re

import pytest
from playwright.async_api import FilePayload, Page, ViewportSize, expect

from agent.core.lifecycle import CallState
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    Caption,
    Chat,
    DeviceState,
    MouthMoves,
)
from tests.browser.page_server import NOTED, PageServer, ScriptedCall, opened_page, serving_pages
from tests.browser.test_customer_page import call_from
from tests.pictures_sent import ARTIST, photo_with_place, two_halves

pytestmark = pytest.mark.timeout(60)

PHONE = ViewportSize(width=390, height=844)
HTML = "<img src=x onerror=\"window.broken=1\"><script>window.broken=1</script><b>bold</b> & 'co'"
OPENING = "document.querySelector('.lips').getBBox().height"


async def eventually(page: Page, expression: str) -> None:
    """Until it is true in the page, whose policy lets no string become code of its own."""
    async with asyncio.timeout(5):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.03)


async def phone_call(page: Page, server: PageServer) -> ScriptedCall:
    await page.set_viewport_size(PHONE)
    return await call_from(page, server)


async def test_presence_tells_what_the_agent_does() -> None:
    """In drawing and in words: listening, thinking, speaking, held, a person; and the lips move as they are told."""
    async with serving_pages() as server, opened_page() as page:
        call = await phone_call(page, server)
        presence = page.locator(".presence")
        await expect(presence).to_have_attribute("data-presence", "listening")
        closed = await page.evaluate(OPENING)
        await page.fill("#chat-input", "Where is my order?")
        await page.press("#chat-input", "Enter")
        await expect(presence).to_have_attribute("data-presence", "thinking")
        await expect(page.locator("#call-state")).to_have_text("Thinking…")
        call.show(AgentSpeaking(active=True))
        call.show(MouthMoves(shapes=("open",), at_ms=(0,)))
        await expect(presence).to_have_attribute("data-presence", "speaking")
        await eventually(page, f"{OPENING} > {closed} + 10")
        call.show(MouthMoves(shapes=(), at_ms=()))
        call.show(AgentSpeaking(active=False))
        await eventually(page, f"{OPENING} < {closed} + 1")
        for state, shown in ((CallState.HELD, "held"), (CallState.TAKEN_OVER, "staff")):
            call.show(CallStateChanged(state=state))
            await expect(presence).to_have_attribute("data-presence", shown)
        await expect(page.locator("#ask-person")).to_be_disabled()


async def test_for_who_wants_no_motion_nothing_moves() -> None:
    """The state stands in words; the figure keeps still, whatever is told of its lips."""
    async with serving_pages() as server, opened_page() as page:
        await page.emulate_media(reduced_motion="reduce")
        call = await phone_call(page, server)
        before = await page.get_attribute(".lips", "d")
        call.show(AgentSpeaking(active=True))
        call.show(MouthMoves(shapes=("open",), at_ms=(0,)))
        await expect(page.locator("#call-state")).to_have_text("Speaking")
        await page.wait_for_timeout(400)
        assert await page.get_attribute(".lips", "d") == before
        moving = "document.getAnimations().filter((one) => one.playState === 'running').length"
        assert await page.evaluate(moving) == 0


async def test_what_is_not_final_is_told_apart_and_html_is_text() -> None:
    """Words on their way are grey and end in dots; what looks like HTML is shown as it was said, on both sides."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        call = await phone_call(page, server)
        call.show(Caption(id="said-1", speaker="customer", text="where is", final=False))
        words = page.locator("#captions .line .words")
        await expect(page.locator("#captions .line")).to_have_class(re.compile("partial"))
        grey = await words.evaluate("(element) => getComputedStyle(element).color")
        call.show(Caption(id="said-1", speaker="customer", text="where is my order", final=True))
        await expect(words).to_have_text("where is my order")
        assert await words.evaluate("(element) => getComputedStyle(element).color") != grey
        call.show(Caption(id="r1", speaker="agent", text=HTML, because=(HTML,)))
        await page.fill("#chat-input", HTML)
        await page.press("#chat-input", "Enter")
        heard = await call.told(Chat)
        assert isinstance(heard, Chat) and heard.text == HTML
        await expect(words).to_have_text(["where is my order", HTML, HTML])
        assert await page.evaluate("window.broken") is None
        assert await page.locator("#captions script, #captions b, #captions img").count() == 0
    assert complaints == []


async def test_a_message_that_is_too_long_is_refused_before_it_is_sent() -> None:
    """Ten thousand characters are not cut off in silence: they stay, with words on why; what fits then goes."""
    async with serving_pages() as server, opened_page() as page:
        call = await phone_call(page, server)
        await page.fill("#chat-input", "x" * 1_950)
        await expect(page.locator("#chat-length")).to_have_text("50 characters left")
        await page.fill("#chat-input", "x" * 10_000)
        await page.press("#chat-input", "Enter")
        await expect(page.locator("#chat-length")).to_contain_text("2,000 characters; this one has 10,000")
        assert len(await page.input_value("#chat-input")) == 10_000
        assert await page.locator("#captions .line").count() == 0
        await page.fill("#chat-input", "short")
        await expect(page.locator("#chat-length")).to_have_text("")
        await page.press("#chat-input", "Enter")
        heard = await call.told(Chat)
        assert isinstance(heard, Chat) and heard.text == "short"


async def test_a_long_chat_stays_at_its_newest_line_until_one_scrolls_back() -> None:
    """A hundred lines scroll by themselves; who reads above is not pulled down."""
    async with serving_pages() as server, opened_page() as page:
        call = await phone_call(page, server)
        for number in range(100):
            call.show(Caption(id=f"r{number}", speaker="agent", text=f"Line {number} of a long answer"))
        newest = page.locator("#captions .line").last
        await expect(newest).to_contain_text("Line 99")
        await expect(newest).to_be_in_viewport()
        await page.locator("#captions").hover()
        await page.mouse.wheel(0, -2_000)
        await expect(newest).not_to_be_in_viewport()
        call.show(Caption(id="r100", speaker="agent", text="Line 100 of a long answer"))
        await expect(page.locator("#captions .line").last).to_contain_text("Line 100")
        await expect(page.locator("#captions .line").last).not_to_be_in_viewport()


async def test_a_picture_is_looked_at_before_it_is_sent_and_comes_back_clean() -> None:
    """The page asks first, sends it without what the camera wrote into it, and shows what the agent made of it."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await phone_call(page, server)
        photo = FilePayload(name="IMG.jpg", mimeType="image/jpeg", buffer=photo_with_place(two_halves(), orientation=6))
        await page.set_input_files("#picture-input", photo)
        await page.click("#picture-drop")
        await expect(page.locator("#picture-send")).to_have_count(0)
        assert server.desk.attachments.pictures == []
        await page.set_input_files("#picture-input", photo)
        await expect(page.locator("#picture-send")).to_be_focused()
        await page.keyboard.press("Enter")
        shown = page.locator(".sent-picture")
        await expect(shown).to_be_in_viewport()
        width, height = two_halves().shape[:2]
        sides = "(image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
        assert await shown.evaluate(sides) == [width, height], "it does not stand upright"
        (sent,) = server.desk.attachments.pictures
        assert sent.startswith(b"\xff\xd8\xff") and ARTIST not in sent
    assert complaints == []


async def test_what_is_no_picture_is_refused_in_words() -> None:
    """A page named as a photo is not even sent."""
    async with serving_pages() as server, opened_page() as page:
        await phone_call(page, server)
        page_as_photo = FilePayload(
            name="photo.jpg", mimeType="image/jpeg", buffer=b"<!doctype html><script>1</script>"
        )
        await page.set_input_files("#picture-input", page_as_photo)
        await expect(page.get_by_role("alert")).to_contain_text("cannot be shown as a picture")
        assert server.desk.attachments.pictures == []


async def test_while_a_note_is_recorded_the_agent_hears_nothing_and_then_its_words_are_there() -> None:
    """The line is muted for the note, and has its microphone again; one that is discarded is not sent."""
    async with serving_pages() as server, opened_page() as page:
        call = await phone_call(page, server)
        await page.click("#note-start")
        await expect(page.locator("#note-send")).to_be_focused()
        while (told := await call.told(DeviceState)) and isinstance(told, DeviceState) and told.microphone:
            pass
        await expect(page.locator(".note-time")).to_contain_text("0:01", timeout=5_000)
        await page.click("#note-drop")
        await expect(page.locator("#mute")).to_have_text("Mute")
        assert server.desk.attachments.notes == []
        await page.click("#note-start")
        await expect(page.locator(".note-time")).to_contain_text("0:01", timeout=5_000)
        await page.click("#note-send")
        await expect(page.locator("#captions .line.customer .words")).to_have_text(NOTED)
        (note,) = server.desk.attachments.notes
        assert note[:4] == b"\x1a\x45\xdf\xa3", "Chromium records WebM"


async def test_on_a_phone_all_of_the_call_is_in_reach() -> None:
    """Five buttons, the line to write on, the newest words and oneself fit without scrolling sideways; with the
    keyboard open the words and the line stay, and muting, the camera and asking for a person work by touch."""
    async with serving_pages() as server, opened_page() as page:
        call = await phone_call(page, server)
        call.show(Caption(id="r1", speaker="agent", text="Good morning. How can I help you?"))
        for selector in ("#mute", "#camera", "#ask-person", "#end-call", "#chat-input", ".self-view", "#analysis"):
            await expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        sides = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert sides[0] <= sides[1]
        for selector in (
            "#mute",
            "#camera",
            "#ask-person",
            "#end-call",
            "#chat-send",
            "#picture-choose",
            "#note-start",
        ):
            box = await page.locator(selector).bounding_box()
            assert box is not None and min(box["width"], box["height"]) >= 44, (selector, box)
        await page.click("#camera")
        await expect(page.locator(".self-view")).to_contain_text("Camera off")
        await page.click("#mute")
        await expect(page.locator("#mute")).to_have_text("Unmute")
        await page.click("#ask-person")
        asked = await call.told(Chat)
        assert isinstance(asked, Chat) and "person" in asked.text
        await page.set_viewport_size({"width": 390, "height": 400})
        for selector in ("#chat-input", "#chat-send"):
            await expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        await expect(page.locator("#captions .line").last).to_be_in_viewport()
