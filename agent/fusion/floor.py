"""Who gives way when both speak: the agent holds its breath at once, and goes on or yields when it knows what was said.

Pure: each event gives the next state and at most one move for the agent's mouth.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from agent.core.clock import NS_PER_MS
from agent.core.speech import HearingEvent, HearingFailed, Transcript, VoiceStarted, VoiceStopped
from agent.fusion.words import Meaning, meaning

WORDLESS_MS = 3_000
"""A voice over the agent of which no word is understood in this time is noise."""
UNREAD_MS = 2_000
"""Words that are not read this long after the voice has ended do not hold the agent up any more."""
PALM_HOLDS_MS = 5_000


class Move(Enum):
    HOLD = auto()
    """Fall silent at once and keep what is left to say."""
    GO_ON = auto()
    """Say the rest, from the word that was cut off."""
    YIELD = auto()
    """Forget the rest: the turn is the customer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpeech:
    """What the agent is about when something is heard."""

    talking: bool
    """Whether a reply that may be interrupted is being spoken, held or about to be."""
    asking: bool
    """Whether that reply holds a question, so that a yes is more than a nod."""
    said: str
    """What of it has gone out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What is remembered of the two voices."""

    voice: bool = False
    """Whether the customer is heard."""
    voice_from_ns: int = 0
    """Capture time at which the present or last voice began."""
    voice_holds: bool = False
    """Whether the agent is silent because of it."""
    over_from_ns: int | None = None
    """Capture time at which the customer began to speak over the agent; None when the last voice met silence."""
    understood: Meaning | None = None
    """What is known so far of the words spoken over the agent."""
    palm_holds: bool = False
    doubt_holds: bool = False
    """Whether the agent is silent because the customer may yet go on."""
    answer_from_ns: int = 0
    """When the customer can be taken to have finished."""
    check_at_ns: int | None = None
    """When `wait` is to be asked again."""

    @property
    def holds(self) -> bool:
        return self.voice_holds or self.palm_holds or self.doubt_holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What follows from an event."""

    move: Move | None = None
    heed: bool = True
    """Whether the words are the customer's turn, to be answered."""


def hear(floor: Floor, event: HearingEvent, agent: AgentSpeech, now_ns: int) -> tuple[Floor, Ruling]:
    """A voice begins or ends, or words were read."""
    if isinstance(event, Transcript) and event.final:
        floor = replace(floor, answer_from_ns=event.answer_from_ns)
    match event:
        case VoiceStarted():
            return _begin(floor, event, agent, now_ns)
        case VoiceStopped():
            floor = replace(floor, voice=False)
            if floor.voice_holds and floor.understood is not None:
                return _go_on(floor)
            check_at_ns = now_ns + UNREAD_MS * NS_PER_MS if floor.voice_holds else floor.check_at_ns
            return replace(floor, check_at_ns=check_at_ns), Ruling()
        case Transcript() if floor.over_from_ns is not None and event.stamp.captured_ns >= floor.over_from_ns:
            return _understand(floor, event, agent)
        case HearingFailed() if floor.voice_holds and not floor.voice:
            return _go_on(floor)
        case _:
            return floor, Ruling()


def reply_comes(floor: Floor, now_ns: int) -> tuple[Floor, Ruling]:
    """A reply is about to be spoken: it waits while the customer speaks, or may be about to."""
    if not floor.voice and not floor.holds and now_ns < floor.answer_from_ns:
        floor = replace(floor, doubt_holds=True, check_at_ns=floor.answer_from_ns)
        return floor, Ruling(move=Move.HOLD)
    if not floor.voice or floor.voice_holds:
        return floor, Ruling()
    move = None if floor.holds else Move.HOLD
    check_at_ns = now_ns + WORDLESS_MS * NS_PER_MS
    floor = replace(floor, voice_holds=True, over_from_ns=floor.voice_from_ns, understood=None, check_at_ns=check_at_ns)
    return floor, Ruling(move=move)


def palm(floor: Floor, *, raised: bool, agent: AgentSpeech, now_ns: int) -> tuple[Floor, Ruling]:
    """An open palm goes up or down; it holds the agent for as long as that, or `PALM_HOLDS_MS`."""
    if raised and agent.talking and not floor.palm_holds:
        already = floor.holds
        floor = replace(floor, palm_holds=True, check_at_ns=now_ns + PALM_HOLDS_MS * NS_PER_MS)
        return floor, Ruling(move=None if already else Move.HOLD)
    if not raised and floor.palm_holds:
        floor = replace(floor, palm_holds=False, doubt_holds=False)
        return floor, Ruling(move=None if floor.voice_holds else Move.GO_ON)
    return floor, Ruling()


def wait(floor: Floor, now_ns: int) -> tuple[Floor, Ruling]:
    """Time has passed: nothing holds the agent for ever."""
    if floor.check_at_ns is None or now_ns < floor.check_at_ns or not floor.holds:
        return floor, Ruling()
    return _freed(replace(floor, palm_holds=False)), Ruling(move=Move.GO_ON)


def _begin(floor: Floor, event: VoiceStarted, agent: AgentSpeech, now_ns: int) -> tuple[Floor, Ruling]:
    floor = replace(floor, voice=True, voice_from_ns=event.stamp.captured_ns)
    if not agent.talking:
        return replace(floor, over_from_ns=None, understood=None), Ruling()
    same = floor.voice_holds and floor.over_from_ns is not None
    began_ns = floor.over_from_ns if same else event.stamp.captured_ns
    move = None if floor.holds else Move.HOLD
    check_at_ns = now_ns + WORDLESS_MS * NS_PER_MS
    floor = replace(
        floor,
        voice_holds=True,
        over_from_ns=began_ns,
        understood=None,
        palm_holds=False,
        doubt_holds=False,
        check_at_ns=check_at_ns,
    )
    return floor, Ruling(move=move)


def _understand(floor: Floor, event: Transcript, agent: AgentSpeech) -> tuple[Floor, Ruling]:
    """Words spoken over the agent: real ones take the turn as soon as they are read, others let it go on."""
    meant = meaning(event.text, asking=agent.asking, agent_said=agent.said)
    if meant is Meaning.WORDS:
        silent = Move.GO_ON if floor.holds else None
        floor = replace(_freed(floor), over_from_ns=None, palm_holds=False)
        return floor, Ruling(move=Move.YIELD if agent.talking else silent)
    floor = replace(floor, understood=meant)
    if floor.voice_holds and not floor.voice:
        floor, ruling = _go_on(floor)
        return floor, replace(ruling, heed=False)
    return floor, Ruling(heed=False)


def _go_on(floor: Floor) -> tuple[Floor, Ruling]:
    return _freed(floor), Ruling(move=None if floor.palm_holds else Move.GO_ON)


def _freed(floor: Floor) -> Floor:
    """Neither the voice nor the doubt whether it comes back holds the agent any more."""
    return replace(
        floor, voice_holds=False, doubt_holds=False, check_at_ns=floor.check_at_ns if floor.palm_holds else None
    )
