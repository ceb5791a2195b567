"""Every state that the pages can be in, reached as a user reaches it, so that each can be looked at and checked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, expect

from agent.core.settings import PrivacySettings
from tests.browser.page_server import PageServer, serving_pages

HEIGHT_PX = {390: 844, 1440: 900}
"""Of a phone and of a desk's screen, by width."""
ASKS_FOR_ALL = PrivacySettings(replay=True, recording=True, controller="Example Ltd", contact="privacy@shop.example")
Look = Callable[[Page, str], Awaitable[None]]
"""What is done with a page in a state, which the words name: its picture is taken, or it is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An empty page, the server that it will open, and who looks at it."""

    page: Page
    server: PageServer
    chinese: bool
    look: Look

    async def opens(self, path: str = "/") -> None:
        await self.page.goto(self.server.url + path)

    async def sees(self, selector: str, state: str) -> None:
        """Looks at the page, once what `selector` finds is there."""
        await expect(self.page.locator(selector).first).to_be_visible(timeout=20_000)
        await self.look(self.page, state)

    def says(self, english: str, chinese: str) -> str:
        return chinese if self.chinese else english


Walk = Callable[[Visit], Awaitable[None]]


@asynccontextmanager
async def visiting(
    browser: Browser, look: Look, *, chinese: bool = False, width_px: int = 1440
) -> AsyncIterator[Visit]:
    """A page of its own, at a server of its own, in one of the two languages. Nothing on it moves."""
    context = await browser.new_context(
        locale="zh-CN" if chinese else "en-US",
        viewport={"width": width_px, "height": HEIGHT_PX[width_px]},
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    async with serving_pages(ASKS_FOR_ALL) as server:
        try:
            yield Visit(page=page, server=server, chinese=chinese, look=look)
        finally:
            await context.close()
