"""A server for page tests: the real HTTP, WebSocket and WebRTC side, with a test in place of agent and models."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import uvicorn
from playwright.async_api import Page
from pydantic import SecretStr

from agent.core.clock import SystemClock
from agent.core.consent import Consent
from agent.core.errors import AtCapacity, CallNotFound
from agent.core.settings import ApiSettings, PrivacySettings, Settings
from agent.media.peer import Peer
from agent.media.shared_pictures import redrawn
from agent.transport.api import build_app
from agent.transport.desk import Answered, Archive, CallWish, Occupancy, Ticket
from agent.transport.history import PastCalls
from agent.transport.hub import Hub
from agent.transport.messages import Caption, FromPage, ToPage
from agent.transport.metrics import Metrics
from agent.transport.supervisor_messages import CallSummary
from tests.browser.conftest import chromium
from tests.staff import TestStaff, opened_test_staff
from tests.transport.conftest import API_KEY, ScriptedScribe
from tests.transport.test_own_data import ScriptedOwnData

USUAL = PrivacySettings()
NOTED = "My parcel has not come."
"""What is heard in any voice note."""


@dataclass(slots=True)
class ScriptedCall:
    """A call whose agent is the test."""

    ticket: Ticket
    consent: Consent
    peer: Peer | None = None
    hung_up: bool = False
    over: bool = False

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


class ScriptedAttachments:
    """Implements `transport.attachments.Attachments` for the calls of a desk: redraws pictures, and takes any recording
    for the same words."""

    def __init__(self, calls: list[ScriptedCall]) -> None:
        self.pictures: list[bytes] = []
        """As they came."""
        self.notes: list[bytes] = []
        self._calls = calls

    def admit(self, call_id: str, token: str) -> None:
        if not any((call.ticket.call_id, call.ticket.token) == (call_id, token) for call in self._calls):
            raise CallNotFound("there is no such call")

    async def share_picture(self, call_id: str, token: str, content: bytes) -> tuple[str, bytes]:
        self.pictures.append(content)
        return "picture-1", (await asyncio.to_thread(redrawn, content)).jpeg

    async def take_note(self, call_id: str, token: str, content: bytes) -> str:
        self.notes.append(content)
        call = next(call for call in self._calls if call.ticket.call_id == call_id)
        call.show(Caption(id=f"note-{len(self.notes)}", speaker="customer", text=NOTED))
        return NOTED

    def picture(self, call_id: str, picture_id: str) -> bytes:
        raise CallNotFound("staff see no pictures of scripted calls")


class ScriptedDesk:
    """Implements `transport.desk.CallDesk`: answers each offer with a real peer, and leaves the talking to the test."""

    def __init__(self, settings: Settings, hub: Hub, tasks: asyncio.TaskGroup) -> None:
        self.full = False
        self.position = 2
        """In line, of whoever asks while it is full."""
        self.wait_s: int | None = None
        self.shown: list[str | None] = []
        """Places shown while it is full."""
        self.left: list[str] = []
        self.calls_made: list[ScriptedCall] = []
        self.attachments = ScriptedAttachments(self.calls_made)
        self._settings = settings
        self._hub = hub
        self._tasks = tasks
        self._answered = asyncio.Event()

    def open(self, wish: CallWish) -> Ticket:
        if self.full:
            self.shown.append(wish.place)
            raise AtCapacity(
                "no line is free", retry_after_s=1, place="place-1", position=self.position, wait_s=self.wait_s
            )
        consent = wish.consent(given_at=0.0)
        ticket = Ticket(
            call_id=secrets.token_hex(8), token=secrets.token_hex(8), purposes=tuple(sorted(consent.purposes))
        )
        self.calls_made.append(ScriptedCall(ticket=ticket, consent=consent))
        return ticket

    async def answer(self, token: str, offer_sdp: str, *, client: str | None = None) -> Answered:
        call = next((call for call in self.calls_made if call.ticket.token == token), None)
        if call is None or call.over:
            raise CallNotFound("no such token")
        if call.peer is not None:
            answer_sdp = await call.peer.resume(offer_sdp)
            return Answered(call_id=call.ticket.call_id, sdp=answer_sdp, etag=call.peer.session)
        call.peer = await Peer.answer(
            offer_sdp,
            call_id=call.ticket.call_id,
            consent=call.consent,
            clock=SystemClock(),
            settings=self._settings.media,
        )
        self._tasks.create_task(self._attend(call, call.peer))
        self._answered.set()
        return Answered(call_id=call.ticket.call_id, sdp=call.peer.answer_sdp, etag=call.peer.session)

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        raise AssertionError("the page gathers its candidates before it offers")

    async def hang_up(self, call_id: str, token: str) -> None:
        for call in self.calls_made:
            if call.ticket.call_id == call_id and call.peer is not None:
                call.hung_up = True
                await call.peer.close()

    def withdraw(self, call_id: str) -> bool:
        return False

    def leave_line(self, place: str) -> None:
        self.left.append(place)

    def occupancy(self) -> Occupancy:
        return Occupancy(rated=4, in_use=1, free_share=0.75, in_line=2)

    def archive(self) -> Archive:
        return Archive(state="good", kept_rows=7, spooled_bytes=0, dropped_rows=0)

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
    async def _attend(call: ScriptedCall, peer: Peer) -> None:
        await peer.run()
        call.over = True
        await peer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageServer:
    """Where the pages are, and what a test drives them with."""

    url: str
    desk: ScriptedDesk
    hub: Hub
    scribe: ScriptedScribe
    staff: TestStaff
    own_data: ScriptedOwnData

    @property
    def supervisor_url(self) -> str:
        """The supervisors' page, with what lets a browser in while there is no account."""
        return f"{self.url}/supervisor#link={self.staff.door.link}"


@asynccontextmanager
async def serving_pages(
    privacy: PrivacySettings = USUAL, past: PastCalls | None = None, *, port: int = 0
) -> AsyncIterator[PageServer]:
    """Serves the built pages on a port of this machine, a free one if none is named, for as long as the context is
    open."""
    settings = Settings(api=ApiSettings(keys=(SecretStr(API_KEY),)), privacy=privacy)
    hub, scribe, own_data = Hub(), ScriptedScribe(), ScriptedOwnData()
    with socket.create_server(("127.0.0.1", port)) as listening, TemporaryDirectory() as folder:
        async with opened_test_staff(Path(folder), SystemClock()) as staff, asyncio.TaskGroup() as tasks:
            desk = ScriptedDesk(settings, hub, tasks)
            config = uvicorn.Config(
                build_app(
                    desk,
                    hub,
                    scribe,
                    Metrics(),
                    settings,
                    staff.door.sign_in,
                    own_data=own_data,
                    attachments=desk.attachments,
                    past=past,
                ),
                log_level="warning",
                ws="websockets-sansio",
                lifespan="off",
            )
            server = uvicorn.Server(config)
            serving = tasks.create_task(server._serve(sockets=[listening]))
            try:
                url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                yield PageServer(url=url, desk=desk, hub=hub, scribe=scribe, staff=staff, own_data=own_data)
            finally:
                await desk.close()
                server.should_exit = True
                # A server that is cancelled instead, as after a failed test, leaves its socket's number with the loop.
                await serving


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
