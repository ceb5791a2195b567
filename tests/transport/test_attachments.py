"""Pictures and voice notes over HTTP: from whose call it is, no more than there is room for, to staff who are noted."""

import asyncio
from dataclasses import dataclass, field

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent.core.clock import FakeClock
from agent.core.errors import (
    AgentError,
    AtCapacity,
    CallNotFound,
    ConsentMissing,
    LimitReached,
    NotMedia,
    RequestRejected,
    StoreError,
)
from agent.core.settings import Settings
from agent.media.shared_pictures import redrawn
from agent.transport.api import build_app
from agent.transport.attachments import AT_ONCE, NOTE_BYTES, PER_S, PICTURE_BYTES, attachments_router
from agent.transport.hub import Hub
from agent.transport.limits import too_many
from agent.transport.metrics import Metrics
from tests.pictures_sent import encoded
from tests.security.mutations import mangled_bytes
from tests.transport.conftest import SUPERVISOR, ScriptedDesk, ScriptedScribe

OWN = {"Authorization": "Bearer good"}
PICTURES, NOTES = "/api/calls/c1/pictures", "/api/calls/c1/voice-notes"
PNG = encoded(np.zeros((32, 32, 3), np.uint8), ".png")


@dataclass
class OneCall:
    """Implements `transport.attachments.Attachments` for the call "c1", whose token is "good"."""

    fails: AgentError | None = None
    pictures: list[bytes] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)

    def admit(self, call_id: str, token: str) -> None:
        if (call_id, token) != ("c1", "good"):
            raise CallNotFound("there is no such call")

    async def share_picture(self, call_id: str, token: str, content: bytes) -> tuple[str, bytes]:
        self.admit(call_id, token)
        self.pictures.append(redrawn(content).jpeg)
        return f"p{len(self.pictures)}", self.pictures[-1]

    async def take_note(self, call_id: str, token: str, content: bytes) -> str:
        if self.fails is not None:
            raise self.fails
        self.notes.append(content)
        return "my parcel has not come"

    def picture(self, call_id: str, picture_id: str) -> bytes:
        number = int(picture_id.removeprefix("p"))
        if call_id != "c1" or not 0 < number <= len(self.pictures):
            raise CallNotFound("there is no such picture")
        return self.pictures[number - 1]


@dataclass
class Recorder:
    """Notes who did what; `fails` stands for a log that cannot be written."""

    done: list[tuple[str, str, str]] = field(default_factory=list)
    fails: bool = False

    async def __call__(self, actor: str, action: str, subject: str) -> None:
        if self.fails:
            raise StoreError("a sentence with the database's address")
        self.done.append((actor, action, subject))


@pytest.fixture
def call() -> OneCall:
    return OneCall()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def app(
    desk: ScriptedDesk,
    hub: Hub,
    scribe: ScriptedScribe,
    metrics: Metrics,
    settings: Settings,
    call: OneCall,
    recorder: Recorder,
) -> FastAPI:
    return build_app(desk, hub, scribe, metrics, settings, attachments=call, record=recorder)


async def test_a_picture_is_answered_with_what_was_made_of_it_and_seen_by_staff(
    client: httpx.AsyncClient, call: OneCall, recorder: Recorder
) -> None:
    """The customer gets the very bytes that a supervisor is shown; that they were is written down."""
    sent = await client.post(PICTURES, content=PNG, headers=OWN)
    assert (sent.status_code, sent.headers["content-type"], sent.content) == (201, "image/jpeg", call.pictures[0])
    seen = await client.get(sent.headers["location"], headers=SUPERVISOR)
    assert (seen.status_code, seen.content) == (200, sent.content)
    assert seen.headers["cache-control"] == "no-store"
    assert [(action, subject) for _, action, subject in recorder.done] == [("call.picture_seen", "c1")]


async def test_what_cannot_be_written_down_is_not_shown(
    client: httpx.AsyncClient, call: OneCall, recorder: Recorder
) -> None:
    """Nor does the answer tell anything of the database."""
    await client.post(PICTURES, content=PNG, headers=OWN)
    recorder.fails = True
    seen = await client.get(f"{PICTURES}/p1", headers=SUPERVISOR)
    assert (seen.status_code, "database" in seen.text) == (503, False)


async def test_a_picture_that_is_gone_is_not_found(client: httpx.AsyncClient, recorder: Recorder) -> None:
    """And that somebody asked for it is no deed."""
    assert (await client.get(f"{PICTURES}/p9", headers=SUPERVISOR)).status_code == 404
    assert recorder.done == []


@pytest.mark.parametrize(
    ("content", "name"), [(b"<svg/>", "photo.jpg"), (b"<!doctype html>", "photo.png"), (b"\xff\xd8\xff\xe0", "cut.jpg")]
)
async def test_content_tells_what_a_picture_is_and_not_its_name(
    client: httpx.AsyncClient, call: OneCall, content: bytes, name: str
) -> None:
    """415, and nothing is shown to anybody."""
    headers = {**OWN, "Content-Type": "image/jpeg", "Content-Disposition": f'attachment; filename="{name}"'}
    refused = await client.post(PICTURES, content=content, headers=headers)
    assert (refused.status_code, call.pictures) == (415, [])


@pytest.mark.parametrize(("path", "most"), [(PICTURES, PICTURE_BYTES), (NOTES, NOTE_BYTES)])
async def test_more_than_there_is_room_for_is_refused(
    client: httpx.AsyncClient, call: OneCall, path: str, most: int
) -> None:
    """413 for a body that is too large, whether it says so or comes piece by piece."""

    async def pieces() -> object:
        for _ in range(most // 65_536 + 2):
            yield bytes(65_536)

    for content in (bytes(most + 1), pieces()):
        refused = await client.post(path, content=content, headers=OWN)  # type: ignore[arg-type]
        assert refused.status_code == 413
    assert (call.pictures, call.notes) == ([], [])


async def test_who_is_not_on_the_call_gets_nothing_read(client: httpx.AsyncClient, call: OneCall) -> None:
    """Another call's token, and none, are told from nothing."""
    for headers in ({}, {"Authorization": "Bearer bad"}, SUPERVISOR):
        for path in (PICTURES, NOTES, PICTURES.replace("c1", "c2")):
            assert (await client.post(path, content=PNG, headers=headers)).status_code == 404
    assert (call.pictures, call.notes) == ([], [])


async def test_a_note_is_answered_with_its_words(client: httpx.AsyncClient, call: OneCall) -> None:
    """As they enter the conversation."""
    answer = await client.post(NOTES, content=b"sound", headers=OWN)
    assert (answer.status_code, answer.json()) == (200, {"words": "my parcel has not come"})
    assert call.notes == [b"sound"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotMedia("no words"), 415),
        (ConsentMissing("not agreed to"), 403),
        (RequestRejected("too long", param="file"), 422),
        (AtCapacity("too many wait", retry_after_s=20), 503),
        (CallNotFound("it has ended"), 404),
    ],
)
async def test_why_a_note_was_not_taken_is_told(
    client: httpx.AsyncClient, call: OneCall, error: AgentError, status: int
) -> None:
    """Each in a sentence, as a problem."""
    call.fails = error
    answer = await client.post(NOTES, content=b"sound", headers=OWN)
    assert (answer.status_code, answer.json()["detail"]) == (status, str(error))


async def test_one_call_cannot_send_without_end() -> None:
    """So many at once, then one every few seconds; the rest is told when to come back, and not read."""
    clock, call = FakeClock(), OneCall()
    app = FastAPI()
    app.include_router(attachments_router(call, clock, Recorder()))
    app.add_exception_handler(LimitReached, lambda request, error: too_many(error))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
        statuses = [(await client.post(NOTES, content=b"x", headers=OWN)).status_code for _ in range(AT_ONCE + 1)]
        assert statuses == [200] * AT_ONCE + [429]
        clock.advance(ms=1_000 / PER_S)
        assert (await client.post(NOTES, content=b"x", headers=OWN)).status_code == 200


@pytest.mark.parametrize(
    "examples", [pytest.param(25), pytest.param(1_500, marks=[pytest.mark.security, pytest.mark.timeout(900)])]
)
def test_broken_pictures_never_break_the_route(examples: int) -> None:
    """Whatever is posted is answered with 201 or a refusal, and what is shown is always a JPEG of ours."""
    call = OneCall()
    sound = [encoded(np.zeros((24, 24, 3), np.uint8), form) for form in (".jpg", ".png", ".webp")]

    async def post(content: bytes) -> httpx.Response:
        app = FastAPI()
        app.include_router(attachments_router(call, FakeClock(), Recorder()))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
            return await client.post(PICTURES, content=content, headers=OWN)

    @hypothesis_settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        st.binary(max_size=300) | st.tuples(st.sampled_from(sound), st.randoms()).map(lambda pair: mangled_bytes(*pair))
    )
    def holds(content: bytes) -> None:
        answer = asyncio.run(post(content))
        assert answer.status_code in (201, 415)
        assert answer.status_code == 415 or answer.content.startswith(b"\xff\xd8\xff")

    holds()
