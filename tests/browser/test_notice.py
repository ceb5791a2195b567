"""The notice in a real browser: what is kept and for how long, a yes of its own, and taking back and giving again."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from agent.core.consent import EMOTION, Purpose
from agent.core.settings import PrivacySettings
from agent.transport.messages import GiveConsent, Welcome, WithdrawConsent
from tests.browser.page_server import opened_page, serving_pages

pytestmark = pytest.mark.timeout(90)

PHONE = {"width": 360, "height": 740}
ASKS_FOR_ALL = PrivacySettings(replay=True, controller="Example Ltd", contact="privacy@shop.example")


@pytest.mark.parametrize(
    ("query", "kept", "language"), [("", "deleted after 30 days", "en"), ("?lang=zh-CN", "30 天后删除", "zh")]
)
async def test_what_is_kept_and_for_how_long_is_one_press_away(
    query: str, kept: str, language: str, artefacts: Path
) -> None:
    """Folded away until it is asked for, in the customer's language, and no wider than a telephone."""
    async with serving_pages(ASKS_FOR_ALL) as server, opened_page() as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await page.goto(f"{server.url}/{query}")
        more = page.locator("#notice-more")
        await expect(more.get_by_text(kept)).to_be_hidden()
        await more.locator("summary").click()
        await expect(more.get_by_text(kept)).to_be_visible()
        await expect(more.get_by_text("privacy@shop.example")).to_be_visible()
        await expect(page.locator(".notice")).to_have_attribute("lang", language)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.screenshot(path=artefacts / f"notice-{language}.png", full_page=True)


@pytest.mark.parametrize("ticked", [True, False])
async def test_points_are_kept_only_after_a_tick(ticked: bool) -> None:
    """The box is empty at first; what is ticked is part of the consent of the call."""
    async with serving_pages(ASKS_FOR_ALL) as server, opened_page() as page:
        await page.goto(server.url)
        box = page.locator("#also-replay")
        await expect(box).not_to_be_checked()
        if ticked:
            await box.check()
        await page.click("#choice-without-emotion")
        await page.click("#start-call")
        call = await server.desk.connected_call()
        assert call.consent.allows(Purpose.REPLAY) is ticked


async def test_without_emotion_there_is_one_way_on(artefacts: Path) -> None:
    """And nothing on the page of the call offers to turn on what is not there."""
    async with serving_pages(PrivacySettings(emotion=False)) as server, opened_page() as page:
        await page.goto(server.url)
        await expect(page.locator(".choice")).to_have_count(2)
        await page.screenshot(path=artefacts / "notice-without-emotion.png", full_page=True)
        await page.click("#choice-without-emotion")
        await page.click("#start-call")
        call = await server.desk.connected_call()
        call.show(Welcome(call_id="c", analysis=call.ticket.purposes))
        await page.click("#analysis summary")
        await expect(page.locator(".analysis-sheet")).to_contain_text("hand signs")
        await expect(page.locator("#allow-emotion")).to_have_count(0)


async def test_emotion_can_be_allowed_again_and_a_refusal_is_said(artefacts: Path) -> None:
    """The agent's word decides what the page shows: first that there is no time for it, then that it is on."""
    async with serving_pages() as server, opened_page() as page:
        await page.goto(server.url)
        await page.click("#choice-agree")
        await page.click("#start-call")
        call = await server.desk.connected_call()
        everything, rest = call.ticket.purposes, tuple(sorted({Purpose.SPEECH, Purpose.GESTURE}))
        call.show(Welcome(call_id="c", analysis=everything))
        await page.click("#analysis summary")
        await page.click("#withdraw-emotion")
        assert isinstance(await call.told(WithdrawConsent), WithdrawConsent)
        call.show(Welcome(call_id="c", analysis=rest))
        await page.click("#allow-emotion")
        asked = await call.told(GiveConsent)
        assert isinstance(asked, GiveConsent) and set(asked.purposes) == EMOTION
        call.show(Welcome(call_id="c", analysis=rest))
        await expect(page.locator(".analysis-sheet [role=alert]")).to_contain_text("not possible right now")
        await page.screenshot(path=artefacts / "emotion-refused.png")
        await page.click("#allow-emotion")
        call.show(Welcome(call_id="c", analysis=everything))
        await expect(page.locator("#analysis summary")).to_have_text("Emotion analysis on")
        await expect(page.locator(".analysis-sheet [role=alert]")).to_have_count(0)
