"""A customer who is recorded reads so all the time, in their language and on a telephone, and can stop it."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent.core.consent import Purpose
from agent.core.lifecycle import CallState
from agent.core.settings import PrivacySettings
from agent.transport.messages import CallStateChanged, Welcome, WithdrawConsent
from tests.browser.page_server import ScriptedCall, ScriptedDesk, opened_page, serving_pages
from tests.browser.test_supervisor_page import summary

pytestmark = pytest.mark.timeout(90)

RECORDS = PrivacySettings(recording=True)
PHONE = {"width": 360, "height": 740}


async def called(page: Page, url: str, desk: ScriptedDesk) -> ScriptedCall:
    """A call whose customer ticks the box, which is empty at first."""
    await page.goto(url)
    box = page.locator("#also-recording")
    await expect(box).not_to_be_checked()
    await box.check()
    await page.click("#choice-without-emotion")
    await page.click("#start-call")
    call = await desk.connected_call()
    assert call.consent.allows(Purpose.RECORDING)
    call.show(CallStateChanged(state=CallState.CONNECTED))
    return call


def tell(call: ScriptedCall, *, recorded: bool, still_agreed: bool = True) -> None:
    """What the agent says of the call."""
    purposes = call.consent if still_agreed else call.consent.without(Purpose.RECORDING)
    analysis = tuple(sorted(purposes.purposes))
    call.show(Welcome(call_id=call.ticket.call_id, analysis=analysis, recorded=recorded))


@pytest.mark.parametrize(
    ("query", "on", "stopped"),
    [("", "Being recorded", "stopped and deleted"), ("?lang=zh", "正在录制", "已停止并删除")],
)
async def test_it_is_told_in_words_and_can_be_stopped(query: str, on: str, stopped: str, artefacts: Path) -> None:
    """Beside all else on a telephone, nothing hidden behind it; stopping is told at once, and holds for the next call
    of the page, too."""
    async with serving_pages(RECORDS) as server, opened_page() as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        call = await called(page, f"{server.url}/{query}", server.desk)
        chip = page.locator("#recording summary")
        await expect(page.locator("#call-state")).to_be_visible()
        await expect(chip).to_have_count(0)
        tell(call, recorded=True)
        await expect(chip).to_have_text(on)
        await expect(page.locator("#analysis")).not_to_have_attribute("data-purposes", "recording")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await chip.focus()
        await page.keyboard.press("Enter")
        await page.screenshot(path=artefacts / f"recorded{query[-3:]}.png")
        await page.locator("#stop-recording").press("Enter")
        withdrawn = await call.told(WithdrawConsent)
        assert isinstance(withdrawn, WithdrawConsent) and withdrawn.purposes == ("recording",)
        tell(call, recorded=False, still_agreed=False)
        await expect(chip).to_have_count(0)
        await expect(page.locator(".notices")).to_contain_text(stopped)
        kept = json.loads(await page.evaluate("sessionStorage.getItem('agent-call')"))
        assert kept["agreed"]["also"] == []
        await page.screenshot(path=artefacts / f"recording-stopped{query[-3:]}.png")


async def test_a_recording_that_a_fault_ended_is_not_said_to_go_on(artefacts: Path) -> None:
    """What was recorded until then can still be deleted."""
    async with serving_pages(RECORDS) as server, opened_page() as page:
        call = await called(page, server.url, server.desk)
        tell(call, recorded=True)
        await expect(page.locator("#recording summary")).to_have_text("Being recorded")
        tell(call, recorded=False)
        await expect(page.locator("#recording summary")).to_have_text("Recording interrupted")
        await page.locator("#recording summary").click()
        await expect(page.locator("#recording")).to_contain_text("ended before the call did")
        await page.screenshot(path=artefacts / "recording-interrupted.png")
        await page.click("#stop-recording")
        await call.told(WithdrawConsent)


async def test_who_watches_reads_that_the_customer_agreed_to_it(artefacts: Path) -> None:
    """Beside the call, and not beside one whose customer did not."""
    async with serving_pages() as server, opened_page() as page:
        for call_id, also in (("4f9ab27c11aa", ("recording",)), ("5a0bc38d22bb", ())):
            server.hub.put_call(summary(call_id, purposes=("speech", "gesture", *also)))
        await page.goto(server.supervisor_url)
        await page.click(".call-row[data-call-id='4f9ab27c11aa']")
        agreed = page.locator(".watch-header", has_text="customer agreed to a recording")
        await expect(agreed).to_be_visible()
        await page.screenshot(path=artefacts / "watching-recorded.png")
        await page.click(".call-row[data-call-id='5a0bc38d22bb']")
        await expect(agreed).to_have_count(0)
