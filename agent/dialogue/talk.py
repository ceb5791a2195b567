"""One call's conversation under way: messages in, what the policy makes of them out, tools asked in between."""

import asyncio
import logging
from collections import deque
from dataclasses import replace

import msgspec

from agent.core.clock import Clock
from agent.core.errors import LanguageModelFailed
from agent.core.sentences import tell
from agent.dialogue.conversation import Conversation, Phase
from agent.dialogue.domain import Domain
from agent.dialogue.guess import Guess
from agent.dialogue.hearing import grounds, leaves_wording_open
from agent.dialogue.llm import ChatEndpoint
from agent.dialogue.llm_answer import LlmAnswer, Send
from agent.dialogue.policy import Incoming, remember, step
from agent.dialogue.protocol import (
    LONGEST_TEXT,
    Because,
    Chat,
    Coach,
    FromEngine,
    Resumed,
    Say,
    SayDelta,
    SignalSeen,
    Suggest,
    TakenOver,
    ToEngine,
    Translated,
    Utterance,
)
from agent.dialogue.tools import FAILED, RunTool, ToolCall, ToolResult
from agent.dialogue.turn import Turn

log = logging.getLogger(__name__)

MOST_LATER = 64
"""Messages that wait for the end of an answer; the oldest go."""


class Talk:
    """Belongs to one connection's task: one message at a time. A language model answers in a task beside it, which ends
    when the customer or a supervisor takes the word; signals wait for its end.
    """

    def __init__(
        self,
        conversation: Conversation,
        *,
        domain: Domain,
        run_tool: RunTool,
        send: Send,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        model: ChatEndpoint | None,
    ) -> None:
        self.conversation = conversation
        self._domain = domain
        self._run_tool = run_tool
        self._send = send
        self._clock = clock
        self._tasks = tasks
        self._model = model
        self._wording: asyncio.Task[None] | None = None
        """The answer of the language model, and what waited for its end."""
        self._worded: LlmAnswer | None = None
        """What the language model is saying."""
        self._later: deque[ToEngine] = deque(maxlen=MOST_LATER)
        self._guess: Guess | None = None
        """The early answer that is still open."""
        self._aside: Conversation | None = None
        """How the conversation would have gone on while a person has the call, if all was said that was suggested."""
        self._turn: int | None = None
        """The customer's turn that is being answered."""
        self._lookups: list[Because] = []
        """Tools that were asked for this answer, and what they said."""

    async def take(self, message: ToEngine) -> None:
        """Answers one message, or begins to have it answered."""
        if self._wording is not None and not self._wording.done():
            if isinstance(message, SignalSeen | Coach | Translated) or _is_partial(message):
                self._later.append(message)
                return
            await self.close()
            await self._take_later()
        if isinstance(message, Utterance | Chat) and not _is_partial(message) and self._may_be_worded(message):
            self._wording = self._tasks.create_task(self._have_worded(message), name="language model")
        else:
            await self._take(message)

    async def close(self) -> None:
        """Breaks a language model's answer off; what of it was said stays said."""
        if self._wording is None:
            return
        if self._worded is not None:
            self._wording.cancel()
        await asyncio.wait([self._wording])
        self._wording = None

    async def _take(self, message: ToEngine) -> None:
        guess, self._guess = self._guess, None
        self._turn = (message.turn or None) if isinstance(message, Utterance | Chat) else None
        self._lookups.clear()
        match message:
            case Utterance(final=False, likely_final=True) if self._may_be_guessed(message):
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
            case TakenOver():
                self._aside = self.conversation
                await self._step(message)
            case Resumed() if self._aside is not None:
                self.conversation = replace(self.conversation, known=self._aside.known)
                self._aside = None
                await self._step(message)
            case _:
                await self._step(message)
                if self.conversation.phase is Phase.TAKEN_OVER and isinstance(message, Utterance | Chat):
                    await self._suggest(message)

    async def _suggest(self, message: Utterance | Chat) -> None:
        """Says to the person who has the call what would be answered, without doing any of it."""
        now = self.conversation
        aside = replace(self._aside or now, mood=now.mood, situation=now.situation, purposes=now.purposes)
        thought = await self._think(replace(aside, phase=Phase.OPEN), message)
        if thought is None:
            return
        self._aside, held = thought
        said = [out for out in held if isinstance(out, Say)]
        if said:
            reasons = [reason for say in said for reason in say.because]
            because = tuple(reason for place, reason in enumerate(reasons) if reason not in reasons[:place])
            text = " ".join(say.text for say in said)[:LONGEST_TEXT]
            await self._send(Suggest(text=text, because=because, in_reply_to=self._turn))

    async def _make_ready(self, likely: Utterance) -> Guess | None:
        """Has the answer to words that may be all made ready, without writing anything."""
        thought = await self._think(self.conversation, msgspec.structs.replace(likely, final=True))
        if thought is None:
            return None
        after, held = thought
        first = next((out for out in held if isinstance(out, Say)), None)
        if first is not None:
            await self._send(msgspec.structs.replace(first, guess=True))
        # The ids in it are taken, whether it proves right or not.
        self.conversation = replace(self.conversation, says=after.says)
        return Guess(likely=likely, before=self.conversation, after=after, held=held)

    async def _think(
        self, after: Conversation, message: Utterance | Chat
    ) -> tuple[Conversation, tuple[FromEngine, ...]] | None:
        """The conversation `after` as it would be after `message`, what would go out; None where that would write."""
        held: list[FromEngine] = []
        following: Incoming | None = message
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
        return after, tuple(held)

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
        if result.outcome == FAILED.outcome:
            because = Because.of("tool_failed", tell("tool_failed", tool=call.name))
        else:
            because = Because.of("tool", tell("tool_said", tool=call.name, result=result.outcome))
        self._lookups.append(because)
        return result

    def _explained(self, out: FromEngine, conversation: Conversation) -> FromEngine:
        """Adds to a reply the turn that it answers, the flow under way, and the tools that were asked for it."""
        if isinstance(out, SayDelta):
            return msgspec.structs.replace(out, in_reply_to=self._turn)
        if not isinstance(out, Say):
            return out
        task = conversation.task
        flow = () if task is None else (Because.of("flow", tell("in_flow", intent=task.flow)),)
        return msgspec.structs.replace(out, in_reply_to=self._turn, because=(*out.because, *flow, *self._lookups))

    # ---- a language model's answers ---------------------------------------------------------------------------------

    def _may_be_guessed(self, likely: Utterance) -> bool:
        return self.conversation.phase is not Phase.TAKEN_OVER and not self._may_be_worded(likely)

    def _may_be_worded(self, message: Utterance | Chat) -> bool:
        now_ns = self._clock.now_ns()
        available = self._model is not None and self._model.available(now_ns)
        if isinstance(message, Chat) and message.picture:
            available = available and self._model is not None and self._model.settings.sees_pictures
        return available and leaves_wording_open(self.conversation, message, self._domain, now_ns)

    async def _have_worded(self, message: Utterance | Chat) -> None:
        """Has the language model answer, or the flows where it fails; then takes what came in between."""
        assert self._model is not None
        self._guess = None
        self._turn = message.turn or None
        self._lookups.clear()
        try:
            follow = await self._word(message, self._model)
        except LanguageModelFailed as fault:
            log.warning("call %s: flows answer: %s", self.conversation.call_id, fault)
            self._model.failed(self._clock.now_ns())
            follow = message
        except Exception:
            log.exception("call %s: the language model's answer failed", self.conversation.call_id)
            follow = message
        if follow is not None:
            await self._step(follow)
        await self._take_later()

    async def _take_later(self) -> None:
        while self._later:
            await self._take(self._later.popleft())

    async def _word(self, message: Utterance | Chat, model: ChatEndpoint) -> Utterance | Chat | None:
        """What a flow is to answer instead, as the language model understood it; None when it answered itself."""
        before = self.conversation
        turn = Turn(conversation=before, domain=self._domain, now_ns=self._clock.now_ns())
        remember(turn, message)
        turn.become(grounds=grounds(turn, message.intent))
        picture = message.picture if isinstance(message, Chat) else ""
        answer = LlmAnswer(
            turn, message.intent, model, run_tool=self._look_up, send=self._send_explained, picture=picture
        )
        self._worded, answered = answer, False
        try:
            intent = await answer.run()
            model.worked()
            if intent is not None:
                return msgspec.structs.replace(message, intent=intent)
            await answer.finish()
            answered = True
            return None
        except asyncio.CancelledError:
            answered = True
            raise
        finally:
            self._worded = None
            await answer.end()
            after = answer.conversation
            # A flow that answers instead remembers the line itself.
            self.conversation = after if answered else replace(after, history=before.history)

    async def _send_explained(self, out: FromEngine) -> None:
        await self._send(self._explained(out, self.conversation))


def _is_partial(message: ToEngine) -> bool:
    return isinstance(message, Utterance) and not message.final
