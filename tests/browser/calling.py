"""A customer's page in a call with the real agent."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.serving import RunningAgent

TELEPHONE = Path(__file__).with_name("telephone.js")


async def called(
    browser: Browser,
    agent: RunningAgent,
    choice: str = "#choice-agree",
    *,
    telephone: bool = False,
    signed_in: bool = False,
) -> Page:
    """A page whose call is connected. Any error in the page fails the test.

    With `telephone`, the test speaks and listens through `window.telephone`; see telephone.js.
    """
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("pageerror", lambda error: pytest.fail(f"the customer's page broke: {error}"))
    if telephone:
        await page.add_init_script(path=TELEPHONE)
    address = agent.signed_in_url if signed_in else agent.url + "/"
    assert address is not None, "nobody can be signed in at this agent"
    await page.goto(address)
    await page.click(choice)
    await page.click("#start-call")
    await expect(page.locator("#call-state")).to_have_attribute(
        "data-state", re.compile("connected|speaking"), timeout=15_000
    )
    return page


async def call_id(page: Page) -> str:
    """Of the call that the page is in; there may be others, whose pages went away without a word."""
    kept: str = await page.evaluate("JSON.parse(sessionStorage.getItem('agent-call')).call.callId")
    return kept
