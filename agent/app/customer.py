"""A headless customer of a running agent: consents, calls, listens, and notes what it saw and how late."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from agent.core.cards import Card
from agent.core.clock import NS_PER_MS
from agent.core.consent import CONSENT_VERSION, Choice
from agent.core.errors import AtCapacity, MediaError
from agent.core.ice_servers import IceServer
from agent.media.caller import Caller, CallerReport
from agent.media.clips import FrameSource
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    Caption,
    ClockPing,
    ClockPong,
    SendLess,
    ShowCard,
    ToPage,
    Welcome,
)

ASKS_EVERY_S = 5
"""In line, at most."""

_decoder = msgspec.json.Decoder(ToPage)


class CallTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent answers to a customer's choice."""

    call_id: str
    token: str
    whip_url: str
    purposes: tuple[str, ...]
    ice_servers: tuple[IceServer, ...] = ()


@dataclass(slots=True, kw_only=True)
class Seen:
    """What reached the customer's page, with the monotonic time of arrival."""

    captions: list[tuple[int, Caption]] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    speaking: list[tuple[int, bool]] = field(default_factory=list)
    asked: list[SendLess] = field(default_factory=list)
    """What the agent asked the camera for, in order."""
    analysis: tuple[str, ...] = ()
    malformed: int = 0


class CustomerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One call as its customer experienced it."""

    call_id: str
    purposes: tuple[str, ...]
    seconds: float
    connected_ms: float
    first_sound_ms: float | None
    """From being connected until the agent was heard."""
    rtt_ms: float | None
    frames_sent: int
    video_bytes: int
    audio_bytes: int
    heard_speech_s: float
    """Seconds of audible sound received."""
    reply_after_ms: float | None
    """From the last sample of the customer's first speech until the agent was heard."""
    agent_said: tuple[str, ...]
    customer_said: tuple[str, ...]
    """The agent's final transcripts of the customer."""
    cards: tuple[str, ...]
    states: tuple[str, ...]


def link_parts(url: str) -> tuple[str, str | None]:
    """The agent's address and the customer's token of a link; an address without a token is a guest's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", dict(parse_qsl(parts.fragment)).get("customer")


async def open_call_in_turn(
    url: str, choice: Choice, *, on_position: Callable[[int], None], customer: str | None = None
) -> CallTicket:
    """Waits in line for as long as there is one; `on_position` is told each place. Raises what `open_call` raises, and
    `AtCapacity` only where the line is full, too."""
    place: str | None = None
    while True:
        try:
            return await open_call(url, choice, place=place, customer=customer)
        except AtCapacity as error:
            if error.place is None or error.position is None:
                raise
            place = error.place
            on_position(error.position)
            await asyncio.sleep(min(error.retry_after_s, ASKS_EVERY_S))


async def open_call(
    url: str, choice: Choice, *, locale: str = "en", place: str | None = None, customer: str | None = None
) -> CallTicket:
    """Consents at the agent under `url`; `place` is the one in line, `customer` the token of a link. Raises
    `AtCapacity`, or `MediaError` when it refuses or is not there."""
    wish = {
        "choice": choice.value,
        "consent_version": CONSENT_VERSION,
        "locale": locale,
        "place": place,
        "customer": customer,
    }
    try:
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            answer = await client.post("/api/calls", json=wish)
    except httpx.HTTPError as error:
        raise MediaError(f"no agent answers at {url} ({type(error).__name__}); is `agent serve` running?") from None
    if answer.status_code == 503:
        busy = answer.json()
        raise AtCapacity(
            busy["detail"],
            retry_after_s=int(answer.headers.get("retry-after", "30")),
            place=busy.get("place"),
            position=busy.get("position"),
        )
    if answer.status_code != 201:
        raise MediaError(f"{url} refused the call ({answer.status_code}): {_detail(answer)}")
    return msgspec.json.decode(answer.content, type=CallTicket)


def _detail(answer: httpx.Response) -> str:
    """The sentence of a refusal."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


async def leave_line(url: str, place: str | None) -> None:
    """Gives a place in line up, where there is one; an agent that is gone has no line either."""
    if place is None:
        return
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            await client.delete(f"/api/line/{place}")


class Customer:
    """A `Caller` that speaks the page's side of the data channel."""

    def __init__(
        self,
        url: str,
        ticket: CallTicket,
        *,
        frames: FrameSource | None,
        voice: bool = True,
        relayed: bool = False,
    ) -> None:
        self.seen = Seen()
        self._fps = 0.0 if frames is None else frames.fps
        self.ticket = ticket
        self.on_agent_silent: Callable[[], None] = lambda: None
        """Called whenever the agent's voice has ended."""
        self.caller = Caller(
            f"{url.rstrip('/')}{ticket.whip_url}",
            ticket.token,
            frames=frames,
            voice=voice,
            on_message=self._take,
            ice_servers=ticket.ice_servers,
            relayed=relayed,
        )

    def _take(self, text: str) -> str | None:
        """Notes a message; answers a clock ping at once."""
        now_ns = time.monotonic_ns()
        try:
            message = _decoder.decode(text)
        except msgspec.DecodeError:
            self.seen.malformed += 1
            return None
        match message:
            case ClockPing(id=ping):
                return msgspec.json.encode(ClockPong(id=ping, page_ms=time.time_ns() / NS_PER_MS)).decode()
            case Caption():
                self.seen.captions.append((now_ns, message))
            case ShowCard(card=card):
                self.seen.cards.append(card)
            case CallStateChanged(state=state):
                self.seen.states.append(state)
            case AgentSpeaking(active=active):
                self.seen.speaking.append((now_ns, active))
                if not active:
                    self.on_agent_silent()
            case SendLess(fps=fps, width_px=width_px):
                self.seen.asked.append(message)
                if self.caller.camera is not None:
                    self.caller.camera.fps = min(fps, self._fps)
                    self.caller.camera.width_px = width_px
            case Welcome(analysis=analysis):
                self.seen.analysis = analysis
        return None

    def report(self, sent: CallerReport, *, seconds: float, speech_end_ns: int | None) -> CustomerReport:
        """Everything noted, in one value."""
        spans = self.caller.recording.spans
        replies = [span.first_ns for span in spans if speech_end_ns is not None and span.first_ns > speech_end_ns]
        final = {(caption.speaker, caption.id): caption.text for _, caption in self.seen.captions if caption.final}
        return CustomerReport(
            call_id=self.ticket.call_id,
            purposes=self.seen.analysis or self.ticket.purposes,
            seconds=round(seconds, 2),
            connected_ms=round(sent.connected_ms, 1),
            first_sound_ms=None if sent.first_sound_ms is None else round(sent.first_sound_ms, 1),
            rtt_ms=None if sent.rtt_ms is None else round(sent.rtt_ms, 2),
            frames_sent=sent.frames_sent,
            video_bytes=sent.video_bytes,
            audio_bytes=sent.audio_bytes,
            heard_speech_s=round(sum(span.last_ns - span.first_ns for span in spans) / 1e9, 2),
            reply_after_ms=round((min(replies) - speech_end_ns) / NS_PER_MS, 1)
            if replies and speech_end_ns is not None
            else None,
            agent_said=tuple(text for (speaker, _), text in final.items() if speaker == "agent"),
            customer_said=tuple(text for (speaker, _), text in final.items() if speaker == "customer"),
            cards=tuple(card.title for card in self.seen.cards),
            states=tuple(self.seen.states),
        )
