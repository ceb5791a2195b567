"""A server for page tests: the real HTTP, WebSocket and WebRTC side, with a test in place of agent and models."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import uvicorn
from playwright.async_api import Page
from pydantic import SecretStr

from agent.core.clock import SystemClock
from agent.core.consent import Choice, Consent, consent_for
from agent.core.errors import AtCapacity, CallNotFound
from agent.core.settings import ApiSettings, Settings
from agent.core.signed_customer import GUEST
from agent.media.peer import Peer
from agent.transport.api import build_app
from agent.transport.desk import Answered, Occupancy, Ticket
from agent.transport.hub import Hub
from agent.transport.messages import CallSummary, FromPage, ToPage
from agent.transport.metrics import Metrics
from tests.browser.conftest import chromium
from tests.transport.conftest import API_KEY, ScriptedScribe


@dataclass(slots=True)
class ScriptedCall:
    """A call whose agent is the test."""

    ticket: Ticket
    consent: Consent
    peer: Peer | None = None
    hung_up: bool = False

    def show(self, message: ToPage) -> None:
        """Sends a message to the page."""
        assert self.peer is not None and self.peer.channel is not None
        self.peer.channel.send(msgspec.json.encode(message).decode())

    async def told(self, kind: type[FromPage]) -> FromPage:
        """The next message of `kind` from the page; others before it are passed over."""
        assert self.peer is not None and self.peer.channel is not None
        async for text in self.peer.channel.inbox:
            message = msgspec.json.decode(text, type=FromPage)
            if isinstance(message, kind):
                return message
        raise AssertionError(f"the page went away without a {kind.__name__}")


class ScriptedDesk:
    """Implements `transport.desk.CallDesk`: answers each offer with a real peer, and leaves the talking to the test."""

    def __init__(self, settings: Settings, hub: Hub, tasks: asyncio.TaskGroup) -> None:
        self.full = False
        self.position = 2
        """In line, of whoever asks while it is full."""
        self.shown: list[str | None] = []
        """Places shown while it is full."""
        self.left: list[str] = []
        self.calls_made: list[ScriptedCall] = []
        self._settings = settings
        self._hub = hub
        self._tasks = tasks
        self._answered = asyncio.Event()

    def open(self, choice: Choice, *, locale: str, place: str | None = None, customer: str = GUEST) -> Ticket:
        if self.full:
            self.shown.append(place)
            raise AtCapacity("no line is free", retry_after_s=1, place="place-1", position=self.position)
        consent = consent_for(choice, locale=locale, given_at=0.0)
        ticket = Ticket(
            call_id=secrets.token_hex(8), token=secrets.token_hex(8), purposes=tuple(sorted(consent.purposes))
        )
        self.calls_made.append(ScriptedCall(ticket=ticket, consent=consent))
        return ticket

    async def answer(self, token: str, offer_sdp: str) -> Answered:
        call = next((call for call in self.calls_made if call.ticket.token == token), None)
        if call is None:
            raise CallNotFound("no such token")
        call.peer = await Peer.answer(
            offer_sdp,
            call_id=call.ticket.call_id,
            consent=call.consent,
            clock=SystemClock(),
            settings=self._settings.media,
        )
        self._tasks.create_task(self._attend(call.peer))
        self._answered.set()
        return Answered(call_id=call.ticket.call_id, sdp=call.peer.answer_sdp, etag=call.ticket.call_id)

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        raise AssertionError("the page gathers its candidates before it offers")

    async def hang_up(self, call_id: str, token: str) -> None:
        for call in self.calls_made:
            if call.ticket.call_id == call_id and call.peer is not None:
                call.hung_up = True
                await call.peer.close()

    def leave_line(self, place: str) -> None:
        self.left.append(place)

    def occupancy(self) -> Occupancy:
        return Occupancy(rated=4, in_use=1, free_share=0.75, in_line=2)

    def calls(self) -> tuple[CallSummary, ...]:
        return self._hub.calls()

    async def connected_call(self) -> ScriptedCall:
        """The latest call, once its media is connected."""
        await self._answered.wait()
        call = self.calls_made[-1]
        assert call.peer is not None
        await call.peer.connected.wait()
        return call

    async def close(self) -> None:
        for call in self.calls_made:
            if call.peer is not None:
                await call.peer.close()

    @staticmethod
    async def _attend(peer: Peer) -> None:
        await peer.run()
        await peer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageServer:
    """Where the pages are, and what a test drives them with."""

    url: str
    desk: ScriptedDesk
    hub: Hub
    scribe: ScriptedScribe


@asynccontextmanager
async def serving_pages() -> AsyncIterator[PageServer]:
    """Serves the built pages on a free port of this machine for as long as the context is open."""
    settings, hub, scribe = Settings(api=ApiSettings(keys=(SecretStr(API_KEY),))), Hub(), ScriptedScribe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with asyncio.TaskGroup() as tasks:
            desk = ScriptedDesk(settings, hub, tasks)
            config = uvicorn.Config(
                build_app(desk, hub, scribe, Metrics(), settings),
                log_level="warning",
                ws="websockets-sansio",
                lifespan="off",
            )
            server = uvicorn.Server(config)
            tasks.create_task(server._serve(sockets=[listening]))
            try:
                yield PageServer(
                    url=f"http://127.0.0.1:{listening.getsockname()[1]}", desk=desk, hub=hub, scribe=scribe
                )
            finally:
                await desk.close()
                server.should_exit = True


@asynccontextmanager
async def opened_page(*, devices_allowed: bool = True, complaints: list[str] | None = None) -> AsyncIterator[Page]:
    """An empty page in a browser of its own. What it complains of in its console, violations of the content security
    policy among it, is added to `complaints`.
    """
    async with chromium(devices_allowed=devices_allowed) as browser:
        page = await browser.new_page()
        page.set_default_timeout(15_000)
        if complaints is not None:
            page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
