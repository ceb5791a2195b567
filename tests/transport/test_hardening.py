"""What holds for every request, whatever its route."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from agent.transport import hardening
from agent.transport.api import PAGES
from agent.transport.hardening import SecurityHeaders

FAR = ("198.51.100.7", 50_000)


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def _greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def _app() -> SecurityHeaders:
    routes = [
        Route("/api/length", _length, methods=["GET", "POST"]),
        Route("/api/health", _length),
        WebSocketRoute("/ws", _greet),
    ]
    return SecurityHeaders(Starlette(routes=routes), max_body_bytes=1_000, larger_bytes={"/large": 5_000})


def _client(url: str, client: tuple[str, int] = ("127.0.0.1", 50_000)) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(_app(), client=client), base_url=url)


@pytest.mark.parametrize("client", [("127.0.0.1", 1), ("::1", 1)])
async def test_this_machine_needs_no_tls(client: tuple[str, int]) -> None:
    """Nobody listens in between."""
    async with _client("http://agent.test", client) as here:
        assert (await here.get("/api/length")).status_code == 200


async def test_another_machine_needs_tls() -> None:
    """In the clear it gets a 403 with the headers of any answer; health, which tells nothing, is told."""
    async with _client("http://agent.test", FAR) as far:
        refused = await far.get("/api/length")
        assert (refused.status_code, refused.headers["x-content-type-options"]) == (403, "nosniff")
        assert (await far.get("/api/health")).status_code == 200
    async with _client("https://agent.test", FAR) as far:
        assert (await far.get("/api/length")).status_code == 200


async def test_a_web_socket_in_the_clear_is_refused_before_it_opens() -> None:
    """So that nothing has been said when it is."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "scheme": "ws", "path": "/ws", "client": FAR, "headers": [], "query_string": b""}
    await _app()(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    sent.clear()
    await _app()(scope | {"scheme": "wss"}, receive, send)
    assert sent[0]["type"] == "websocket.accept"


async def test_transport_security_is_asked_for_over_tls_only() -> None:
    """Browsers ignore it elsewhere, and a demonstration on this machine must not bind them."""
    async with _client("https://agent.test") as secure, _client("http://agent.test") as plain:
        assert (await secure.get("/api/length")).headers["strict-transport-security"].startswith("max-age=")
        assert "strict-transport-security" not in (await plain.get("/api/length")).headers


async def test_every_answer_isolates_the_page() -> None:
    """No frame around it, no opener, no foreign part in it, no code from a string."""
    async with _client("http://agent.test") as client:
        headers = (await client.get("/nowhere")).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert not [source for source in policy.values() if "unsafe" in source or "*" in source]
    assert "camera=(self)" in headers["permissions-policy"] and "geolocation=()" in headers["permissions-policy"]


@pytest.mark.parametrize("name", ["index.html", "supervisor.html", "transcribe.html"])
def test_the_built_pages_hold_nothing_inline(name: str) -> None:
    """No script or style of their own, no handler in an attribute, nothing of another host."""
    page = PAGES / name
    if not page.is_file():
        pytest.skip("the pages are not built here; `make demo` builds them")
    html = page.read_text("utf-8")
    assert not re.findall(r"<script(?![^>]*\bsrc=)", html) and "<style" not in html
    assert not re.findall(r"\s(?:on\w+|style)=", html)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", html)


async def test_a_body_that_announces_too_much_is_refused() -> None:
    """Before any of it is read."""
    async with _client("http://agent.test") as client:
        assert (await client.post("/api/length", content=b"x" * 1_001)).status_code == 413
        assert (await client.post("/api/length", content=b"x" * 1_000)).text == "1000"


async def test_a_body_that_announces_nothing_is_read_no_further() -> None:
    """Chunk by chunk it gets as far as the bound."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    async with _client("http://agent.test") as client:
        assert (await client.post("/api/length", content=chunks())).status_code == 413


async def test_a_body_that_stops_coming_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a byte a minute is left with 408 instead of holding a request open."""
    monkeypatch.setattr(hardening, "BODY_WITHIN_S", 0.05)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)
        yield b"x"

    async with _client("http://agent.test") as client:
        assert (await client.post("/api/length", content=stalled())).status_code == 408
