"""The HTTP side on a real server, with a desk whose answers a test decides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from agent.core.errors import AgentError, AtCapacity, CallNotFound, OfferRejected
from agent.core.identity import STAFF, Role
from agent.core.settings import ApiSettings, IdentitySettings, ProgramKey, ServerSettings, Settings
from agent.transport.api import build_app
from agent.transport.desk import Answered, Archive, CallWish, Occupancy, Ticket
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from agent.transport.scribe import Segment, SpokenWord, Transcription, Wish
from agent.transport.sign_in import SignIn
from agent.transport.supervisor_messages import CallSummary

API_KEY = "key-of-the-tests-1"
CUSTOMER_SECRET = "shared by the tests and nobody else"
STAFF_KEYS = {role: f"key of the tests for {role}" for role in (Role.BUSINESS, *STAFF)}
SUPERVISOR = {"Authorization": f"Bearer {STAFF_KEYS[Role.SUPERVISOR]}"}
"""Headers of a program that may watch calls."""


@dataclass
class ScriptedDesk:
    """Takes the token "good"; answers every offer that begins with "v=0"."""

    full: bool = False
    in_line: list[str | None] = field(default_factory=list)
    """Places shown while it is full."""
    left: list[str] = field(default_factory=list)
    """Places given up."""
    wishes: list[CallWish] = field(default_factory=list)
    """Of which calls were made."""
    offered_from: list[str | None] = field(default_factory=list)
    """Addresses that offers came from."""
    answered: bool = False
    fragments: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def open(self, wish: CallWish) -> Ticket:
        wish.consent(given_at=0.0)
        if self.full:
            self.in_line.append(wish.place)
            raise AtCapacity("all lines are in use", retry_after_s=30, place="p1", position=2)
        self.wishes.append(wish)
        return Ticket(call_id="c1", token="good", purposes=("speech",))

    async def answer(self, token: str, offer_sdp: str, *, client: str | None = None) -> Answered:
        if token != "good":
            raise CallNotFound("this token is unknown")
        if not offer_sdp.startswith("v=0"):
            raise OfferRejected("this is no SDP")
        self.answered = True
        self.offered_from.append(client)
        return Answered(call_id="c1", sdp="v=0\r\n", etag="ice1")

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        self._check(call_id, token)
        if etag not in (None, "ice1"):
            raise OfferRejected("another ICE session", status=412)
        self.fragments.append(fragment)

    async def hang_up(self, call_id: str, token: str) -> None:
        self._check(call_id, token)
        self.ended.append(call_id)

    def withdraw(self, call_id: str) -> bool:
        return not self.answered

    def leave_line(self, place: str) -> None:
        self.left.append(place)

    def occupancy(self) -> Occupancy:
        return Occupancy(rated=4, in_use=1, free_share=0.75, in_line=2)

    def archive(self) -> Archive:
        return Archive(state="good", kept_rows=7, spooled_bytes=0, dropped_rows=0)

    def calls(self) -> tuple[CallSummary, ...]:
        return ()

    def _check(self, call_id: str, token: str) -> None:
        if (call_id, token) != ("c1", "good"):
            raise CallNotFound("there is no such call")


@dataclass
class ScriptedScribe:
    """Takes every file for the same two lines, or for what it is told to; says what it was asked."""

    fails: AgentError | None = None
    waits: asyncio.Event | None = None
    """Nothing is answered before this is set."""
    asked: list[tuple[bytes, Wish]] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def models(self) -> tuple[str, ...]:
        return ("whisper-1", "our-own")

    async def transcribe(
        self, file: BinaryIO, wish: Wish, tell: Callable[[Segment], None] | None = None
    ) -> Transcription:
        self.asked.append((file.read(), wish))
        if self.fails is not None:
            raise self.fails
        lines = [(0.5, 2.25, "Hello there."), (3_723.0, 3_724.5, "5 < 6 --> yes & no.")]
        segments = tuple(
            Segment(
                start_s=start_s,
                end_s=end_s,
                text=text,
                mean_token_logprob=-0.25,
                no_speech_prob=0.0625,
                words=(SpokenWord(start_s=start_s, end_s=end_s, text=text.split()[0]),) if wish.word_times else (),
            )
            for start_s, end_s, text in lines
        )
        if tell is not None:
            tell(segments[0])
        try:
            if self.waits is not None:
                await self.waits.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        if tell is not None:
            tell(segments[1])
        return Transcription(language="en", duration_s=3_725.0, segments=segments)


@pytest.fixture
def scribe() -> ScriptedScribe:
    return ScriptedScribe()


@pytest.fixture
def api_keys() -> tuple[str, ...]:
    """The keys that are set."""
    return (API_KEY,)


@pytest.fixture
def desk() -> ScriptedDesk:
    return ScriptedDesk()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def metrics() -> Metrics:
    """Made off the loop, as its collectors look into /proc."""
    return Metrics()


@pytest.fixture
def settings(api_keys: tuple[str, ...]) -> Settings:
    """Of the server; a module with others has a fixture of this name."""
    return Settings(
        server=ServerSettings(customer_secret=SecretStr(CUSTOMER_SECRET)),
        api=ApiSettings(keys=tuple(map(SecretStr, api_keys)), max_file_bytes=100_000),
        identity=IdentitySettings(
            keys=tuple(ProgramKey(role=role, key=SecretStr(key)) for role, key in STAFF_KEYS.items())
        ),
    )


@pytest.fixture
def sign_in() -> SignIn | None:
    """How staff come in; a module in which they do has a fixture of this name."""
    return None


@pytest.fixture
def app(
    desk: ScriptedDesk, hub: Hub, scribe: ScriptedScribe, metrics: Metrics, settings: Settings, sign_in: SignIn | None
) -> FastAPI:
    return build_app(desk, hub, scribe, metrics, settings, sign_in)


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Host and port of a server on loopback that ends with the test."""
    config = uvicorn.Config(
        app,
        port=0,
        log_level="critical",
        lifespan="off",
        ws="websockets-sansio",
    )
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server._serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"{host}:{port}"
        server.should_exit = True


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}") as client:
        yield client
