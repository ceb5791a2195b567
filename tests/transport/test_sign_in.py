"""Staff sign in, are known by their cookie, and are kept apart from whoever guesses, forges or copies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import StoreError
from agent.core.identity import Role
from agent.core.settings import IdentitySettings
from agent.transport import auth
from agent.transport.attempts import FIRST_WAIT_S
from agent.transport.auth import POLICY_VIOLATION, Doorkeeper, principal_of
from agent.transport.keys import ProgramKeys
from agent.transport.sessions import OVERLAP_S, ROTATED_AFTER_S
from agent.transport.sign_in import FREE_BY_ADDRESS, FREE_BY_NAME, SignIn
from agent.transport.totp import recovery_digest
from tests.staff import PASSWORD, TestStaff, opened_test_staff

WHO = "/api/session"
ADA = {"name": "ada", "password": PASSWORD}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
async def staff(tmp_path: Path, clock: FakeClock) -> AsyncIterator[TestStaff]:
    """Nobody has an account yet."""
    async with opened_test_staff(tmp_path, clock) as staff:
        yield staff


@pytest.fixture
def sign_in(staff: TestStaff) -> SignIn:
    return staff.door.sign_in


@pytest.fixture
async def ada(staff: TestStaff) -> TestStaff:
    """A supervisor of this name has an account."""
    await staff.add("ada", Role.SUPERVISOR)
    return staff


async def test_a_cookie_that_no_script_reads_tells_who_is_signed_in(client: httpx.AsyncClient, ada: TestStaff) -> None:
    """Before: nobody, and how to sign in. After: name and role, until they sign out, which is written down."""
    nobody = await client.get(WHO)
    assert (nobody.status_code, nobody.json()["ways"]) == (401, ["password"])
    answer = await client.post(WHO, json=ADA)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"agent_session_{client.base_url.port}=")
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie and "domain" not in cookie
    who = (await client.get(WHO)).json()
    assert (who["name"], who["role"]) == ("ada", "supervisor")
    assert (await client.get("/api/calls")).status_code == 200
    origin = {"Origin": str(client.base_url).rstrip("/"), "X-CSRF-Token": who["csrf"]}
    assert (await client.delete(WHO, headers=origin)).status_code == 204
    assert (await client.get(WHO)).status_code == 401
    assert ada.records == [("staff:ada", "staff.signed_in", "ada"), ("staff:ada", "staff.signed_out", "ada")]


async def test_over_tls_the_cookie_is_the_hosts_own(app: FastAPI, ada: TestStaff) -> None:
    """Its name and flags have browsers take it from nowhere else and send it over nothing else; a page that came in
    the clear may not use it."""
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 5_000))
    async with httpx.AsyncClient(transport=transport, base_url="https://calls.example") as client:
        cookie = (await client.post(WHO, json=ADA)).headers["set-cookie"]
        who = (await client.get(WHO)).json()
        signing_out = {"X-CSRF-Token": who["csrf"]}
        for origin, status in (("http://calls.example", 403), ("https://calls.example", 204)):
            assert (await client.delete(WHO, headers=signing_out | {"Origin": origin})).status_code == status
    assert cookie.startswith("__Host-agent_session=")
    assert "; Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


@pytest.mark.parametrize(
    ("origin", "csrf"), [(None, True), ("https://elsewhere.example", True), ("ours", False), ("null", True)]
)
async def test_another_sites_page_changes_nothing_with_the_cookie(
    client: httpx.AsyncClient, ada: TestStaff, origin: str | None, csrf: bool
) -> None:
    """What changes something has to come from a page of ours, and to show what only that could read."""
    who = (await client.post(WHO, json=ADA)).json()
    ours = str(client.base_url).rstrip("/")
    headers = {} if origin is None else {"Origin": ours if origin == "ours" else origin}
    refused = await client.delete(WHO, headers=headers | ({"X-CSRF-Token": who["csrf"]} if csrf else {}))
    assert refused.status_code == 403
    assert (await client.get(WHO)).status_code == 200


async def test_another_sites_page_signs_nobody_in(client: httpx.AsyncClient, ada: TestStaff) -> None:
    """Nobody is made to work under a stranger's name."""
    answer = await client.post(WHO, json=ADA, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)


async def test_guessing_is_slowed_down_alike_for_names_that_there_are_and_are_not(
    client: httpx.AsyncClient, ada: TestStaff, clock: FakeClock
) -> None:
    """The same answers, the same waits; the right password is not looked at meanwhile, and is taken afterwards."""
    answers = {}
    for name in ("ada", "nobody"):
        tries = [
            await client.post(WHO, json={"name": name, "password": "a wrong one"}) for _ in range(FREE_BY_NAME + 1)
        ]
        answers[name] = [(answer.status_code, answer.json()["detail"]) for answer in tries]
    assert answers["ada"] == answers["nobody"]
    assert [status for status, _ in answers["ada"]] == [401] * FREE_BY_NAME + [429]
    locked = await client.post(WHO, json=ADA)
    assert (locked.status_code, locked.headers["retry-after"]) == (429, str(FIRST_WAIT_S))
    clock.advance(ms=FIRST_WAIT_S * 1_000)
    assert (await client.post(WHO, json=ADA)).status_code == 200
    assert ada.records[:2] == [("server", "staff.refused", "ada"), ("server", "staff.refused", "an unknown name")]


async def test_one_address_cannot_try_all_names(client: httpx.AsyncClient, ada: TestStaff) -> None:
    """A wrong password for each of many names runs into the address's own limit."""
    statuses = [
        (await client.post(WHO, json={"name": f"name{number}", "password": "x"})).status_code
        for number in range(FREE_BY_ADDRESS + 2)
    ]
    assert statuses == [401] * FREE_BY_ADDRESS + [429] * 2


async def test_many_guesses_at_once_get_no_further(client: httpx.AsyncClient, ada: TestStaff) -> None:
    """What is under way counts as failed already."""
    wish = {"name": "ada", "password": "a wrong one"}
    answers = await asyncio.gather(*(client.post(WHO, json=wish) for _ in range(20)))
    assert sum(answer.status_code == 401 for answer in answers) == FREE_BY_NAME


async def test_a_second_factor_is_asked_for_and_taken_once(
    client: httpx.AsyncClient, ada: TestStaff, clock: FakeClock
) -> None:
    """Without a code, and with a wrong or a used one, nobody gets in; a recovery code does once."""
    codes = ("aaaaa-bbbbb",)
    await ada.users.set_second_factor(await ada.users.of("ada"), SECRET, tuple(map(recovery_digest, codes)))
    asked = await client.post(WHO, json=ADA)
    assert (asked.status_code, asked.json()["code_wanted"]) == (401, True)
    now = pyotp.TOTP(SECRET).at(clock.wall_ns() // NS_PER_S)
    shown = ["000000", now, now, codes[0], codes[0]]
    statuses = [(await client.post(WHO, json=ADA | {"code": code})).status_code for code in shown]
    assert statuses == [401, 200, 401, 200, 401]


async def test_a_session_changes_its_token_and_a_copy_of_the_old_one_ends_it(
    client: httpx.AsyncClient, ada: TestStaff, clock: FakeClock
) -> None:
    """The old token is good for a minute, for other tabs; shown later, somebody has a copy, and all are signed out."""
    await client.post(WHO, json=ADA)
    old = dict(client.cookies)
    clock.advance(ms=ROTATED_AFTER_S * 1_000)
    assert (await client.get(WHO)).status_code == 200
    assert dict(client.cookies) != old
    async with httpx.AsyncClient(base_url=client.base_url, cookies=old) as copy:
        assert (await copy.get("/api/calls")).status_code == 200
        clock.advance(ms=(OVERLAP_S + 1) * 1_000)
        assert (await copy.get("/api/calls")).status_code == 401
    assert (await client.get(WHO)).status_code == 401


async def test_a_tab_that_knows_the_token_before_may_still_change_something(
    client: httpx.AsyncClient, ada: TestStaff, clock: FakeClock
) -> None:
    """Tabs share a cookie, and each was told what to show beside it when it last asked."""
    told_before = (await client.post(WHO, json=ADA)).json()["csrf"]
    clock.advance(ms=ROTATED_AFTER_S * 1_000)
    assert (await client.get(WHO)).json()["csrf"] != told_before
    headers = {"Origin": str(client.base_url).rstrip("/"), "X-CSRF-Token": told_before}
    assert (await client.delete(WHO, headers=headers)).status_code == 204


@pytest.mark.parametrize(("steps", "step_s", "status"), [(20, 29 * 60, 200), (1, 30 * 60, 401), (30, 29 * 60, 401)])
async def test_a_session_ends_when_idle_and_after_its_time(
    client: httpx.AsyncClient, ada: TestStaff, clock: FakeClock, steps: int, step_s: int, status: int
) -> None:
    """Half an hour without a request, or twelve hours with as many as one likes."""
    await client.post(WHO, json=ADA)
    answer = None
    for _ in range(steps):
        clock.advance(ms=step_s * 1_000)
        answer = await client.get(WHO)
    assert answer is not None and answer.status_code == status


async def test_the_printed_link_lets_in_until_there_is_an_account(client: httpx.AsyncClient, staff: TestStaff) -> None:
    """Whoever runs the agent gets in by it without a password; with the first account both link and session end."""
    nobody = await client.get(WHO)
    assert (nobody.status_code, nobody.json()["ways"]) == (401, ["link"])
    assert (await client.post(WHO, json={"link": "made up"})).status_code == 401
    answer = await client.post(WHO, json={"link": staff.door.link})
    assert (answer.status_code, answer.json()["name"], answer.json()["role"]) == (200, None, "admin")
    assert (await client.get("/api/calls")).status_code == 200
    await staff.add("ada", Role.SUPERVISOR)
    assert (await client.get("/api/calls")).status_code == 401
    assert (await client.post(WHO, json={"link": staff.door.link})).status_code == 401


@pytest.mark.parametrize("body", [{}, {"name": "ada"}, ADA | {"admin": True}, {"name": "a" * 65, "password": "x"}, [1]])
async def test_what_is_no_sign_in_is_refused(client: httpx.AsyncClient, ada: TestStaff, body: object) -> None:
    """Missing, surplus and endless fields; nothing is counted as a guess."""
    assert (await client.post(WHO, json=body)).status_code == 422
    assert (await client.post(WHO, json=ADA)).status_code == 200


async def test_a_page_that_watches_is_closed_when_its_session_ends(
    client: httpx.AsyncClient, ada: TestStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that is disabled on the command line watches no longer; until then it goes on."""
    monkeypatch.setattr(auth, "ASKED_AGAIN_AFTER_S", 0.05)
    await client.post(WHO, json=ADA)
    ((name, token),) = client.cookies.items()
    url = f"ws://{client.base_url.host}:{client.base_url.port}/ws/supervisor"
    origin = str(client.base_url).rstrip("/")
    async with connect(url, origin=origin, additional_headers={"Cookie": f"{name}={token}"}) as socket:  # type: ignore[arg-type]
        await socket.recv()
        await asyncio.sleep(0.2)
        await socket.ping()
        await ada.users.disable(await ada.users.of("ada"))
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await socket.recv()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == POLICY_VIOLATION


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example"])
async def test_a_cookie_opens_no_socket_for_another_sites_page(
    client: httpx.AsyncClient, ada: TestStaff, origin: str | None
) -> None:
    """Browsers say where a page is from, and let every page open a WebSocket to anywhere."""
    await client.post(WHO, json=ADA)
    ((name, token),) = client.cookies.items()
    url = f"ws://{client.base_url.host}:{client.base_url.port}/ws/supervisor"
    with pytest.raises(Exception, match="403"):
        async with connect(url, origin=origin, additional_headers={"Cookie": f"{name}={token}"}):  # type: ignore[arg-type]
            pass


async def test_while_accounts_cannot_be_looked_up_nobody_gets_in_or_learns_why(
    client: httpx.AsyncClient, ada: TestStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 for who comes, without what the database said; who watches already goes on."""
    await client.post(WHO, json=ADA)
    door, store = ada.door.sign_in, ada.door.sign_in.sessions._store
    session = await door.sessions.find(next(iter(client.cookies.values())))
    assert session is not None

    async def away(*_: object, **__: object) -> None:
        raise StoreError("postgresql at db.internal does not answer")

    monkeypatch.setattr(store, "by_token", away)
    monkeypatch.setattr(store, "by_id", away)
    monkeypatch.setattr(door._accounts, "find", away)
    answers = [await client.get(WHO), await client.get("/api/calls"), await client.post(WHO, json=ADA)]
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert not any("internal" in answer.text for answer in answers)
    assert await Doorkeeper(ProgramKeys(IdentitySettings()), door.sessions).still_welcome(principal_of(session))


async def test_tries_that_nobody_could_look_up_lock_nobody_out(
    client: httpx.AsyncClient, staff: TestStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often somebody tries while the database is away, by link or by name: afterwards the first try is good."""

    async def away(*_: object) -> None:
        raise StoreError("postgresql at db.internal does not answer")

    by_link = {"link": staff.door.link}
    with monkeypatch.context() as meanwhile:
        for asked in ("any", "find"):
            meanwhile.setattr(staff.door.sign_in._accounts, asked, away)
        tries = [by_link] * (FREE_BY_ADDRESS + 1) + [ADA] * (FREE_BY_NAME + 1)
        refused = {(await client.post(WHO, json=one)).status_code for one in tries}
    assert refused == {503}
    assert (await client.post(WHO, json=by_link)).status_code == 200
    await staff.add("ada", Role.SUPERVISOR)
    assert (await client.post(WHO, json=ADA)).status_code == 200
