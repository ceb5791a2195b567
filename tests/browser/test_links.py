"""Who comes by a link that is not good reads why, in their language, and may go on as a guest where that is allowed."""

import time

import pytest
from playwright.async_api import expect

from agent.core.signed_customer import SignedCustomer, sign
from tests.browser.page_server import opened_page, serving_pages

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    ("query", "words"), [("", "not complete or not right"), ("?lang=zh-CN", "您的链接不完整或不正确")], ids=["en", "zh"]
)
async def test_a_link_that_is_not_good_is_explained(query: str, words: str) -> None:
    """The token leaves the address at once; the sentence says what to do; the next press is a guest's."""
    async with serving_pages() as server, opened_page() as page:
        await page.goto(f"{server.url}/{query}#customer=altered.by.somebody")
        await page.click("#choice-without-emotion")
        assert "customer" not in page.url
        await page.click("#start-call")
        await expect(page.get_by_role("alert")).to_contain_text(words)
        assert server.desk.calls_made == []
        await page.click("#start-call")
        call = await server.desk.connected_call()
        assert call.ticket.call_id


@pytest.mark.parametrize(("query", "words"), [("", "has run out"), ("?lang=zh-CN", "已过期")], ids=["en", "zh"])
async def test_a_link_that_has_run_out_is_explained(query: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was good once: the sentence says where another one is to be had."""
    secret = "shared by the tests and nobody else"
    monkeypatch.setenv("AGENT_SERVER__CUSTOMER_SECRET", secret)
    token = sign(SignedCustomer(customer="c-17", expires_at=int(time.time()) - 60), secret=secret)
    async with serving_pages() as server, opened_page() as page:
        await page.goto(f"{server.url}/{query}#customer={token}")
        await page.click("#choice-without-emotion")
        await page.click("#start-call")
        await expect(page.get_by_role("alert")).to_contain_text(words)
        assert server.desk.calls_made == []
