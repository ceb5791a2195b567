"""One answer worded by a language model: sentence by sentence as they prove sayable, looking up what it asks for."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import msgspec

from agent.core.errors import LanguageModelFailed
from agent.core.sentences import tell
from agent.dialogue import flows
from agent.dialogue.conversation import Conversation, Speaker
from agent.dialogue.domain import PERSON
from agent.dialogue.faq import FAQ
from agent.dialogue.flow_parts import Outcome
from agent.dialogue.help_pages import ANSWERED
from agent.dialogue.knowledge import ASKED_AT_LEAST_PROB, card_of
from agent.dialogue.llm import ChatEndpoint, FunctionWanted, TextPiece
from agent.dialogue.llm_check import fault, plain
from agent.dialogue.llm_prompt import QUESTION, functions, messages, rules_of
from agent.dialogue.protocol import Because, FromEngine, Intent, Say, SayDelta, SayEnd, Show
from agent.dialogue.tools import RunTool, ToolCall, ToolResult
from agent.dialogue.turn import Turn

MOST_ROUNDS = 3
"""How often the model may look something up before it has to speak."""
LONGEST_ANSWER = 600
"""Characters; what goes beyond is left unsaid."""
_SENTENCE = re.compile(r"\s*(.+?(?:[.!?…]+[\"')]*(?=\s)|[。！？]+))", re.DOTALL)

Send = Callable[[FromEngine], Awaitable[None]]


class LlmAnswer:
    """Used once. What has been said when it is cancelled or fails stands in `conversation`."""

    def __init__(
        self,
        turn: Turn,
        heard: Intent | None,
        endpoint: ChatEndpoint,
        *,
        run_tool: RunTool,
        send: Send,
        picture: str = "",
    ) -> None:
        """`turn` is of a line that a model may answer, the last of its history; `heard` is how it was understood, and
        `picture` what came with it, a JPEG in base64."""
        self._turn = turn
        self._heard = {} if heard is None else heard.slots
        self._endpoint = endpoint
        self._run_tool = run_tool
        self._send = send
        self._prompt = messages(turn.conversation, turn.domain, turn.now_ns, picture=picture)
        self._rules = rules_of(self._prompt)
        self._given = [line.text for line in turn.conversation.history if line.speaker is Speaker.AGENT]
        """What the business has said in this call; the model's own sentences were checked before they were said."""
        self._saying: Say | None = None
        self._looked_up: list[str] = []

    @property
    def conversation(self) -> Conversation:
        return self._turn.conversation

    async def run(self) -> Intent | None:
        """Says the answer; returns the intent that a flow is to follow instead, or None when all was said.

        Raises `LanguageModelFailed` when there is no answer in time, or none that may be said.
        """
        settings = self._endpoint.settings
        offered = functions(self._turn.domain, self.conversation.language) if settings.functions else []
        try:
            async with asyncio.timeout(settings.answer_within_s) as limit:
                for _ in range(MOST_ROUNDS):
                    wanted = await self._listen(offered, limit)
                    if not wanted and self._saying is None:
                        raise LanguageModelFailed("the language model said nothing")
                    if not wanted:
                        return None
                    if (intent := await self._call_all(wanted)) is not None:
                        return intent
                    self._take_time(limit)
        except TimeoutError:
            raise LanguageModelFailed("the language model took too long") from None
        raise LanguageModelFailed(f"the language model still looked things up after {MOST_ROUNDS} rounds")

    async def finish(self) -> None:
        """Completes an answer that was said to its end."""
        await self.end()
        self._turn.become(misses=0, offer=None)
        self._turn.offer_person_for_mood()
        await self._send_outgoing()

    async def end(self) -> None:
        """Completes what was said, if anything was."""
        said, self._saying = self._saying, None
        if said is None:
            return
        model, tools = self._endpoint.settings.model, tuple(self._looked_up)
        words = tell("worded_by_from", model=model, tools=tools) if tools else tell("worded_by", model=model)
        because = (*said.because, Because.of("llm", words))
        self._turn.become(last_say=msgspec.structs.replace(said, because=because))
        await self._send(SayEnd(id=said.id, because=because))

    async def _listen(self, offered: list[dict[str, Any]], limit: asyncio.Timeout) -> list[FunctionWanted]:
        """Says one stretch of the model's words as it comes; returns what it wants called after it."""
        unsaid, wanted = "", list[FunctionWanted]()
        async with aclosing(self._endpoint.stream(self._prompt, offered)) as pieces:
            async for piece in pieces:
                if isinstance(piece, TextPiece):
                    rest = await self._say_whole_sentences(unsaid + piece.text)
                    if len(rest) < len(unsaid):
                        self._take_time(limit)
                    unsaid = rest
                else:
                    wanted.append(piece)
        await self._say(unsaid)
        return wanted

    def _take_time(self, limit: asyncio.Timeout) -> None:
        """The next sentence has as long as the first."""
        limit.reschedule(asyncio.get_running_loop().time() + self._endpoint.settings.answer_within_s)

    async def _say_whole_sentences(self, text: str) -> str:
        """Says all that is complete; returns the rest."""
        while match := _SENTENCE.match(text):
            text = text[match.end() :]
            await self._say(match.group(1))
        return text

    async def _say(self, sentence: str) -> None:
        text = plain(sentence)
        if not text:
            return
        if (reason := fault(text, given=self._given, rules=self._rules)) is not None:
            raise LanguageModelFailed(f"the language model's sentence holds {reason}")
        if self._saying is None:
            self._saying = self._turn.speak(text)
            self._turn.outgoing.clear()
            whole = self._saying.text
            first = self._saying
            await self._send(SayDelta(id=first.id, text=whole, style=first.style, language=first.language))
        elif len(self._saying.text) + len(text) < LONGEST_ANSWER:
            self._saying = msgspec.structs.replace(self._saying, text=f"{self._saying.text} {text}")
            history = self.conversation.remembering(Speaker.AGENT, text)
            self._turn.become(last_say=self._saying, history=history)
            await self._send(SayDelta(id=self._saying.id, text=f" {text}"))

    # ---- functions --------------------------------------------------------------------------------------------------

    async def _call_all(self, wanted: list[FunctionWanted]) -> Intent | None:
        """Looks up what the model wants to know; returns the intent of the first that is a flow's own business."""
        calls = [
            {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": json.dumps(one.arguments)}}
            for one in wanted
        ]
        self._prompt.append({"role": "assistant", "content": None, "tool_calls": calls})
        for one in wanted:
            told = await self._call(one)
            if isinstance(told, Intent):
                return told
            content = json.dumps(told, ensure_ascii=False)
            self._prompt.append({"role": "tool", "tool_call_id": one.id, "content": content})
        return None

    async def _call(self, wanted: FunctionWanted) -> dict[str, Any] | Intent:
        """What the model is told, or the flow that takes over: what asks, offers, writes or calls a person is its."""
        if wanted.name == FAQ:
            return await self._ask_pages(wanted.arguments.get(QUESTION, ""))
        flow = self._turn.domain.flows.flows.get(wanted.name)
        if flow is None or (flow.look_up is None and wanted.name != PERSON):
            raise LanguageModelFailed("the language model asked for a function that there is not")
        slots = {name: value for name, value in wanted.arguments.items() if self._was_named(name, value)}
        intent = Intent(label=wanted.name, probability=1.0, slots=slots)
        known = self.conversation.known | slots | flows.taken(flow, slots)
        if flow.look_up is None or any(slot not in known or self._turn.used_up(slot) for slot in flow.needs):
            return intent
        result = await self._look_up(flow.look_up, known)
        outcome = self._turn.domain.outcome(wanted.name, result.outcome)
        if outcome is None or not _only_tells(outcome):
            return intent
        return await self._tell(outcome, result, known)

    async def _look_up(self, tool: str, arguments: dict[str, str]) -> ToolResult:
        conversation = self.conversation
        result = await self._run_tool(
            ToolCall(name=tool, customer=conversation.customer, arguments=arguments, language=conversation.language)
        )
        self._looked_up.append(f"{tool} ({result.outcome})")
        return result

    async def _tell(self, outcome: Outcome, result: ToolResult, known: dict[str, str]) -> dict[str, Any]:
        """Shows the card of an outcome, and returns what it says."""
        line = self._turn.words(outcome.say, known | result.values) if outcome.say is not None else ""
        if outcome.show is not None:
            self._turn.show(outcome.show, known | result.values, result.rows, result.card)
            await self._send_outgoing()
        self._turn.learn(
            {name: known[name] for name, slot in self._turn.domain.flows.slots.items() if slot.keep and name in known}
        )
        rows = dict(result.rows)
        self._given += [line, *result.values.values(), *rows.values()]
        return {"outcome": result.outcome, "facts": result.values | rows, "say": line}

    async def _ask_pages(self, question: str) -> dict[str, Any]:
        result = await self._look_up(FAQ, {"question": question, "at_least_prob": str(ASKED_AT_LEAST_PROB)})
        if result.outcome != ANSWERED:
            return {"outcome": "nothing on the help pages; say so and offer a person"}
        await self._send(Show(card=card_of(result)))
        self._given.append(result.values["answer"])
        return {"outcome": ANSWERED, "page": result.values["title"], "say": result.values["answer"]}

    async def _send_outgoing(self) -> None:
        for out in self._turn.outgoing:
            if not isinstance(out, ToolCall):
                await self._send(out)
        self._turn.outgoing.clear()

    def _was_named(self, slot: str, value: str) -> bool:
        """True for a value that the customer gave in this call: a model may not bring one of its own."""
        if value in (self.conversation.known.get(slot), self._heard.get(slot)):
            return True
        said = [line.text for line in self.conversation.history if line.speaker is Speaker.CUSTOMER]
        return slot in self._turn.domain.flows.slots and bool(_bare(value)) and _bare(value) in _bare(" ".join(said))


def _only_tells(outcome: Outcome) -> bool:
    """True for an outcome that does nothing but say and show."""
    return outcome == Outcome(say=outcome.say, show=outcome.show)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
