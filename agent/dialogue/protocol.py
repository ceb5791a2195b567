"""Reply protocol, version 1: what an agent and a reply engine say to each other about one call, as JSON text frames.

One WebSocket connection carries one call. Both sides open with `hello`; the agent follows with `call_started`. A reader
ignores fields and message types that it does not know, so that either side can be older. `docs/reply-protocol.md`
explains it to writers of engines; `python -m agent.dialogue.protocol` writes the JSON Schema beside it.
"""

from typing import Annotated, Any, Literal

import msgspec

from agent.core.cards import Card
from agent.core.sentences import Sentence, sentence
from agent.core.settings import REPOSITORY
from agent.core.signals import Signal

PROTOCOL_VERSION = 1
SUBPROTOCOL = "attentive-reply.v1"
"""Name offered in Sec-WebSocket-Protocol; an engine need not select it."""
MAX_MESSAGE_BYTES = 64 * 1024
"""A longer message is refused and counted, and the connection goes on."""
HARD_MESSAGE_LIMIT_BYTES = 4 * 1024 * 1024
"""A message beyond this is not even received: the connection is closed with 1009."""
SCHEMA_PATH = REPOSITORY / "docs" / "reply-protocol.schema.json"

GUEST = "guest"
"""Customer of a call to which nobody signed in."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
LONGEST_PICTURE = 48_000
"""Characters of base64; a message has room for it beside its words."""
LONGEST_TEXT = 4_000
"""Characters of one utterance, chat line or reply."""
Spoken = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
"""Words of a person or of the agent."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A JSON object told apart by its `type`."""


# ---- agent to engine ------------------------------------------------------------------------------------------------


class AgentHello(Message, frozen=True, kw_only=True, tag="hello"):
    """First message of the agent."""

    protocol: int = PROTOCOL_VERSION
    agent: str = "attentive-agent"
    capabilities: tuple[str, ...] = ("say", "say_delta", "show", "hide", "handoff", "stop", "note", "suggest")
    """Engine messages that this agent acts on."""


class CallStarted(Message, frozen=True, kw_only=True, tag="call_started"):
    """The call that this connection is about; second message of the agent, once a connection."""

    call_id: Id
    locale: str = "en"
    customer: str = GUEST
    """Pseudonym under which the business knows the customer; "guest" when nobody signed in."""
    purposes: tuple[str, ...] = ()
    """What the customer agreed to, e.g. "speech", "expression"; signals of other purposes never come."""
    consent_version: str = ""
    resumed: bool = False
    """True when an earlier connection already began this call: do not greet again."""


class SignalSeen(Message, frozen=True, kw_only=True, tag="signal"):
    """One fused signal. Of state kinds a slow engine gets only the latest."""

    signal: Signal


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent's own model makes of the customer's words."""

    label: str
    probability: float
    out_of_scope: bool = False
    slots: dict[str, str] = {}
    """What was named, normalised: order_id "A1042", product "kettle"."""
    seq: int | None = None
    """Number of the intent signal that says the same."""


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's words in another language, by a machine."""

    language: str
    """ISO 639-1."""
    text: Spoken


class Utterance(Message, frozen=True, kw_only=True, tag="utterance"):
    """What the customer said. Partial ones (`final` false) are revised by later ones of the same id."""

    id: int
    text: Spoken
    final: bool = True
    likely_final: bool = False
    """The customer has paused after these words of a partial one, which may prove to be all. An engine may ignore it,
    or answer early with `guess`."""
    language: str = "en"
    intent: Intent | None = None
    affect: str = "unknown"
    """Label of the affect signal that held when it was said."""
    turn: int = 0
    """Counts what the customer says or types, from 1; revisions of an utterance keep it. 0 from agents that do not."""
    translation: Translation | None = None


class Chat(Message, frozen=True, kw_only=True, tag="chat"):
    """What the customer typed, or the line of a card's button that was pressed."""

    text: Spoken
    language: str = "en"
    """Of the text; where that does not tell, the language of what came before it."""
    intent: Intent | None = None
    affect: str = "unknown"
    turn: int = 0
    """As of an utterance."""
    translation: Translation | None = None
    picture: Annotated[str, msgspec.Meta(max_length=LONGEST_PICTURE)] = ""
    """Sent along by the customer: a small JPEG in base64. Only where the embedded engine's language model sees pictures
    (`reply.llm.sees_pictures`); it is for this answer, and kept by nobody."""


class Translated(Message, frozen=True, kw_only=True, tag="translated"):
    """What the customer said in an earlier turn, whose translation was not ready when it was sent."""

    turn: int
    translation: Translation


class BargeIn(Message, frozen=True, kw_only=True, tag="barge_in"):
    """The customer spoke over the agent, which fell silent."""

    say: Id
    """The `say` that was cut off."""
    heard_text: str
    """The part of it that had been spoken."""


class Coach(Message, frozen=True, kw_only=True, tag="coach"):
    """A supervisor's whisper; the customer does not know of it."""

    text: Spoken


class TakenOver(Message, frozen=True, kw_only=True, tag="taken_over"):
    """A person speaks in the agent's place: say nothing until `resumed`. What the customer says goes on to come."""


class StaffWrote(Message, frozen=True, kw_only=True, tag="staff_wrote"):
    """What a person who has the call wrote to the customer. What they say is read by nobody, and comes nowhere."""

    text: Spoken


class Resumed(Message, frozen=True, kw_only=True, tag="resumed"):
    """The person handed the call back."""


class ConsentChanged(Message, frozen=True, kw_only=True, tag="consent_changed"):
    """What the customer agrees to from now on: forget what came of a purpose that is no longer among them."""

    purposes: tuple[str, ...]


class CallEnded(Message, frozen=True, kw_only=True, tag="call_ended"):
    """Last message of the agent."""

    reason: str


ToEngine = (
    AgentHello
    | CallStarted
    | SignalSeen
    | Utterance
    | Chat
    | Translated
    | BargeIn
    | Coach
    | TakenOver
    | StaffWrote
    | Resumed
    | ConsentChanged
    | CallEnded
)

# ---- engine to agent ------------------------------------------------------------------------------------------------


class EngineHello(Message, frozen=True, kw_only=True, tag="hello"):
    """First message of the engine; an agent that does not speak this `protocol` closes the connection."""

    protocol: int = PROTOCOL_VERSION
    engine: str = "unnamed"


class SayStyle(msgspec.Struct, frozen=True, kw_only=True):
    rate: Annotated[float, msgspec.Meta(ge=0.5, le=2.0)] = 1.0
    """Speaking rate; below 1 is slower."""
    tone: str = "neutral"
    """"neutral", "warm" or "calm"; a voice that knows no tones ignores it."""


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """Signals of one kind that shaped a reply."""

    kind: str
    """Kind of signal: "intent", "affect", "gesture" …"""
    seqs: tuple[int, ...] = ()
    """Their numbers in this call; empty when the evidence came without one."""
    words: str
    """The same for people to read."""
    code: str = ""
    """Of the words, where they are one of the agent's own sentences (`agent.core.sentences`): by it and the values
    pages say them in their own language. An engine with sentences of its own leaves both out."""
    values: dict[str, str | tuple[str, ...]] = {}

    @classmethod
    def of(cls, kind: str, words: str, seqs: tuple[int, ...] = ()) -> "Because":
        """With the code and values of words that are `Told`."""
        said = sentence(words)
        return cls(kind=kind, seqs=seqs, words=said.words, code=said.code, values=said.values)

    @property
    def sentence(self) -> Sentence:
        return Sentence(words=self.words, code=self.code, values=self.values)


class Say(Message, frozen=True, kw_only=True, tag="say"):
    """A whole reply, spoken and shown as caption."""

    id: Id
    text: Spoken
    interruptible: bool = True
    style: SayStyle = SayStyle()
    language: str = "en"
    """Of the text, ISO 639-1. Where the agent has no voice for it, the customer's browser speaks."""
    because: tuple[Because, ...] = ()
    in_reply_to: int | None = None
    """The `turn` that it answers, if it answers one. A reply to a turn that never was is not spoken, nor is one that
    comes after the agent has given up waiting and the customer has gone on to another turn."""
    guess: bool = False
    """To be made ready, not spoken: the engine says it again, with the same id and without this, once the final
    utterance has proved to hold the same words as the likely one; otherwise it never does."""


class SayDelta(Message, frozen=True, kw_only=True, tag="say_delta"):
    """The next piece of a streamed reply. The first piece of an id opens it, and all that goes with it counts."""

    id: Id
    text: Spoken
    interruptible: bool = True
    style: SayStyle = SayStyle()
    language: str = "en"
    in_reply_to: int | None = None


class SayEnd(Message, frozen=True, kw_only=True, tag="say_end"):
    """A streamed reply is complete."""

    id: Id
    because: tuple[Because, ...] = ()


class Show(Message, frozen=True, kw_only=True, tag="show"):
    """Something to look at beside the call."""

    card: Card


class Hide(Message, frozen=True, kw_only=True, tag="hide"):
    """A card is out of date, as a question that has been answered: take it away, or do nothing where it is gone."""

    card: Id


class Handoff(Message, frozen=True, kw_only=True, tag="handoff"):
    """A person is wanted in this call."""

    reason: str
    urgency: Literal["normal", "high"] = "normal"


class Stop(Message, frozen=True, kw_only=True, tag="stop"):
    """Fall silent and forget what is still to be spoken."""

    say: Id | None = None
    """Only this reply; all of them when absent."""


class Note(Message, frozen=True, kw_only=True, tag="note"):
    """For supervisors only; the customer never sees or hears it."""

    text: str


class Suggest(Message, frozen=True, kw_only=True, tag="suggest"):
    """What the engine would say if no person had the call: shown to that person, never spoken."""

    text: Spoken
    because: tuple[Because, ...] = ()
    in_reply_to: int | None = None
    """As of a `say`."""


FromEngine = EngineHello | Say | SayDelta | SayEnd | Show | Hide | Handoff | Stop | Note | Suggest

# ---- schema ---------------------------------------------------------------------------------------------------------


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of both directions: `agent_to_engine` and `engine_to_agent` under `$defs`."""
    (agent, engine), components = msgspec.json.schema_components((ToEngine, FromEngine), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Reply protocol {PROTOCOL_VERSION}",
        "anyOf": [{"$ref": "#/$defs/agent_to_engine"}, {"$ref": "#/$defs/engine_to_agent"}],
        "$defs": {"agent_to_engine": agent, "engine_to_agent": engine, **components},
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return msgspec.json.format(msgspec.json.encode(json_schema(), order="sorted"), indent=2).decode() + "\n"


if __name__ == "__main__":
    SCHEMA_PATH.parent.mkdir(exist_ok=True)
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA_PATH.relative_to(REPOSITORY))
