"""What supervisors' pages and the agent say to each other over their WebSocket."""

from typing import Annotated, Literal

import msgspec

from agent.core.alerts import AlertKind
from agent.core.sentences import Sentence
from agent.core.signals import Signal
from agent.transport.messages import Caption, Message, SharedPicture

MOST_GLANCES = 20
"""Calls of which one supervisor may see small pictures at a time."""


class CallSummary(msgspec.Struct, frozen=True, kw_only=True):
    call_id: str
    state: str
    started_at: float
    """Unix time in seconds."""
    state_since: float = 0.0
    """Unix time at which that state was entered; 0 where it is not known."""
    locale: str
    purposes: tuple[str, ...]
    domain: str | None = None
    """The pack that answers; None where another engine does."""
    affect: str = "unknown"
    valence: float | None = None
    """In tenths, so that a call changes only when something has."""
    trend: str = "unknown"
    """Of valence."""
    last_intent: str | None = None
    degraded: bool = False
    """Whether its health is not good."""
    away: bool = False
    """Whether the customer's connection is lost, and waited for."""
    ended_because: str | None = None


class CallList(Message, frozen=True, kw_only=True, tag="calls"):
    """All live calls; sent on connecting, and whenever one begins or ends."""

    calls: tuple[CallSummary, ...]


class CallChanged(Message, frozen=True, kw_only=True, tag="call"):
    """One of the calls of the latest list is different now. One that is not in that list has ended meanwhile."""

    call: CallSummary


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the customers of some time."""

    customers: int
    in_time: int
    given_up: int
    """Who left the line before a line was free."""


class Service(Message, frozen=True, kw_only=True, tag="service"):
    """How customers are served as a whole; sent on connecting, whenever it changes, and every half minute."""

    rated: int
    """Calls with everything in them that may go on at a time."""
    in_use: int
    free_share: float
    """Of what all calls may use, 0 to 1."""
    in_line: int
    """Customers who wait for a free line."""
    waiting_since: float | None = None
    """Unix time at which the one who waits longest came."""
    answered_within_s: float
    """What counts as in time."""
    last_hour: Served
    last_day: Served
    faults: tuple[str, ...] = ()
    """What is wrong with the agent as a whole, in words."""
    told_faults: tuple[Sentence, ...] = ()
    """The same, to be said in another language."""


class AlertEvidence(Sentence, frozen=True, kw_only=True):
    at: float
    """Unix time in seconds."""
    seqs: tuple[int, ...] = ()
    """Signals of the call that it rests on."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call wants a supervisor; it goes by itself when its reason does."""

    id: str
    """The call's, a hyphen, and the number of the alert in the call, from 1."""
    call_id: str
    kind: AlertKind
    urgent: bool
    since: float
    """Unix time in seconds."""
    evidence: tuple[AlertEvidence, ...]
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None


class AlertList(Message, frozen=True, kw_only=True, tag="alerts"):
    """All that stand open, the oldest first; sent at every change, and on connecting where there are any.

    Every supervisor gets the same.
    """

    alerts: tuple[Alert, ...]


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


class NextReply(Message, frozen=True, kw_only=True, tag="next_reply"):
    """What the agent would say next, before any of it is said; the one before it is out of date.

    Without text there is nothing any more.
    """

    call_id: str
    text: str
    because: tuple[str, ...] = ()
    told_because: tuple[Sentence, ...] = ()
    """The same, to be said in another language."""
    suggested: bool = False
    """True while a person has the call, to whom it is a suggestion. Otherwise the agent says it itself, as soon as the
    customer proves to have finished."""


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
    pose_deg: tuple[float, float, float] | None = None
    """Yaw to the right edge of the picture, pitch upwards, roll clockwise; None for bystanders."""
    gaze: tuple[float, float] | None = None
    """How far the eyes look to the right edge of the picture and upwards within the head, each -1 to 1; None where the
    models do not read it."""


class HandOverlay(msgspec.Struct, frozen=True, kw_only=True):
    side: str
    gesture: str
    probability: float
    points: tuple[int, ...]
    """x0, y0, … of 21 landmarks in ten-thousandths."""


class AnalysedFrame(Message, frozen=True, kw_only=True):
    """What was read from one camera frame, to be drawn over that frame and over no other."""

    call_id: str
    frame_id: int
    rtp_timestamp: int
    """As the customer's side sent it. Who sees the picture forwarded gets it under another one: see `/clock`."""
    captured_at: float
    media_ms: float
    age_ms: float
    width_px: int
    height_px: int
    faces: tuple[FaceOverlay, ...]
    hands: tuple[HandOverlay, ...]
    stage_ms: dict[str, float]


class PictureHeader(AnalysedFrame, frozen=True, kw_only=True, tag="picture"):
    """Header of a binary message: 4 bytes big-endian length of this JSON, the JSON, then the JPEG of the same frame."""


class Overlay(AnalysedFrame, frozen=True, kw_only=True, tag="overlay"):
    """Without the picture, for those who see it forwarded."""


class GlimpseHeader(Message, frozen=True, kw_only=True, tag="glimpse"):
    """Header of a binary message as of `picture`, with a small JPEG: one a second and call at most."""

    call_id: str
    frame_id: int
    captured_at: float


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
    overlays: bool = False
    """Whether to send an `overlay` for every analysed frame."""
    traces: bool = False
    """Whether to send a `trace` for every frame."""


class Unwatch(Message, frozen=True, kw_only=True, tag="unwatch"):
    pass


class Glance(Message, frozen=True, kw_only=True, tag="glance"):
    """Asks for small pictures of these calls, in place of those before; of none with an empty list."""

    call_ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_GLANCES)]


class Acknowledge(Message, frozen=True, kw_only=True, tag="acknowledge"):
    """Tells all supervisors that somebody sees to an alert."""

    alert: str
    """Its id."""


FromSupervisor = Watch | Unwatch | Glance | Acknowledge
ToSupervisor = (
    CallList
    | CallChanged
    | AlertList
    | Service
    | SignalMessage
    | SupervisorCaption
    | SharedPicture
    | SupervisorNote
    | NextReply
    | HandoffRequested
    | Overlay
    | FrameTrace
    | Fault
)


def encode_picture(header: PictureHeader | GlimpseHeader, jpeg: bytes) -> bytes:
    """The binary message that carries a picture and what is drawn over it."""
    head = msgspec.json.encode(header)
    return len(head).to_bytes(4, "big") + head + jpeg
