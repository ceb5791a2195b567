"""What the pages and the agent say to each other: over a call's data channel, and over the supervisors' WebSocket."""

from typing import Literal

import msgspec

from agent.core.cards import Card
from agent.core.lifecycle import CallState, EndReason
from agent.core.signals import Signal


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A JSON object told apart by its `type`. Fields that a reader does not know are ignored."""


# ---- data channel "agent", agent to customer's page -----------------------------------------------------------------


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    call_id: str
    protocol: int = 1
    analysis: tuple[str, ...] = ()
    """Purposes that are active in this call, as consented."""
    hears: str = "en"
    """The language that the customer is understood in, ISO 639-1, or `auto` for any."""


class Caption(Message, frozen=True, kw_only=True, tag="caption"):
    """Words of either side. A later caption with the same id replaces an earlier one; without text it takes it away."""

    id: str
    speaker: Literal["agent", "customer", "staff"]
    text: str
    final: bool = True
    because: tuple[str, ...] = ()
    """Signals that shaped this reply, in plain words; empty for the customer's own."""
    because_seqs: tuple[int, ...] = ()
    """Numbers of these signals in this call."""
    translation: str = ""
    """The same in the language of those who watch, by a machine; empty while there is none."""
    translation_language: str = ""
    """ISO 639-1."""


class ShowCard(Message, frozen=True, kw_only=True, tag="card"):
    """Something to look at beside the call: an order, a form, a confirmation."""

    card: Card


class HideCard(Message, frozen=True, kw_only=True, tag="hide_card"):
    """A card is out of date; nothing happens where the customer has closed it."""

    id: str


class CallStateChanged(Message, frozen=True, kw_only=True, tag="state"):
    state: CallState
    reason: EndReason | None = None
    """Why it ended, once it has."""


class AgentSpeaking(Message, frozen=True, kw_only=True, tag="speaking"):
    active: bool


class PageSay(Message, frozen=True, kw_only=True, tag="say"):
    """To be spoken by the browser itself, as the agent has no voice for the language; answered by `spoken`."""

    id: str
    text: str
    """One clause. Its caption comes apart from it."""
    language: str
    """ISO 639-1, with or without a region."""
    rate: float = 1.0


class PageSpeech(Message, frozen=True, kw_only=True, tag="speech"):
    """What is to become of the clause that the browser speaks; to be done within the same message."""

    id: str
    action: Literal["pause", "resume", "cancel"]
    """`resume` goes on from the beginning of the word that was cut off; a cancelled clause is never heard of again."""


class ClockPing(Message, frozen=True, kw_only=True, tag="clock_ping"):
    """Asks the page's clock; the page answers at once with a `clock_pong` of the same id."""

    id: int


class SendLess(Message, frozen=True, kw_only=True, tag="send_less"):
    """Asks the page for fewer or smaller pictures from now on, or for as many and as large as at first again."""

    fps: int
    width_px: int


# ---- data channel "agent", customer's page to agent -----------------------------------------------------------------


class ClockPong(Message, frozen=True, kw_only=True, tag="clock_pong"):
    id: int
    page_ms: float
    """The page's wall clock when it saw the ping: performance.timeOrigin + performance.now()."""


class PageSpoken(Message, frozen=True, kw_only=True, tag="spoken"):
    """How far the browser has got with a clause."""

    id: str
    state: Literal["started", "reached", "ended", "unavailable"]
    """`unavailable` where the browser has no voice for the language, or that voice failed."""
    characters: int = 0
    """How much of the clause was spoken before the word that now begins."""


class Chat(Message, frozen=True, kw_only=True, tag="chat"):
    text: str


class DeviceState(Message, frozen=True, kw_only=True, tag="devices"):
    camera: bool
    microphone: bool


class WithdrawConsent(Message, frozen=True, kw_only=True, tag="withdraw"):
    purposes: tuple[str, ...]


class Leave(Message, frozen=True, kw_only=True, tag="leave"):
    """The customer ends the call."""


FromPage = ClockPong | PageSpoken | Chat | DeviceState | WithdrawConsent | Leave
ToPage = (
    Welcome
    | Caption
    | ShowCard
    | HideCard
    | CallStateChanged
    | AgentSpeaking
    | PageSay
    | PageSpeech
    | ClockPing
    | SendLess
)


# ---- supervisors' WebSocket -----------------------------------------------------------------------------------------


class CallSummary(msgspec.Struct, frozen=True, kw_only=True):
    call_id: str
    state: str
    started_at: float
    """Unix time in seconds."""
    locale: str
    purposes: tuple[str, ...]
    affect: str = "unknown"
    last_intent: str | None = None
    ended_because: str | None = None


class CallList(Message, frozen=True, kw_only=True, tag="calls"):
    """All live calls; sent on connecting, whenever one begins, changes or ends, and when the line moves."""

    calls: tuple[CallSummary, ...]
    rated: int | None = None
    """Calls with everything in them that may go on at a time; None while that is not known."""
    in_line: int = 0
    """Customers who wait for a free line."""


class SignalMessage(Message, frozen=True, kw_only=True, tag="signal"):
    signal: Signal


class SupervisorCaption(Message, frozen=True, kw_only=True, tag="supervisor_caption"):
    """What was said in a watched call, by either side, with the signals that shaped it."""

    call_id: str
    caption: Caption


class SupervisorNote(Message, frozen=True, kw_only=True, tag="note"):
    """What the reply engine wants a supervisor to know."""

    call_id: str
    text: str


class HandoffRequested(Message, frozen=True, kw_only=True, tag="handoff"):
    call_id: str
    reason: str
    urgency: Literal["normal", "high"] = "normal"


class Fault(Message, frozen=True, kw_only=True, tag="error"):
    """The last message could not be used; the connection goes on."""

    message: str


class FaceOverlay(msgspec.Struct, frozen=True, kw_only=True):
    track_id: int
    box: tuple[float, float, float, float]
    """x, y, width, height as fractions of the picture."""
    points: tuple[int, ...]
    """x0, y0, x1, y1, … of 468 landmarks in ten-thousandths of the picture's width and height; empty for bystanders."""


class HandOverlay(msgspec.Struct, frozen=True, kw_only=True):
    side: str
    gesture: str
    probability: float
    points: tuple[int, ...]
    """x0, y0, … of 21 landmarks in ten-thousandths."""


class PictureHeader(Message, frozen=True, kw_only=True, tag="picture"):
    """Header of a binary message: 4 bytes big-endian length of this JSON, the JSON, then the JPEG of the same frame."""

    call_id: str
    frame_id: int
    captured_at: float
    media_ms: float
    age_ms: float
    width_px: int
    height_px: int
    faces: tuple[FaceOverlay, ...]
    hands: tuple[HandOverlay, ...]
    stage_ms: dict[str, float]


class StageSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a frame's way."""

    name: str
    began_ms: float
    """After the frame's capture, by the clock that the agent knows."""
    took_ms: float


class SignalRef(msgspec.Struct, frozen=True, kw_only=True):
    """Names a signal of the same call."""

    seq: int
    kind: str


class FrameTrace(Message, frozen=True, kw_only=True, tag="trace"):
    """The life of one camera frame, whether it was analysed or not."""

    call_id: str
    frame_id: int
    rtp_timestamp: int
    outcome: str
    """"analysed", or why it was not."""
    stage_ms: dict[str, float]
    """Milliseconds by stage: received (last packet to decoded and taken), those of the analysis, published."""
    spans: tuple[StageSpan, ...]
    """The same way in finer stages, in order, with when each began."""
    signals: tuple[SignalRef, ...]
    """What was published of this frame."""
    captured_at: float
    """Unix time in seconds."""
    captured_error_ms: float
    captured_from: str
    arrived_at: float
    """Unix time in seconds of the last packet's arrival."""
    published_at: float
    """Unix time in seconds at which the frame's signals went out."""
    age_ms: float
    """From capture to publication, by the clock that the agent knows."""


class Watch(Message, frozen=True, kw_only=True, tag="watch"):
    """Asks for signals, captions and pictures of one call, in place of the call watched before."""

    call_id: str
    pictures: bool = True
    """Whether to send the analysed pictures too; making them costs the agent some time a frame."""
    traces: bool = False
    """Whether to send a `trace` for every frame."""


class Unwatch(Message, frozen=True, kw_only=True, tag="unwatch"):
    pass


FromSupervisor = Watch | Unwatch
ToSupervisor = CallList | SignalMessage | SupervisorCaption | SupervisorNote | HandoffRequested | FrameTrace | Fault


def encode_picture(header: PictureHeader, jpeg: bytes) -> bytes:
    """The binary message that carries a picture and what is drawn over it."""
    head = msgspec.json.encode(header)
    return len(head).to_bytes(4, "big") + head + jpeg
