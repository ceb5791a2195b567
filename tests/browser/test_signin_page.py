"""Staff sign in on the page, in their language, and whoever is not signed in is led there."""

from pathlib import Path

import pyotp
import pytest
from playwright.async_api import expect

from agent.core.identity import Role
from agent.transport import auth
from agent.transport.totp import new_secret
from tests.browser.conftest import chromium
from tests.browser.page_server import opened_page, serving_pages
from tests.staff import PASSWORD

pytestmark = pytest.mark.timeout(90)


async def test_a_supervisor_signs_in_with_a_code_and_out_again(artefacts: Path) -> None:
    """The supervisors' page leads to the sign-in, which says what is wrong, asks for the code, and leads back."""
    secret = new_secret()
    async with serving_pages() as server, opened_page() as page:
        await server.staff.users.set_second_factor(await server.staff.add("ada", Role.SUPERVISOR), secret)
        await page.goto(f"{server.url}/supervisor")
        await page.wait_for_url("**/signin?next=/supervisor")
        await page.fill("#name", "Ada")
        await page.fill("#password", "not the password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("Name, password or code is not right.")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#code")).to_be_focused()
        await page.screenshot(path=artefacts / "signin.png")
        await page.keyboard.type(pyotp.TOTP(secret).now())
        await page.keyboard.press("Enter")
        await expect(page.locator("#who")).to_have_text("ada, supervisor")
        await expect(page.locator("#connection")).to_have_attribute("data-state", "open")
        await page.reload()
        await page.click("#sign-out")
        await page.wait_for_url("**/signin?next=/supervisor")
        await expect(page.locator("#name")).to_be_visible()


async def test_whoever_is_signed_out_elsewhere_leaves_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is disabled while its page watches: the page says goodbye instead of trying for ever."""
    monkeypatch.setattr(auth, "ASKED_AGAIN_AFTER_S", 0.5)
    async with serving_pages() as server, opened_page() as page:
        ada = await server.staff.add("ada", Role.SUPERVISOR)
        await page.goto(f"{server.url}/signin")
        await page.fill("#name", "ada")
        await page.fill("#password", PASSWORD)
        await page.click("#sign-in")
        await expect(page.locator("#connection")).to_have_attribute("data-state", "open")
        await server.staff.users.disable(ada)
        await page.wait_for_url("**/signin?next=/supervisor")


async def test_the_link_of_agent_serve_leaves_no_trace_in_the_address() -> None:
    """It lets in without a password, is taken out of the address, and an old one is explained."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await page.goto(server.supervisor_url)
        await expect(page.locator("#who")).to_have_text("By the link of agent serve")
        assert page.url == f"{server.url}/supervisor"
        assert complaints == []
        await page.click("#sign-out")
        await page.wait_for_url("**/signin?next=/supervisor")
        await expect(page.get_by_role("status")).to_contain_text("agent users add NAME --role admin")
        await page.goto(f"{server.url}/supervisor#link=of-another-run")
        await expect(page.locator(".sheet")).to_contain_text("This link is no longer good")


async def test_the_page_speaks_chinese_to_a_chinese_browser() -> None:
    """Words and page language follow the browser."""
    async with serving_pages() as server, chromium() as browser:
        await server.staff.add("ada", Role.SUPERVISOR)
        context = await browser.new_context(locale="zh-CN")
        page = await context.new_page()
        await page.goto(f"{server.url}/signin")
        await expect(page.locator("h1")).to_have_text("登录")
        await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        for _ in range(6):
            await page.fill("#name", "ada")
            await page.fill("#password", "wrong")
            await page.click("#sign-in")
            await expect(page.locator("#sign-in")).to_be_enabled()
        await expect(page.get_by_role("alert")).to_contain_text("秒后再试")
