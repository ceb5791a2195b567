"""The authorization matrix: every route and WebSocket of the agent, and who gets past its guard, written by hand."""

import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.routing import Mount, Route
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from agent.core.clock import FakeClock, SystemClock
from agent.core.consent import CONSENT_VERSION
from agent.core.errors import CallNotFound
from agent.core.ice_servers import IceServer
from agent.core.identity import STAFF, Role
from agent.core.settings import OidcSettings, Settings
from agent.core.signed_customer import SignedCustomer, sign
from agent.transport.api import build_app
from agent.transport.auth import Access, Unguarded
from agent.transport.desk import Answered
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from agent.transport.receipts import CallReceipts
from agent.transport.sign_in import SignIn
from agent.transport.staff import Stays
from tests.staff import PASSWORD, TestStaff, opened_test_staff
from tests.transport.conftest import API_KEY, CUSTOMER_SECRET, STAFF_KEYS, ScriptedDesk, ScriptedScribe
from tests.transport.test_history import LABEL, ScriptedPast
from tests.transport.test_own_data import ScriptedOwnData

pytestmark = pytest.mark.timeout(90)

NOBODY, CUSTOMER, OTHER_CUSTOMER, BUSINESS, TRANSCRIBER = (
    "nobody",
    "customer",
    "another customer",
    "business",
    "api key",
)
SUPERVISORS, ENGINEERS, ADMINS = (frozenset({role, f"{role} signed in"}) for role in STAFF)
"""Programs with a key, and people with a cookie."""
SIGNED_IN = frozenset(f"{role} signed in" for role in STAFF)
ALL_STAFF = SUPERVISORS | ENGINEERS | ADMINS
EVERYBODY = frozenset({NOBODY, CUSTOMER, OTHER_CUSTOMER, BUSINESS, TRANSCRIBER}) | ALL_STAFF
NOT_LET_IN = frozenset({401, 403, 404})
"""A call of somebody else is not told from one that there is not."""
WHIP_REFUSES = ("GET", "HEAD", "PUT")
"""405, whoever asks."""

CALL = {"choice": "without_emotion", "consent_version": CONSENT_VERSION, "locale": "en"}
SDP = {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}
CANDIDATES = {
    "content": "",
    "headers": {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"ice1"'},
}
IN_PATHS = {"place": "p1", "call_id": "c1", "session": "s1", "picture_id": "x1", "part": "0", "name:path": "whisper-1"}
AFTER_CALL = frozenset({"/api/calls/{call_id}/data", "/api/calls/{call_id}/survey"})
"""Answered to who shows a receipt of that call."""
RECEIPTS = CallReceipts(ScriptedOwnData.receipt_secret, SystemClock(), lasts_s=60)
FROM_AFAR = {"headers": {"X-Forwarded-For": "192.0.2.7"}}
"""This machine may read metrics without further ado."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the matrix."""

    method: str
    path: str
    let_in: frozenset[str]
    """Who gets past the guard; whatever the route then makes of what it is asked."""
    asks: Mapping[str, Any] = field(default_factory=dict)
    """What makes a request of it that is answered well."""


MATRIX = (
    # pages, which show nothing before somebody is let in
    *(
        Row(method="GET", path=path, let_in=EVERYBODY)
        for path in ("/", "/privacy", "/supervisor", "/history", "/signin", "/transcribe")
    ),
    # what programs of the business and load balancers read first
    *(Row(method="GET", path=path, let_in=EVERYBODY) for path in ("/openapi.json", "/api/health")),
    # customers
    Row(method="GET", path="/api/notice", let_in=EVERYBODY),
    Row(method="POST", path="/api/calls", let_in=EVERYBODY, asks={"json": CALL}),
    Row(
        method="POST", path="/api/calls", let_in=frozenset({BUSINESS, Role.ADMIN}), asks={"json": {"customer": "dana"}}
    ),
    Row(method="DELETE", path="/api/line/{place}", let_in=EVERYBODY),
    Row(method="GET", path="/api/me", let_in=frozenset({CUSTOMER})),
    Row(method="DELETE", path="/api/me", let_in=frozenset({CUSTOMER})),
    Row(method="GET", path="/api/calls/{call_id}/data", let_in=frozenset({CUSTOMER})),
    Row(method="DELETE", path="/api/calls/{call_id}/data", let_in=frozenset({CUSTOMER})),
    Row(
        method="POST",
        path="/api/calls/{call_id}/survey",
        let_in=frozenset({CUSTOMER}),
        asks={"json": {"score": 4, "resolved": True}},
    ),
    Row(method="POST", path="/whip", let_in=frozenset({CUSTOMER}), asks=SDP),
    Row(method="PATCH", path="/whip/{call_id}", let_in=frozenset({CUSTOMER}), asks=CANDIDATES),
    Row(method="DELETE", path="/whip/{call_id}", let_in=frozenset({CUSTOMER})),
    *(Row(method=method, path="/whip", let_in=EVERYBODY) for method in (*WHIP_REFUSES, "OPTIONS", "PATCH", "DELETE")),
    *(Row(method=method, path="/whip/{call_id}", let_in=EVERYBODY) for method in (*WHIP_REFUSES, "POST")),
    Row(
        method="POST", path="/api/calls/{call_id}/pictures", let_in=frozenset({CUSTOMER}), asks={"content": b"picture"}
    ),
    Row(
        method="POST", path="/api/calls/{call_id}/voice-notes", let_in=frozenset({CUSTOMER}), asks={"content": b"note"}
    ),
    # staff
    Row(method="POST", path="/api/session", let_in=EVERYBODY, asks={"json": {}}),
    Row(method="GET", path="/api/session", let_in=SIGNED_IN),
    Row(method="DELETE", path="/api/session", let_in=ALL_STAFF),
    Row(method="GET", path="/api/session/oidc", let_in=EVERYBODY),
    Row(method="GET", path="/api/session/oidc/callback", let_in=EVERYBODY),
    Row(method="GET", path="/api/session/oidc/logout", let_in=EVERYBODY),
    Row(method="GET", path="/api/calls", let_in=SUPERVISORS | ADMINS),
    Row(method="GET", path="/metrics", let_in=ENGINEERS | ADMINS, asks=FROM_AFAR),
    Row(method="WEBSOCKET", path="/ws/supervisor", let_in=ALL_STAFF),
    *(
        Row(method=method, path=path, let_in=SUPERVISORS | ADMINS, asks=asks)
        for method, path, asks in (
            ("POST", "/whep/{call_id}", SDP),
            ("PATCH", "/whep/{call_id}/{session}", CANDIDATES),
            ("DELETE", "/whep/{call_id}/{session}", {}),
            ("GET", "/whep/{call_id}/{session}/clock", {}),
            ("GET", "/api/calls/{call_id}/ice-servers", {}),
            ("POST", "/stand-in/{call_id}", SDP),
            ("PATCH", "/stand-in/{call_id}/{session}", CANDIDATES),
            ("DELETE", "/stand-in/{call_id}/{session}", {}),
            ("POST", "/api/calls/{call_id}/whisper", {"json": {"text": "ask about the parcel"}}),
            ("POST", "/api/calls/{call_id}/correction", {"json": {"text": "It is on its way."}}),
            ("POST", "/api/calls/{call_id}/message", {"json": {"text": "One moment, please."}}),
            ("POST", "/api/calls/{call_id}/hand-back", {}),
            ("DELETE", "/api/calls/{call_id}", {}),
            ("GET", "/api/history/calls", {}),
            ("GET", "/api/history/calls/{call_id}", {}),
            ("GET", "/api/history/calls/{call_id}/series", {}),
            ("GET", "/api/history/calls/{call_id}/tracks/{part}", {}),
            ("POST", "/api/history/search", {"json": {"words": "kettle"}}),
            ("POST", "/api/history/labels", {"json": LABEL}),
            ("GET", "/api/history/trends", {}),
            ("GET", "/api/history/export", {}),
            ("GET", "/api/calls/{call_id}/pictures/{picture_id}", {}),
        )
    ),
    # speech recognition for other programs
    *(
        Row(method=method, path=path, let_in=frozenset({TRANSCRIBER}))
        for method, path in (
            ("POST", "/v1/audio/transcriptions"),
            ("GET", "/v1/models"),
            ("GET", "/v1/models/{name:path}"),
        )
    ),
)
FILES = "/"
"""Where the pages' files are mounted, for everybody."""


class TakenAttachments:
    """Implements `transport.attachments.Attachments`: takes anything into the call "c1", whose token is "good"."""

    def admit(self, call_id: str, token: str) -> None:
        if (call_id, token) != ("c1", "good"):
            raise CallNotFound("there is no such call")

    async def share_picture(self, call_id: str, token: str, content: bytes) -> tuple[str, bytes]:
        return "x1", b"jpeg"

    async def take_note(self, call_id: str, token: str, content: bytes) -> str:
        return "hello"

    def picture(self, call_id: str, picture_id: str) -> bytes:
        return b"jpeg"


class PatientCall:
    """Implements `transport.staff.StaffDesk`: takes whatever supervisors do with a call."""

    def ice_servers(self, call_id: str) -> tuple[IceServer, ...]:
        return ()

    async def view(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        return Answered(call_id=call_id, sdp="v=0", etag="s1")

    async def stand_in(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        return Answered(call_id=call_id, sdp="v=0", etag="s1")

    async def add_staff_candidates(self, call_id: str, session: str, fragment: str) -> None: ...

    def leave(self, call_id: str, session: str) -> None: ...

    def video_offset(self, call_id: str, session: str) -> int | None:
        return None

    def whisper(self, call_id: str, text: str) -> None: ...

    def write(self, call_id: str, text: str) -> None: ...

    def correct(self, call_id: str, text: str) -> None: ...

    def hand_back(self, call_id: str) -> None: ...

    def end_call(self, call_id: str) -> None: ...


@pytest.fixture
async def staff(tmp_path: Path, clock: FakeClock) -> AsyncIterator[TestStaff]:
    """One account of each role, called after it."""
    async with opened_test_staff(tmp_path, clock) as staff:
        for role in STAFF:
            await staff.add(role, role)
        yield staff


@pytest.fixture
def sign_in(staff: TestStaff) -> SignIn:
    return staff.door.sign_in


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With everything switched on that has routes."""
    provider = OidcSettings(issuer="http://127.0.0.1:9", client_id="agent", roles={"staff": Role.SUPERVISOR})
    identity = settings.identity.model_copy(update={"oidc": provider})
    return settings.model_copy(update={"identity": identity})


@pytest.fixture
def app(
    desk: ScriptedDesk, hub: Hub, scribe: ScriptedScribe, metrics: Metrics, settings: Settings, sign_in: SignIn
) -> FastAPI:
    return build_app(
        desk,
        hub,
        scribe,
        metrics,
        settings,
        sign_in,
        own_data=ScriptedOwnData(),
        staff=PatientCall(),
        attachments=TakenAttachments(),
        past=ScriptedPast(),
    )


def _guards(dependant: Dependant) -> Iterator[Access | Unguarded]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Access | Unguarded):
            yield dependency.call
        yield from _guards(dependency)


def _routes(app: FastAPI) -> Iterator[tuple[str, str, Dependant | None]]:
    """Method, path, and what it depends on, of every route."""
    for context in iter_route_contexts(app.routes):
        path = context.path or ""
        match context.original_route:
            case APIWebSocketRoute():
                yield "WEBSOCKET", path, context.dependant
            case Mount():
                assert path == FILES.rstrip("/"), f"{path} is mounted and in no matrix"
            case APIRoute():
                yield from ((method, path, context.dependant) for method in context.methods or ())
            case Route():
                yield "GET", path, None
            case route:
                raise AssertionError(f"{route!r} is of a kind that no matrix has")


def test_every_route_is_in_the_matrix_and_names_its_guard(app: FastAPI) -> None:
    """A new route fails here until somebody has decided, and written down, who may use it."""
    routes = list(_routes(app))
    assert {(method, path) for method, path, _ in routes} == {(row.method, row.path) for row in MATRIX}
    assert [path for _, path, dependant in routes if dependant is not None and not any(_guards(dependant))] == []


def _shown(name: str, row: Row, cookies: Mapping[str, httpx.Headers]) -> dict[str, str]:
    """Headers by which somebody says who they are."""
    match name:
        case "nobody":
            return {}
        case "customer" if row.path == "/api/me":
            own = SignedCustomer(customer="dana", expires_at=int(time.time()) + 60)
            return {"Authorization": f"Bearer {sign(own, secret=CUSTOMER_SECRET)}"}
        case "customer" if row.path in AFTER_CALL:
            return {"Authorization": f"Bearer {RECEIPTS.make('c1')[0]}"}
        case "another customer" if row.path in AFTER_CALL:
            return {"Authorization": f"Bearer {RECEIPTS.make('c2')[0]}"}
        case "customer":
            return {"Authorization": "Bearer good"}
        case "another customer":
            return {"Authorization": "Bearer of-another-call"}
        case "api key":
            return {"Authorization": f"Bearer {API_KEY}"}
        case _ if name in cookies:
            return dict(cookies[name])
    return {"Authorization": f"Bearer {STAFF_KEYS[Role(name)]}"}


async def _signed_in(url: str) -> dict[str, httpx.Headers]:
    """What a page of each member of staff sends along, by what the matrix calls them."""
    shown = {}
    for role in STAFF:
        async with httpx.AsyncClient(base_url=url) as page:
            who = await page.post("/api/session", json={"name": role.value, "password": PASSWORD})
            cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
            shown[f"{role} signed in"] = httpx.Headers(
                {"Cookie": cookie, "Origin": url, "X-CSRF-Token": who.json()["csrf"]}
            )
    return shown


async def _is_let_in(client: httpx.AsyncClient, row: Row, shown: dict[str, str]) -> bool:
    path = re.sub("{(.*?)}", lambda match: IN_PATHS[match[1]], row.path)
    if row.method == "WEBSOCKET":
        origin = shown.pop("Origin", None)
        url = str(client.base_url).replace("http", "ws", 1).rstrip("/") + path
        try:
            async with connect(url, origin=origin, additional_headers=shown):  # type: ignore[arg-type]
                return True
        except InvalidStatus as refusal:
            assert refusal.response.status_code in NOT_LET_IN
            return False
    asks = {**row.asks, "headers": {**row.asks.get("headers", {}), **shown}}
    answer = await client.request(row.method, path, **asks)
    client.cookies.clear()
    assert answer.status_code != 500, (row, answer.text)
    return answer.status_code not in NOT_LET_IN


async def test_each_of_them_lets_in_exactly_whom_the_matrix_says(address: str) -> None:
    """Every route is asked by everybody; what differs from the table is named."""
    url = f"http://{address}"
    wrong: list[str] = []
    cookies = await _signed_in(url)
    async with httpx.AsyncClient(base_url=url) as client:
        # Signing out comes last, as it ends what the others show.
        for row in sorted(MATRIX, key=lambda row: (row.method, row.path) == ("DELETE", "/api/session")):
            for name in sorted(EVERYBODY):
                if await _is_let_in(client, row, _shown(name, row, cookies)) != (name in row.let_in):
                    wrong.append(f"{row.method} {row.path}: {name}")
    assert not wrong, "; ".join(wrong)
