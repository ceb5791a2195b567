"""The talk in one call: what is heard goes to the reply engine, what it answers goes to ear, caption and card."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from agent.app import plain_words
from agent.app.mouth import CutOff, Mouth, Reply
from agent.app.page import Page
from agent.app.senses import Senses
from agent.core.mailbox import Mailbox
from agent.core.signals import Finding, IntentValue
from agent.core.types import HearingEvent, HearingFailed, IntentReading, Stamp, Transcript, VoiceStarted
from agent.dialogue import protocol
from agent.dialogue.client import ReplyClient
from agent.storage.calls import CallStore
from agent.transport import messages
from agent.transport.hub import Hub

log = logging.getLogger(__name__)

HEARD_KEPT = 256
CHATS_KEPT = 16

ReadIntent = Callable[[str], Awaitable[IntentReading]]


class Conversation:
    """One call's talk. Belongs to the event loop; its `listen_to_*` methods are tasks of the call's group."""

    def __init__(
        self,
        call_id: str,
        *,
        senses: Senses,
        page: Page,
        mouth: Mouth,
        hub: Hub,
        store: CallStore,
        read_intent: ReadIntent,
        answer_within_ms: int,
    ) -> None:
        self._call_id = call_id
        self._senses = senses
        self._page = page
        self._mouth = mouth
        self._hub = hub
        self._store = store
        self._read_intent = read_intent
        self._answer_within_s = answer_within_ms / 1_000
        self._reply: ReplyClient | None = None
        self._heard: Mailbox[HearingEvent] = Mailbox(HEARD_KEPT)
        self._chats: Mailbox[str] = Mailbox(CHATS_KEPT)
        self._overdue: asyncio.TimerHandle | None = None
        self._own_replies = 0

    # ---- what comes in from other tasks; none of these waits --------------------------------------------------------

    def hear(self, event: HearingEvent) -> None:
        """A hearing event. The agent falls silent here and now when the customer speaks over it."""
        if isinstance(event, VoiceStarted):
            self._give_way()
        self._heard.put(event)

    def chat(self, text: str) -> None:
        """A line that the customer typed, or that a card's button stands for; a very long one is cut off."""
        if text.strip():
            self._chats.put(text.strip()[: protocol.LONGEST_TEXT])

    def engine_link(self, connected: bool, reason: str) -> None:
        """The reply engine came or went."""
        self._senses.report("reply engine", None if connected else reason)
        if not connected:
            self._say_plainly(plain_words.ENGINE_LOST)
            self._ask_for_person("the reply engine is not reachable")

    def show_reply(self, reply: Reply) -> None:
        """The text of a reply has begun or grown: caption for the customer and those who watch."""
        if reply.complete:
            self._store.record_reply(self._call_id, reply)
        because = tuple(reason.words for reason in reply.because)
        self._caption(
            messages.Caption(id=reply.id, speaker="agent", text=reply.text, final=reply.complete, because=because)
        )

    # ---- tasks of the call ------------------------------------------------------------------------------------------

    async def listen_to_customer(self) -> None:
        """Publishes what is heard, and passes on what was said."""
        async for event in self._heard:
            self._senses.hear(event)
            if isinstance(event, HearingFailed):
                self._senses.report("hearing", event.reason)
            elif isinstance(event, Transcript) and event.text:
                await self._said(event)

    async def listen_to_chat(self) -> None:
        """Passes on what was typed."""
        number = 0
        async for text in self._chats:
            number += 1
            caption = messages.Caption(id=f"chat-{number}", speaker="customer", text=text)
            self._caption(caption, to_page=False)
            intent = await self._understand(text, self._senses.moment(), utterance_id=None)
            self._store.record_utterance(self._call_id, "customer", text, typed=True)
            self._ask(protocol.Chat(text=text, intent=intent, affect=self._senses.affect))

    async def listen_to_engine(self, reply: ReplyClient) -> None:
        """Does what the engine asks for."""
        self._reply = reply
        async for message in reply.incoming:
            match message:
                case protocol.Say() | protocol.SayDelta() | protocol.SayEnd():
                    self._answered()
                    self._mouth.take(message)
                case protocol.Show(card=card):
                    self._page.show(msgspec.convert(card, messages.Card, from_attributes=True))
                case protocol.Stop():
                    self._mouth.interrupt(force=True)
                case protocol.Handoff(reason=reason, urgency=urgency):
                    self._answered()
                    self._ask_for_person(reason, urgent=urgency == "high")
                case protocol.Note(text=text):
                    self._hub.publish_event(self._call_id, messages.SupervisorNote(call_id=self._call_id, text=text))

    def close(self) -> None:
        """Nothing more is taken in."""
        self._answered()
        self._heard.close()
        self._chats.close()

    # ---- inside -----------------------------------------------------------------------------------------------------

    async def _said(self, event: Transcript) -> None:
        caption = messages.Caption(
            id=f"said-{event.utterance_id}", speaker="customer", text=event.text, final=event.final
        )
        self._caption(caption)
        intent = None
        if event.final:
            intent = await self._understand(event.text, event.stamp, utterance_id=event.utterance_id)
            self._store.record_utterance(self._call_id, "customer", event.text, typed=False)
        utterance = protocol.Utterance(
            id=event.utterance_id,
            text=event.text,
            final=event.final,
            language=event.language,
            intent=intent,
            affect=self._senses.affect,
        )
        if event.final:
            self._ask(utterance)
        elif self._reply is not None:
            self._reply.send(utterance)

    async def _understand(self, text: str, stamp: Stamp, *, utterance_id: int | None) -> protocol.Intent:
        reading = await self._read_intent(text)
        value = IntentValue(
            label=reading.label,
            out_of_scope=reading.out_of_scope,
            slots=reading.slots,
            utterance_id=utterance_id,
        )
        finding = Finding(
            value=value, confidence=reading.probability, valid=True, stamp=stamp, sources=("transcript", "intent")
        )
        (signal,) = self._senses.publish([finding])
        return protocol.Intent(
            label=reading.label,
            probability=reading.probability,
            out_of_scope=reading.out_of_scope,
            slots=reading.slots,
            seq=signal.seq,
        )

    def _ask(self, question: protocol.Utterance | protocol.Chat) -> None:
        """Sends what the customer wants, and answers plainly if the engine does not in time."""
        if self._reply is None or not self._reply.connected:
            self._say_plainly(plain_words.ENGINE_LOST)
        if self._reply is not None:
            self._reply.send(question)
        self._answered()
        loop = asyncio.get_running_loop()
        self._overdue = loop.call_later(self._answer_within_s, self._no_answer)

    def _answered(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _no_answer(self) -> None:
        self._overdue = None
        self._senses.report("reply engine", "did not answer in time")
        self._say_plainly(plain_words.NO_ANSWER)
        self._ask_for_person("the reply engine did not answer in time")

    def _say_plainly(self, text: str) -> None:
        self._own_replies += 1
        self._mouth.take(protocol.Say(id=f"agent-{self._own_replies}", text=text))

    def _give_way(self) -> None:
        cut_off = self._mouth.interrupt()
        if cut_off is None:
            return
        self._show_cut(cut_off)
        if self._reply is not None:
            self._reply.send(protocol.BargeIn(say=cut_off.say_id, heard_text=cut_off.heard_text))

    def _show_cut(self, cut_off: CutOff) -> None:
        """The caption keeps only what the customer can have heard."""
        text = f"{cut_off.heard_text} …".strip()
        self._caption(messages.Caption(id=cut_off.say_id, speaker="agent", text=text, final=True))

    def _caption(self, caption: messages.Caption, *, to_page: bool = True) -> None:
        if to_page:
            self._page.show(caption)
        self._hub.publish_caption(self._call_id, caption)

    def _ask_for_person(self, reason: str, *, urgent: bool = False) -> None:
        self._hub.publish_alert(
            messages.HandoffRequested(call_id=self._call_id, reason=reason, urgency="high" if urgent else "normal")
        )
