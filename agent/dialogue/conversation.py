"""Where one conversation stands: the value that a policy steps from message to message."""

from dataclasses import dataclass, field
from enum import StrEnum

from agent.dialogue.mood import Mood
from agent.dialogue.protocol import LONGEST_TEXT, Because, Intent, Say
from agent.dialogue.situation import Situation


class Phase(StrEnum):
    NEW = "new"
    """Nobody has been greeted yet."""
    OPEN = "open"
    TAKEN_OVER = "taken_over"
    """A person speaks; the engine is silent."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A write that waits for a yes."""

    tool: str
    line: str
    """The question."""
    values: dict[str, str] = field(repr=False)
    """What the question names, and the tool is given."""
    say_id: str = ""
    """The reply that asked it last."""
    heard: bool = True
    """False when the question was cut off before the customer can have understood it: a yes does not count then."""
    sign_answered: bool = False
    """True once a hand sign was answered with "please say it"."""
    card: str | None = None
    """Id of the card that the question stands on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One flow under way."""

    flow: str
    asking: str | None = None
    """Slot whose value the customer was asked for."""
    confirmation: Confirmation | None = None
    interrupted: "Task | None" = None
    """What was under way when the customer asked something aside; it goes on afterwards."""
    card: str | None = None
    """Id of the card that the value of `asking` can be given on."""
    told: dict[str, str] = field(default_factory=dict, repr=False)
    """Values of what was looked up last, for asking once more about it."""

    @property
    def cards(self) -> frozenset[str]:
        """Cards of questions that are still open."""
        asked = self.card if self.asking is not None else None
        confirmed = self.confirmation.card if self.confirmation is not None else None
        own = frozenset(card for card in (asked, confirmed) if card is not None)
        return own if self.interrupted is None else own | self.interrupted.cards


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A question that the help pages were asked."""

    intent: Intent | None = field(repr=False)
    """What was understood of it."""


class Speaker(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenLine:
    """What one of the two said."""

    speaker: Speaker
    text: str = field(repr=False)


LINES_KEPT = 16
"""Lines of a talk that are remembered as they were said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Everything that the engine remembers of a call."""

    call_id: str
    customer: str
    say_prefix: str
    """Makes the ids of replies differ from those of an engine that served this call before."""
    phase: Phase = Phase.NEW
    language: str = "en"
    """In which the customer is answered: one that the pack speaks."""
    purposes: frozenset[str] = frozenset()
    """What the customer agreed to."""
    history: tuple[SpokenLine, ...] = field(default=(), repr=False)
    """The last lines of both, the latest last, without answers that prove who the customer is."""
    task: Task | None = None
    search: Search | None = None
    offer: str | None = None
    """Flow that a plain yes begins."""
    known: dict[str, str] = field(default_factory=dict, repr=False)
    """Slots that were named in this call."""
    asked: dict[str, int] = field(default_factory=dict)
    """How often each slot was asked for."""
    misses: int = 0
    """Utterances in a row that were not understood."""
    says: int = 0
    last_say: Say | None = field(default=None, repr=False)
    mood: Mood = Mood()
    situation: Situation = Situation()
    acknowledged_ns: int | None = None
    person_offered: bool = False
    """True once a person was offered because of the customer's mood."""
    grounds: tuple[Because, ...] = field(default=(), repr=False)
    """Signals behind what is being answered now."""

    def remembering(self, speaker: Speaker, text: str) -> tuple[SpokenLine, ...]:
        """The history with one more line; what one of the two says in a row is one line."""
        last = self.history[-1] if self.history else None
        if last is None or last.speaker is not speaker:
            return (*self.history, SpokenLine(speaker=speaker, text=text))[-LINES_KEPT:]
        return (*self.history[:-1], SpokenLine(speaker=speaker, text=f"{last.text} {text}"[-LONGEST_TEXT:]))
