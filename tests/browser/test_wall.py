"""The wall of calls in a real browser: by need, filtered, with small pictures on demand, and alerts for everybody."""

import asyncio
import time

import cv2
import msgspec
import numpy as np
import pytest
from playwright.async_api import Page, expect

from agent.core.alerts import AlertKind
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    CallSummary,
    GlimpseHeader,
    Served,
    Service,
    encode_picture,
)
from tests.browser.page_server import PageServer, opened_page, serving_pages
from tests.browser.test_supervisor_page import summary

pytestmark = pytest.mark.timeout(90)


def alert(call_id: str, *, urgent: bool = False) -> Alert:
    evidence = AlertEvidence(words="asked twice", at=time.time() - 20, seqs=(4, 7))
    return Alert(
        id=f"{call_id}-1",
        call_id=call_id,
        kind=AlertKind.PERSON_ASKED,
        urgent=urgent,
        since=time.time() - 20,
        evidence=(evidence,),
    )


def crowd(count: int) -> list[CallSummary]:
    """Every other one is in Chinese; the last one's hands and face may not be read."""
    calls = [
        msgspec.structs.replace(
            summary(f"{number:04d}"),
            started_at=time.time() - 100 + number,
            locale="zh-CN" if number % 2 else "en-GB",
            last_intent="return_item" if number % 3 == 0 else None,
        )
        for number in range(count)
    ]
    return [*calls[:-1], msgspec.structs.replace(calls[-1], purposes=("speech",))]


async def opened_wall(page: Page, server: PageServer, calls: list[CallSummary]) -> None:
    for call in calls:
        server.hub.put_call(call)
    await page.goto(server.supervisor_url)
    await expect(page.locator(".call-row")).to_have_count(len(calls))


async def order(page: Page) -> list[str]:
    ids: list[str] = await page.locator(".call-row").evaluate_all("rows => rows.map(row => row.dataset.callId)")
    return ids


async def test_who_asks_for_a_person_comes_first_but_not_under_the_pointer() -> None:
    """A call with an alert goes to the front; while somebody points at the wall nothing moves."""
    async with serving_pages() as server, opened_page() as page:
        await opened_wall(page, server, crowd(6))
        server.hub.put_alerts("0004", (alert("0004"),))
        await expect(page.locator(".call-row").first).to_have_attribute("data-call-id", "0004")
        await expect(page.locator(".call-row").first).to_contain_text("asks for a person")
        await page.hover(".call-row >> nth=2")
        before = await order(page)
        server.hub.put_alerts("0005", (alert("0005", urgent=True),))
        await expect(page.locator(".call-row[data-call-id='0005']")).to_contain_text("asks for a person")
        assert await order(page) == before
        await page.mouse.move(1, 1)
        await expect(page.locator(".call-row").first).to_have_attribute("data-call-id", "0005")


async def test_an_alert_is_seen_to_by_one_supervisor_and_another_sees_who() -> None:
    """It says why and counts in the tab's title; once somebody sees to it, it counts for nobody, and stays on show."""
    async with serving_pages() as server, opened_page() as first:
        await opened_wall(first, server, crowd(3))
        server.hub.put_alerts("0001", (alert("0001", urgent=True),))
        assert first.context.browser is not None
        second = await first.context.browser.new_page()
        await second.goto(server.supervisor_url)
        for page in (first, second):
            await expect(page.locator(".alert")).to_contain_text("Call 0001 asks for a person, urgently")
            await expect(page.locator(".alert .evidence")).to_have_text("asked twice (signals 4, 7)")
            await expect(page).to_have_title("(1) Live calls")
        await first.click(".alert .acknowledge")
        for page in (first, second):
            await expect(page.locator(".alert .acknowledged")).to_contain_text("sees to it")
            await expect(page.locator(".alert .acknowledge")).to_have_count(0)
            await expect(page).to_have_title("Live calls")
        server.hub.put_alerts("0001", ())
        await expect(second.locator(".alert")).to_have_count(0)


async def test_filters_and_arrows() -> None:
    """What is shown can be narrowed down, and calls are reached by arrow keys and opened with Enter."""
    async with serving_pages() as server, opened_page() as page:
        await opened_wall(page, server, crowd(6))
        await page.select_option("#filter-language", "zh")
        await expect(page.locator(".call-row")).to_have_count(3)
        await page.select_option("#filter-intent", "return_item")
        await expect(page.locator("#fullness")).to_have_text("1 of 6 calls shown")
        await page.click("#clear-filters")
        await page.fill("#search-call", "0003")
        await expect(page.locator(".call-row")).to_have_count(1)
        await page.fill("#search-call", "")
        await page.focus(".call-row >> nth=0")
        await page.keyboard.press("ArrowRight")
        second = (await order(page))[1]
        await expect(page.locator(f".call-row[data-call-id='{second}']")).to_be_focused()
        await page.keyboard.press("Enter")
        async with asyncio.timeout(10):
            while not server.hub.pictured(second):
                await asyncio.sleep(0.02)


async def test_small_pictures_are_drawn_only_while_they_are_wanted_and_never_of_who_is_not_to_be_seen() -> None:
    """They are asked for with one click, drawn as they come, and asked for no more with another."""
    async with serving_pages() as server, opened_page() as page:
        await opened_wall(page, server, crowd(3))
        assert not server.hub.glanced("0000")
        await page.click("#small-pictures")
        async with asyncio.timeout(10):
            while not (server.hub.glanced("0000") and server.hub.glanced("0001")):
                await asyncio.sleep(0.02)
        assert not server.hub.glanced("0002")
        jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
        header = GlimpseHeader(call_id="0001", frame_id=3, captured_at=time.time())
        server.hub.publish_glimpse("0001", encode_picture(header, jpeg))
        await expect(page.locator("[data-call-id='0001'] .glimpse[data-drawn]")).to_be_visible()
        await page.click("#small-pictures")
        await expect(page.locator(".glimpse")).to_have_count(0)
        async with asyncio.timeout(10):
            while server.hub.glanced("0001"):
                await asyncio.sleep(0.02)


async def test_how_customers_are_served_stands_above_the_wall() -> None:
    """Capacity, who waits and for how long, who was answered in time, and what is wrong, in words."""
    async with serving_pages() as server, opened_page() as page:
        await opened_wall(page, server, crowd(2))
        server.hub.put_service(
            Service(
                rated=8,
                in_use=2,
                free_share=0.75,
                in_line=2,
                waiting_since=time.time() - 65,
                answered_within_s=20,
                last_hour=Served(customers=8, in_time=6, given_up=1),
                last_day=Served(customers=0, in_time=0, given_up=0),
                faults=("the archive takes nothing",),
            )
        )
        strip = page.locator("#service")
        for words in ("25 %", "longest 1:0", "75 %", "of 8 within 20 s, 1 gave up", "the archive takes nothing"):
            await expect(strip).to_contain_text(words)


async def test_a_hundred_calls_fit() -> None:
    """The wall of a large centre neither scrolls sideways nor loses a call."""
    async with serving_pages() as server, opened_page() as page:
        await opened_wall(page, server, crowd(100))
        await page.click("#dense")
        await expect(page.locator(".wall.dense")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await expect(page.locator("#fullness")).to_have_text("100 calls")
