"""After a call, on the real agent and on a scripted one: the survey, and having or deleting what was kept of it."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from agent.core.lifecycle import EndReason
from tests.browser.calling import called
from tests.browser.conftest import chromium
from tests.browser.page_server import PageServer, opened_page, serving_pages
from tests.browser.test_customer_page import call_from
from tests.serving import RunningAgent

pytestmark = pytest.mark.timeout(120)

PHONE = {"width": 390, "height": 844}


def kept_rows(agent: RunningAgent, table: str, call_id: str) -> int:
    """What the archive of a running agent holds of a call."""
    of_call = "id" if table == "calls" else "call_id"
    with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table} WHERE {of_call} = ?", (call_id,)).fetchone()[0]
    assert isinstance(found, int)
    return found


async def ended_call(page: Page) -> None:
    await page.click("#end-call")
    await expect(page.locator("#ended")).to_have_attribute("data-reason", EndReason.CUSTOMER_LEFT.value)


async def answer_survey(page: Page, score: int, *, resolved: bool, words: str) -> None:
    await page.locator(f"#survey input[name=score][value='{score}']").check()
    await page.locator("#survey input[name=resolved]").nth(0 if resolved else 1).check()
    await page.fill("#survey-words", words)
    await page.click("#send-survey")


async def downloaded(page: Page, button: str) -> dict[str, Any]:
    async with page.expect_download() as saving:
        await page.click(button)
    saved: dict[str, Any] = json.loads((await (await saving.value).path()).read_text())
    return saved


async def test_survey_download_and_deletion_reach_the_archive(agent: RunningAgent) -> None:
    """A guest rates the call, has it as a file with their own words in it, deletes it, and gets that signed; then
    nothing of it is in the archive."""
    async with chromium() as browser:
        page = await called(browser, agent, "#choice-without-emotion")
        await page.fill("#chat-input", "Where is my parcel of kettles?")
        await page.press("#chat-input", "Enter")
        answered = page.locator("#captions [data-speaker=customer] ~ [data-speaker=agent]").first
        await expect(answered).to_be_visible(timeout=20_000)
        await ended_call(page)
        await answer_survey(page, 4, resolved=True, words="quick & <b>kind</b>")
        await expect(page.locator("#survey")).to_have_attribute("data-state", "thanks")

        saved = await downloaded(page, "#download-data")
        [call] = saved["calls"]
        assert any("parcel of kettles" in said["text"] for said in call["utterances"])
        [survey] = call["surveys"]
        assert (survey["score"], survey["resolved"], survey["text"]) == (4, 1, "quick & <b>kind</b>")
        assert kept_rows(agent, "surveys", call["id"]) == 1

        await page.click("#erase-data")
        assert kept_rows(agent, "calls", call["id"]) == 1, "asking deletes nothing"
        await page.click("#erase-now")
        certificate = await downloaded(page, "#save-certificate")
        assert certificate["calls"] == [call["id"]]
        assert certificate["signature"]
        for table in ("calls", "utterances", "surveys", "consents", "call_keys"):
            assert kept_rows(agent, table, call["id"]) == 0, table
        await expect(page.locator("#survey")).to_have_count(0)


async def test_survey_by_keyboard_alone() -> None:
    """Arrows choose, the tabulator goes on, Enter sends; what is missing is said, and the thanks get the focus."""
    async with serving_pages() as server, opened_page() as page:
        await call_from(page, server, choice="#choice-without-emotion")
        await ended_call(page)
        await page.focus("#send-survey")
        await page.keyboard.press("Enter")
        await expect(page.locator("#survey [role=alert]")).to_contain_text("choose from 1 to 5")
        assert server.own_data.surveys == []
        await page.focus("#survey input[name=score]")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("radio", name="3: Neither")).to_be_checked()
        await expect(page.locator("#survey [role=alert]")).to_have_count(0)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.type("ok")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#survey [role=status]")).to_be_focused()
        [(_, score, resolved, text)] = server.own_data.surveys
        assert (score, resolved, text) == (3, True, "ok")


async def test_survey_can_be_left_out() -> None:
    """Nothing is sent, and it is not asked again."""
    async with serving_pages() as server, opened_page() as page:
        await call_from(page, server, choice="#choice-without-emotion")
        await ended_call(page)
        await page.click("#skip-survey")
        await expect(page.locator("#survey")).to_have_attribute("data-state", "skipped")
        await expect(page.locator("#send-survey")).to_have_count(0)
        assert server.own_data.surveys == []


async def test_no_survey_where_there_was_no_call(agent: RunningAgent) -> None:
    """Who leaves at the notice is asked nothing."""
    async with opened_page() as page:
        await page.goto(agent.url)
        await page.click("#choice-leave")
        await expect(page.locator("h1")).to_have_text("Goodbye")
        await expect(page.locator("#survey, #own-data")).to_have_count(0)


@pytest.mark.parametrize(("query", "again"), [("", "try again"), ("?lang=zh", "稍后再试")], ids=["en", "zh"])
async def test_what_goes_wrong_is_said_and_can_be_tried_again(query: str, again: str, artefacts: Path) -> None:
    """A database that is away loses neither the answer that was written nor the deletion that was asked for."""
    async with serving_pages() as server, opened_page() as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await call_from(page, server, choice="#choice-without-emotion", query=query)
        await ended_call(page)
        server.own_data.fails = True
        await answer_survey(page, 1, resolved=False, words="as it is")
        await expect(page.locator("#survey [role=alert]")).to_be_visible()
        await expect(page.locator("#survey-words")).to_have_value("as it is")
        await page.click("#erase-data")
        await page.click("#erase-now")
        await expect(page.locator("#own-data [role=alert]")).to_contain_text(again)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.screenshot(path=artefacts / f"after-call-{'zh' if query else 'en'}.png", full_page=True)
        server.own_data.fails = False
        await page.click("#send-survey")
        await expect(page.locator("#survey")).to_have_attribute("data-state", "thanks")
        await page.click("#erase-data")
        await page.click("#erase-now")
        await expect(page.locator("#save-certificate")).to_be_visible()
        assert [what for what, _ in server.own_data.asked] == ["survey", "erase call"]


async def test_who_came_by_a_link_has_all_that_is_kept_of_them(agent: RunningAgent) -> None:
    """While the link is good: every call, not this one alone; on the page about what is kept, too."""
    async with chromium() as browser:
        page = await called(browser, agent, "#choice-without-emotion", signed_in=True)
        await ended_call(page)
        await expect(page.locator("#own-data")).to_have_attribute("data-about", "customer")
        async with asyncio.timeout(20):
            # What was said last is written down within seconds.
            while not (saved := await downloaded(page, "#download-data"))["calls"]:
                await asyncio.sleep(0.5)
        assert saved["customer"]
        async with page.context.expect_page() as opening:
            await page.click("#ended .kept-link")
        privacy = await opening.value
        again = await downloaded(privacy, "#download-data")
        assert [call["id"] for call in again["calls"]] == [call["id"] for call in saved["calls"]]
        assert "customer" not in privacy.url


async def privacy_page(page: Page, server: PageServer, query: str) -> None:
    await page.goto(f"{server.url}/privacy{query}")
    await expect(page.locator(".kept")).to_be_visible()


async def test_what_is_kept_can_be_read_at_any_time(artefacts: Path) -> None:
    """At an address of its own, from the notice, in either language; it asks for no device and opens no call."""
    async with serving_pages() as server, opened_page() as page:
        await privacy_page(page, server, "?lang=en")
        await expect(page.locator(".privacy")).to_contain_text("deleted after 1095 days")
        await page.get_by_role("link", name="中文").click()
        await expect(page.locator("h1")).to_have_text("分析和保存哪些内容")
        await expect(page.locator(".privacy")).to_contain_text("1095 天后删除")
        await page.screenshot(path=artefacts / "privacy-zh.png", full_page=True)
        await page.goto(server.url)
        await page.click("#notice-more summary")
        async with page.context.expect_page() as opening:
            await page.locator("#notice-more .kept-link").click()
        assert re.search(r"/privacy$", (await opening.value).url)
        assert server.desk.calls_made == []
