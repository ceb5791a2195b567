"""What a customer's page and the agent say to each other over a call's data channel."""

from typing import Literal

import msgspec

from agent.core.cards import Card
from agent.core.lifecycle import CallState, EndReason
from agent.core.sentences import Sentence
from agent.core.speech import MouthShape


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
    recorded: bool = False
    """Whether the customer's picture and sound are being recorded."""


class Caption(Message, frozen=True, kw_only=True, tag="caption"):
    """Words of either side. A later caption with the same id replaces an earlier one; without text it takes it away."""

    id: str
    speaker: Literal["agent", "customer", "staff"]
    text: str
    final: bool = True
    because: tuple[str, ...] = ()
    """Signals that shaped this reply, in plain words; empty for the customer's own."""
    told_because: tuple[Sentence, ...] = ()
    """The same, to be said in another language; for staff alone."""
    because_seqs: tuple[int, ...] = ()
    """Numbers of these signals in this call."""
    translation: str = ""
    """The same in the language of those who watch, by a machine; empty while there is none."""
    translation_language: str = ""
    """ISO 639-1."""


class SharedPicture(Message, frozen=True, kw_only=True, tag="shared_picture"):
    """A picture that the customer sent into a watched call, for as long as the call lasts."""

    call_id: str
    id: str
    url: str
    """Where staff get it, as a path of this address."""
    width_px: int
    height_px: int


class ShowCard(Message, frozen=True, kw_only=True, tag="card"):
    """Something to look at beside the call: an order, a form, a confirmation."""

    card: Card


class HideCard(Message, frozen=True, kw_only=True, tag="hide_card"):
    """A card is out of date; nothing happens where the customer has closed it."""

    id: str


class Recalled(Message, frozen=True, kw_only=True, tag="recalled"):
    """What was said and shown so far, in order, to a page whose connection is another one: in place of what it has."""

    captions: tuple[Caption, ...] = ()
    cards: tuple[Card, ...] = ()


class CallStateChanged(Message, frozen=True, kw_only=True, tag="state"):
    state: CallState
    reason: EndReason | None = None
    """Why it ended, once it has."""


class AgentSpeaking(Message, frozen=True, kw_only=True, tag="speaking"):
    active: bool


class MouthMoves(Message, frozen=True, kw_only=True, tag="mouth"):
    """What the drawn mouth does while the speech is heard that goes out now; it takes the place of what was told
    before. Without any shape the mouth follows the sound, as it does for voices that do not tell."""

    shapes: tuple[MouthShape, ...]
    at_ms: tuple[int, ...]
    """When each begins, from now on."""


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
    """Takes effect with the next frame and word; answered by a `welcome` with what is left."""

    purposes: tuple[str, ...]


class GiveConsent(Message, frozen=True, kw_only=True, tag="agree"):
    """Agrees to what the notice of this call asked for, too, or again; answered by a `welcome` with what then holds.

    Nothing changes while there is no time to read more, or for a track that is closed since nothing may be read of it.
    """

    purposes: tuple[str, ...]


class Leave(Message, frozen=True, kw_only=True, tag="leave"):
    """The customer ends the call."""


FromPage = ClockPong | PageSpoken | Chat | DeviceState | WithdrawConsent | GiveConsent | Leave
ToPage = (
    Welcome
    | Caption
    | ShowCard
    | HideCard
    | Recalled
    | CallStateChanged
    | AgentSpeaking
    | MouthMoves
    | PageSay
    | PageSpeech
    | ClockPing
    | SendLess
)
