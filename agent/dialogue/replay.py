"""Plays what an engine was sent in a past call to ours again, with feelings and without: what would it have said?

The policy is a function of messages and of time, so both runs differ in nothing but the signals. Tools run for real, on
whatever database they are opened with: give a copy.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from agent.core.clock import NS_PER_S
from agent.core.signals import EMOTION_KINDS, kind_of
from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import Domain
from agent.dialogue.protocol import CallStarted, Chat, FromEngine, Handoff, Say, Show, SignalSeen, ToEngine, Utterance
from agent.dialogue.talk import Talk
from agent.dialogue.tools import FAILED, ToolCall, ToolResult, Tools


@dataclass(slots=True)
class PastClock:
    """Stands where the call stood; both clocks are one."""

    ns: int = 0

    def now_ns(self) -> int:
        return self.ns

    def wall_ns(self) -> int:
        return self.ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message to an engine, and when it went out."""

    at_s: float
    """Unix time."""
    message: ToEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one message, as far as the customer notices it."""

    said: tuple[str, ...] = field(repr=False)
    rate: float = 1.0
    """Of the first reply."""
    tone: str = "neutral"
    cards: tuple[str, ...] = ()
    """Their titles."""
    handoff: str | None = None
    """How urgently a person was called, if one was."""

    @property
    def noticed(self) -> bool:
        """Whether there was anything to notice."""
        return bool(self.said or self.cards or self.handoff)


SILENCE = Answer(said=())


def without_emotion(messages: Sequence[Sent]) -> list[Sent | None]:
    """The same call with a customer who shows nothing of how they feel; None in the place of what is left out."""
    return [_unfelt(one) for one in messages]


def _unfelt(one: Sent) -> Sent | None:
    match one.message:
        case SignalSeen(signal=signal) if kind_of(signal) in EMOTION_KINDS:
            return None
        case Utterance() | Chat() as words:
            return Sent(at_s=one.at_s, message=msgspec.structs.replace(words, affect="unknown"))
        case _:
            return one


async def replayed(messages: Sequence[Sent | None], domain: Domain, tools: Tools, clock: PastClock) -> list[Answer]:
    """What our engine answers to each message, by flows and help pages alone, and nothing to None. `clock` is the one
    that `tools` have.

    The first `CallStarted` begins the call; further ones, which came after breaks, are left out.
    """
    started = next((one.message for one in messages if one and isinstance(one.message, CallStarted)), None)
    if started is None:
        return [SILENCE for _ in messages]
    out: list[FromEngine] = []
    answers: list[Answer] = []

    async def send(message: FromEngine) -> None:
        out.append(message)

    conversation = Conversation(call_id=started.call_id, customer=started.customer, say_prefix="replay-")
    with ThreadPoolExecutor(1, thread_name_prefix="replay") as thread:

        async def run_tool(call: ToolCall) -> ToolResult:
            try:
                return await asyncio.get_running_loop().run_in_executor(thread, tools.run, call)
            except Exception:
                return FAILED

        async with asyncio.TaskGroup() as tasks:
            talk = Talk(conversation, domain=domain, run_tool=run_tool, send=send, clock=clock, tasks=tasks, model=None)
            for one in messages:
                if one is not None and (one.message is started or not isinstance(one.message, CallStarted)):
                    clock.ns = round(one.at_s * NS_PER_S)
                    await talk.take(one.message)
                answers.append(_answer(out))
                out.clear()
    return answers


def _answer(messages: Sequence[FromEngine]) -> Answer:
    replies = [message for message in messages if isinstance(message, Say) and not message.guess]
    handoffs = [message.urgency for message in messages if isinstance(message, Handoff)]
    return Answer(
        said=tuple(reply.text for reply in replies),
        rate=replies[0].style.rate if replies else 1.0,
        tone=replies[0].style.tone if replies else "neutral",
        cards=tuple(message.card.title for message in messages if isinstance(message, Show)),
        handoff=handoffs[0] if handoffs else None,
    )
