"""The HTTP side on a real server, with a desk whose answers a test decides."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn

from agent.core.consent import Choice
from agent.core.errors import AtCapacity, CallNotFound, OfferRejected
from agent.core.settings import Settings
from agent.transport.api import build_app
from agent.transport.desk import Answered, Ticket
from agent.transport.hub import Hub
from agent.transport.messages import CallSummary


@dataclass
class ScriptedDesk:
    """Takes the token "good"; answers every offer that begins with "v=0"."""

    full: bool = False
    choices: list[Choice] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def open(self, choice: Choice, *, locale: str) -> Ticket:
        if self.full:
            raise AtCapacity("all lines are in use", retry_after_s=30)
        self.choices.append(choice)
        return Ticket(call_id="c1", token="good", purposes=("speech",))

    async def answer(self, token: str, offer_sdp: str) -> Answered:
        if token != "good":
            raise CallNotFound("this token is unknown")
        if not offer_sdp.startswith("v=0"):
            raise OfferRejected("this is no SDP")
        return Answered(call_id="c1", sdp="v=0\r\n", etag="ice1")

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        self._check(call_id, token)
        if etag not in (None, "ice1"):
            raise OfferRejected("another ICE session", status=412)
        self.fragments.append(fragment)

    async def hang_up(self, call_id: str, token: str) -> None:
        self._check(call_id, token)
        self.ended.append(call_id)

    def calls(self) -> tuple[CallSummary, ...]:
        return ()

    def _check(self, call_id: str, token: str) -> None:
        if (call_id, token) != ("c1", "good"):
            raise CallNotFound("there is no such call")


@pytest.fixture
def desk() -> ScriptedDesk:
    return ScriptedDesk()


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def address(desk: ScriptedDesk, hub: Hub) -> AsyncIterator[str]:
    """Host and port of a server on loopback that ends with the test."""
    config = uvicorn.Config(
        build_app(desk, hub, Settings()), port=0, log_level="critical", lifespan="off", ws="websockets-sansio"
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
