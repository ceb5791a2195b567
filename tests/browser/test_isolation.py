"""The pages live under a policy that lets nothing in from elsewhere; a real browser enforces it."""

import pytest
from playwright.async_api import expect

from tests.browser.page_server import opened_page, serving_pages

pytestmark = pytest.mark.timeout(60)

INTRUDE = """
    const report = new Promise((told) => document.addEventListener("securitypolicyviolation",
        (event) => told(event.effectiveDirective), { once: true }));
    try { %s } catch {}
    Promise.race([report, new Promise((none) => setTimeout(none, 5000, "nothing stopped it"))])
"""
STOPPED = {
    "append(make('style', { textContent: 'p {}' }))": "style-src-elem",
    "append(make('script', { src: 'https://elsewhere.example/s.js' }))": "require-trusted-types-for",
    "append(make('img', { src: 'https://elsewhere.example/p' }))": "img-src",
    "append(make('iframe', { src: '/' }))": "frame-src",
    "document.body.innerHTML = '<b>markup</b>'": "require-trusted-types-for",
    "fetch('https://elsewhere.example/').catch(() => 0)": "connect-src",
}
"""What finds its way into a page might try, and the part of the policy that stops it."""
MAKE = """
    const make = (tag, parts) => Object.assign(document.createElement(tag), parts);
    const append = (element) => document.body.append(element);
"""


async def test_each_page_is_isolated_and_breaks_no_rule() -> None:
    """No opener, no foreign part, and nothing that the policy had to stop."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        for path in ("/", "/supervisor", "/transcribe", "/signin"):
            await page.goto(server.url + path)
            await expect(page.locator("#app")).not_to_be_empty()
            assert await page.evaluate("crossOriginIsolated") is True, path
    assert not [complaint for complaint in complaints if "Content Security Policy" in complaint]


async def test_what_does_not_belong_to_the_page_is_stopped() -> None:
    """Style, markup and scripts from strings, pictures and words of other hosts, frames."""
    stopped: dict[str, str] = {}
    async with serving_pages() as server, opened_page() as page:
        for script in STOPPED:
            await page.goto(server.url)
            stopped[script] = await page.evaluate(INTRUDE % f"{MAKE}{script}")
    assert stopped == STOPPED
