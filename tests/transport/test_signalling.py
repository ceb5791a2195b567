"""The WHIP endpoint keeps to RFC 9725, for clients that we did not write."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from tests.transport.conftest import ScriptedDesk

SDP = {"Content-Type": "application/sdp", "Authorization": "Bearer good"}
TRICKLE = {"Content-Type": "application/trickle-ice-sdpfrag", "Authorization": "Bearer good", "If-Match": '"ice1"'}


async def test_an_offer_is_answered_with_a_session_to_go_back_to(client: httpx.AsyncClient) -> None:
    """201 with the answer, where the session lives, and the name of its ICE session."""
    answer = await client.post("/whip", content="v=0\r\n", headers=SDP)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/sdp"
    assert (answer.headers["location"], answer.headers["etag"]) == ("/whip/c1", '"ice1"')
    assert answer.text == "v=0\r\n"


async def test_a_page_that_closes_while_it_offers_is_no_fault(app: FastAPI, desk: ScriptedDesk) -> None:
    """Half an offer comes, then nobody is there: nothing is raised into the server's log, and no call is made."""
    coming = iter(({"type": "http.request", "body": b"v=0", "more_body": True}, {"type": "http.disconnect"}))
    answers: list[Message] = []

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        answers.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in SDP.items()]
    scope = {
        "type": "http",
        "scheme": "http",
        "method": "POST",
        "path": "/whip",
        "query_string": b"",
        "headers": headers,
    }
    await app(scope, receive, send)
    assert answers[0]["status"] == 400
    assert not desk.answered


async def test_candidates_trickle_and_the_session_is_deleted(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """PATCH with the right ETag is taken with 204; DELETE ends the session with 200."""
    patch = await client.patch("/whip/c1", content="a=ice-ufrag:x\r\n", headers=TRICKLE)
    delete = await client.delete("/whip/c1", headers={"Authorization": "Bearer good"})
    assert (patch.status_code, delete.status_code) == (204, 200)
    assert (desk.fragments, desk.ended) == (["a=ice-ufrag:x\r\n"], ["c1"])


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/whip", SDP | {"Content-Type": "text/plain"}, "v=0", 415),
        ("POST", "/whip", SDP | {"Accept": "text/html"}, "v=0", 406),
        ("POST", "/whip", {"Content-Type": "application/sdp"}, "v=0", 401),
        ("POST", "/whip", SDP | {"Authorization": "Bearer stolen"}, "v=0", 401),
        ("POST", "/whip", SDP, "garbage", 400),
        ("POST", "/whip", SDP, b"\xff\xfe\x00", 400),
        ("POST", "/whip", SDP, "v=0" + "x" * 10_000_000, 413),
        ("GET", "/whip", SDP, "", 405),
        ("PUT", "/whip/c1", SDP, "v=0", 405),
        ("PATCH", "/whip/c1", TRICKLE | {"Content-Type": "application/sdp"}, "a=x", 415),
        ("PATCH", "/whip/c1", TRICKLE | {"If-Match": '"other"'}, "a=x", 412),
        ("PATCH", "/whip/c1", {k: v for k, v in TRICKLE.items() if k != "If-Match"}, "a=x", 428),
        ("PATCH", "/whip/unknown", TRICKLE, "a=x", 404),
        ("DELETE", "/whip/unknown", {"Authorization": "Bearer good"}, "", 404),
        ("DELETE", "/whip/c1", {}, "", 401),
    ],
)
async def test_what_cannot_be_served_is_refused_with_the_right_status_and_a_reason(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], body: str | bytes, status: int
) -> None:
    """Each mistake has its own status, and a sentence that says what to do."""
    answer = await client.request(method, path, headers=headers, content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10


async def test_a_body_without_a_length_is_cut_off_too(client: httpx.AsyncClient) -> None:
    """A chunked body that never says how long it is gets 413 as well, and the server goes on."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 65_536

    try:
        answer = await client.post("/whip", content=endless(), headers=SDP)
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # the server may close on us while we still send
    assert (await client.get("/api/health")).json()["ok"] is True


async def test_options_say_what_the_endpoint_takes(client: httpx.AsyncClient) -> None:
    """A client can ask which methods and bodies are taken."""
    answer = await client.options("/whip")
    assert answer.status_code == 204
    assert (answer.headers["allow"], answer.headers["accept-post"]) == ("POST, OPTIONS", "application/sdp")
