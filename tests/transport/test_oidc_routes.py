"""Staff sign in at a real identity provider, as their browser does, and are back with a session or a sentence."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from agent.core.clock import SystemClock
from agent.core.settings import IdentitySettings, OidcSettings, Settings
from agent.transport.api import build_app
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from tests.staff import TestStaff, opened_test_staff
from tests.transport.conftest import ScriptedDesk, ScriptedScribe
from tests.transport.identity_providers import ADA, CLIENT, ROLES, SECRET, running_provider, serving

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def real_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """It knows one of our staff, and one who is none."""
    people = [ADA, {"sub": "u2", "email": "eve@shop.example", "roles": ["everybody"]}]
    with running_provider(tmp_path_factory.mktemp("provider"), people) as address:
        yield address


@pytest.fixture
async def staff(tmp_path: Path) -> AsyncIterator[TestStaff]:
    async with opened_test_staff(tmp_path, SystemClock()) as staff:
        yield staff


@pytest.fixture
async def browser(real_provider: str, staff: TestStaff) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies as a browser does, at an agent whose staff sign in at the real provider."""
    oidc = OidcSettings(issuer=real_provider, client_id=CLIENT, client_secret=SecretStr(SECRET), roles=ROLES)
    settings = Settings(identity=IdentitySettings(oidc=oidc))
    metrics = await asyncio.to_thread(Metrics)
    app = build_app(ScriptedDesk(), Hub(), ScriptedScribe(), metrics, settings, staff.door.sign_in)
    async with asyncio.TaskGroup() as tasks:
        server, url = await serving(app, tasks)
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            yield client
        server.should_exit = True


async def sent_back(browser: httpx.AsyncClient, subject: str) -> str:
    """The address to which the provider sends a browser back, once `subject` has said yes there."""
    away = await browser.get("/api/session/oidc")
    assert away.status_code == 303
    consented = await browser.post(away.headers["location"], data={"sub": subject})
    assert consented.status_code == 302
    return str(consented.headers["location"])


async def test_staff_sign_in_at_the_provider(browser: httpx.AsyncClient, staff: TestStaff) -> None:
    """Who has a role there has it here: a session in the cookie, an account without a password, a line in the audit."""
    assert "oidc" in (await browser.get("/api/session")).json()["ways"]
    back = await browser.get(await sent_back(browser, "u1"))
    assert (back.status_code, urlsplit(back.headers["location"]).path) == (303, "/supervisor")
    who = (await browser.get("/api/session")).json()
    assert (who["name"], who["role"]) == ("ada@shop.example", "supervisor")
    assert (await browser.get("/api/calls")).status_code == 200
    assert ("staff:ada@shop.example", "staff.signed_in", "ada@shop.example") in staff.records
    account = await staff.users.of("ada@shop.example")
    assert account.password_hash is None


async def test_who_has_no_role_is_told_so(browser: httpx.AsyncClient, staff: TestStaff) -> None:
    """Being known to the provider is not enough; the sign-in page gets a sentence, and no account is made."""
    back = await browser.get(await sent_back(browser, "u2"))
    page = urlsplit(back.headers["location"])
    assert page.path == "/signin" and "no role here" in unquote(page.fragment)
    assert (await browser.get("/api/session")).status_code == 401
    assert await staff.users.find("eve@shop.example") is None


async def test_a_link_signs_nobody_in_as_somebody_else(browser: httpx.AsyncClient) -> None:
    """Whoever is led to the address of another browser's sign-in is refused, and so is who uses their own twice."""
    theirs = await sent_back(browser, "u1")
    ours = browser.cookies
    browser.cookies = httpx.Cookies()
    assert "another browser" in unquote((await browser.get(theirs)).headers["location"])
    browser.cookies = ours
    own = await sent_back(browser, "u1")
    assert (await browser.get(own)).headers["location"].endswith("/supervisor")
    assert "another browser" in unquote((await browser.get(own)).headers["location"])


async def test_who_says_no_at_the_provider_is_back_at_the_page(browser: httpx.AsyncClient) -> None:
    """With words, not with a broken page."""
    answer = await browser.get("/api/session/oidc/callback", params={"error": "access_denied", "state": "x"})
    assert "did not let you in" in unquote(answer.headers["location"])


async def test_signing_out_leads_over_the_provider(browser: httpx.AsyncClient, real_provider: str) -> None:
    """Else the next sign-in would need no password."""
    address = urlsplit((await browser.get("/api/session/oidc/logout")).headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{real_provider}/oauth2/end_session"
    assert dict(parse_qsl(address.query)) == {
        "client_id": CLIENT,
        "post_logout_redirect_uri": f"{str(browser.base_url).rstrip('/')}/signin",
    }
