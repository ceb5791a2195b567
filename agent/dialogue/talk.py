"""One call's conversation under way: messages in, what the policy makes of them out, tools asked in between."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from agent.core.clock import Clock
from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import Domain
from agent.dialogue.guess import Guess
from agent.dialogue.policy import Incoming, step
from agent.dialogue.protocol import Because, Chat, FromEngine, Say, SignalSeen, Utterance
from agent.dialogue.tools import ToolCall, ToolResult

Send = Callable[[FromEngine], Awaitable[None]]
RunTool = Callable[[ToolCall], Awaitable[ToolResult]]
"""Never raises; `FAILED` for a tool that did."""


class Talk:
    """Belongs to one connection's task: one message at a time."""

    def __init__(
        self, conversation: Conversation, *, domain: Domain, run_tool: RunTool, send: Send, clock: Clock
    ) -> None:
        self.conversation = conversation
        self._domain = domain
        self._run_tool = run_tool
        self._send = send
        self._clock = clock
        self._guess: Guess | None = None
        """The early answer that is still open."""
        self._turn: int | None = None
        """The customer's turn that is being answered."""
        self._lookups: list[Because] = []
        """Tools that were asked for this answer, and what they said."""

    async def take(self, message: Incoming) -> None:
        """Answers one message."""
        guess, self._guess = self._guess, None
        self._turn = (message.turn or None) if isinstance(message, Utterance | Chat) else None
        self._lookups.clear()
        match message:
            case Utterance(final=False, likely_final=True):
                self._guess = await self._make_ready(message)
            case Utterance(final=False):
                self._guess = guess
            case Utterance() if guess is not None and guess.answers(message, self.conversation):
                for out in guess.held:
                    await self._send(out)
                self.conversation = guess.after
            case SignalSeen() if guess is not None:
                before = self.conversation
                await self._step(message)
                self._guess = guess.moved(message, before, self.conversation, self._clock.now_ns(), self._domain)
            case _:
                await self._step(message)

    async def _make_ready(self, likely: Utterance) -> Guess | None:
        """Has the answer to words that may be all made ready, without writing anything."""
        held: list[FromEngine] = []
        after = self.conversation
        following: Incoming | None = msgspec.structs.replace(likely, final=True)
        while following is not None:
            after, outgoing = step(after, following, self._clock.now_ns(), self._domain)
            following = None
            for out in outgoing:
                if isinstance(out, ToolCall):
                    if out.name in self._domain.writing_tools:
                        return None
                    following = await self._look_up(out)
                else:
                    held.append(self._explained(out, after))
        first = next((out for out in held if isinstance(out, Say)), None)
        if first is not None:
            await self._send(msgspec.structs.replace(first, guess=True))
        # The ids in it are taken, whether it proves right or not.
        self.conversation = replace(self.conversation, says=after.says)
        return Guess(likely=likely, before=self.conversation, after=after, held=tuple(held))

    async def _step(self, message: Incoming) -> None:
        """The conversation after `message` and the tools it led to, all of it said."""
        following: Incoming | None = message
        while following is not None:
            self.conversation, outgoing = step(self.conversation, following, self._clock.now_ns(), self._domain)
            following = None
            for out in outgoing:
                if isinstance(out, ToolCall):
                    following = await self._look_up(out)
                else:
                    await self._send(self._explained(out, self.conversation))

    async def _look_up(self, call: ToolCall) -> ToolResult:
        result = await self._run_tool(call)
        self._lookups.append(Because(kind="tool", words=f"{call.name} said {result.outcome}"))
        return result

    def _explained(self, out: FromEngine, conversation: Conversation) -> FromEngine:
        """Adds to a reply the turn that it answers, the flow under way, and the tools that were asked for it."""
        if not isinstance(out, Say):
            return out
        flow = (Because(kind="flow", words=f"flow {conversation.task.flow}"),) if conversation.task is not None else ()
        return msgspec.structs.replace(out, in_reply_to=self._turn, because=(*out.because, *flow, *self._lookups))
