"""What breaks a connection does not break the call: the page comes back into it by itself, or says that it cannot."""

import asyncio
import ctypes
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from agent.media.peer import Peer
from tests.browser.calling import call_id, called
from tests.browser.conftest import chromium
from tests.browser.page_server import opened_page, serving_pages
from tests.browser.test_customer_page import call_from
from tests.serving import RunningAgent

pytestmark = pytest.mark.timeout(180, func_only=True)

CLOCK_OFF = "const real = Date.now; Date.now = () => real() + 3_600_000;"
"""An hour ahead."""
SO_ATTACH_FILTER = 26
"""Of Linux; the socket module has no name for it."""
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A program of one instruction for a socket's filter: keep 0 bytes of each packet (linux/filter.h)."""
ANSWER = "#captions .line[data-speaker=agent]"


async def tell(page: Page, text: str) -> None:
    """Writes a line, which is answered."""
    answers = page.locator(ANSWER)
    before = await answers.count()
    await page.fill("#chat-input", text)
    await page.press("#chat-input", "Enter")
    await expect(answers).not_to_have_count(before, timeout=30_000)


def swallow(peer: Peer) -> None:
    """From now on no packet reaches or leaves the sockets of the connection that is up."""
    assert peer._connection is not None
    sctp: Any = peer._connection._connection.sctp
    program = ctypes.create_string_buffer(DROP_ALL)
    for protocol in sctp.transport.transport._connection._protocols:
        udp = protocol.transport.get_extra_info("socket")
        udp.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))
        protocol.transport.sendto = lambda *packet: None


@asynccontextmanager
async def in_call(agent: RunningAgent) -> AsyncIterator[Page]:
    async with chromium() as browser:
        page = await called(browser, agent, "#choice-without-emotion")
        yield page
        await page.click("#end-call")
        await expect(page.locator("#ended")).to_be_visible()


async def test_a_page_that_is_loaded_again_is_back_in_its_call(agent: RunningAgent) -> None:
    """What was said and written stands there again, it is the same call, and it goes on; nothing said was kept here."""
    async with in_call(agent) as page:
        await tell(page, "Where is my order?")
        before = await call_id(page)
        kept = await page.evaluate("JSON.stringify(sessionStorage)")
        assert "Where is my order?" not in kept
        await page.reload()
        await expect(page.locator("#call-state")).to_be_visible(timeout=30_000)
        await expect(page.locator("#captions")).to_contain_text("Where is my order?", timeout=15_000)
        await expect(page.locator("#captions")).to_contain_text("We were cut off for a moment", timeout=15_000)
        assert await call_id(page) == before
        await tell(page, "What are your opening hours?")


async def test_a_page_that_is_loaded_again_on_its_way_back_is_still_in_its_call(agent: RunningAgent) -> None:
    """Who grows impatient while the page comes back, and loads it once more, has not left."""
    async with in_call(agent) as page:
        before = await call_id(page)
        await page.route("**/whip", lambda _: None)
        await page.reload()
        await expect(page.locator("#returning")).to_be_visible()
        await page.unroute("**/whip")
        await page.reload()
        await expect(page.locator("#call-state")).to_be_visible(timeout=30_000)
        assert await call_id(page) == before


async def test_the_back_button_leads_back_into_the_call(agent: RunningAgent) -> None:
    """Who went to another page by mistake is in the call again on coming back."""
    async with in_call(agent) as page:
        before = await call_id(page)
        await page.goto(f"{agent.url}/privacy")
        await page.go_back()
        await expect(page.locator("#call-state")).to_be_visible(timeout=30_000)
        assert await call_id(page) == before


async def test_a_connection_that_breaks_is_replaced_by_another() -> None:
    """The agent's end of it goes without a word: the page makes another one for the same call by itself."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        assert call.peer is not None and call.peer._connection is not None
        await call.peer._connection._connection.close()
        async with asyncio.timeout(20):
            while call.peer.statistics.connections < 2:
                await asyncio.sleep(0.05)
        await expect(page.locator("#line-banner")).to_have_count(0, timeout=20_000)
        await expect(page.locator("#call-state")).to_be_visible()


async def test_a_network_that_swallows_everything_is_replaced() -> None:
    """Nothing is closed and nobody is told, packets just stop: the page notices, and makes another connection."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        assert call.peer is not None
        swallow(call.peer)
        await expect(page.locator("#line-banner")).to_be_visible(timeout=30_000)
        async with asyncio.timeout(30):
            while call.peer.statistics.connections < 2:
                await asyncio.sleep(0.05)
        await expect(page.locator("#line-banner")).to_have_count(0, timeout=20_000)
        await page.fill("#chat-input", "still here")
        await page.press("#chat-input", "Enter")
        await expect(page.locator("#captions")).to_contain_text("still here")


async def test_a_page_that_was_frozen_goes_on() -> None:
    """As when a phone was put away: nothing ran in the page for a while, and the call is still there."""
    async with serving_pages() as server, opened_page() as page:
        call = await call_from(page, server)
        session = await page.context.new_cdp_session(page)
        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        await session.send("Page.setWebLifecycleState", {"state": "active"})
        assert call.peer is not None
        await expect(page.locator("#call-state")).to_be_visible()
        await page.fill("#chat-input", "still here")
        await page.press("#chat-input", "Enter")
        await expect(page.locator("#captions")).to_contain_text("still here")


async def test_a_clock_that_is_an_hour_off_changes_nothing() -> None:
    """The page's clock is never believed: the call connects, comes back after a reload, and counts its time from 0."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script(CLOCK_OFF)
        call = await call_from(page, server)
        await page.reload()
        await expect(page.locator("#call-state")).to_be_visible(timeout=20_000)
        await expect(page.locator("[role=timer]")).to_have_text(re.compile(r"^0:\d\d$"))
        assert call.peer is not None and call.peer.statistics.connections == 2


async def test_a_copy_of_the_tab_does_not_take_the_call() -> None:
    """Duplicated, a tab has what the first one kept: it says where the call is, and the call stays there."""
    async with serving_pages() as server, chromium() as browser:
        context = await browser.new_context()
        page = await context.new_page()
        call = await call_from(page, server)
        kept = await page.evaluate("sessionStorage.getItem('agent-call')")
        copy = await context.new_page()
        await copy.add_init_script(f"sessionStorage.setItem('agent-call', {kept!r});")
        await copy.goto(server.url)
        await expect(copy.locator("[role=alert]")).to_contain_text("another tab", timeout=10_000)
        assert call.peer is not None and call.peer.statistics.connections == 1


async def test_after_a_restart_one_press_calls_again() -> None:
    """The call is gone with the process, and the page says so; pressed while the service is away, it waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with opened_page() as page:
        async with serving_pages(port=port) as server:
            await call_from(page, server)
        await expect(page.locator("#line-banner[data-standing=lost]")).to_be_visible(timeout=20_000)
        async with serving_pages(port=port):
            await expect(page.locator("#ended")).to_have_attribute("data-reason", "not_resumed", timeout=30_000)
            await expect(page.locator("#ended")).to_contain_text("does not know what was said")
        await page.click("#call-again")
        await expect(page.locator("[role=alert]")).to_contain_text("once it is back")
        async with serving_pages(port=port) as server:
            await server.desk.connected_call()
            await expect(page.locator("#call-state")).to_be_visible(timeout=15_000)
