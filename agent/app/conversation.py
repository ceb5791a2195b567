"""The talk in one call: what is heard goes to the reply engine, what it answers goes to ear, caption and card."""

import logging
from collections.abc import Callable
from dataclasses import replace

from agent.app import plain_words
from agent.app.asking import Asking
from agent.app.floor_keeper import FloorKeeper
from agent.app.interpreter import Interpreter
from agent.app.line_reader import LineReader, ReadEmotion, ReadIntent
from agent.app.mouth import CutOff, Mouth, Reply
from agent.app.page import Page
from agent.app.senses import Senses
from agent.app.translated_lines import TranslatedLines
from agent.core.clock import NS_PER_S, Clock
from agent.core.mailbox import Mailbox
from agent.core.types import HearingEvent, HearingFailed, SpeechTranslated, Transcript
from agent.dialogue import protocol
from agent.dialogue.client import ReplyClient
from agent.storage.calls import CallStore
from agent.transport import messages
from agent.transport.hub import Hub

log = logging.getLogger(__name__)

HEARD_KEPT = 256
CHATS_KEPT = 16
TAKEN_UP_WITHIN_S = 3.0
"""Who goes on within this time, before any reply was heard, had not finished: both parts are one turn."""

FOR_STAFF = frozenset({"coach", "flow", "tool"})
"""Kinds of reasons for a reply that tell customers nothing, or of which they are not to know."""


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
        read_emotion: ReadEmotion,
        reads: Callable[[str], bool] = lambda language: True,
        interpreter: Interpreter | None = None,
        translation_wait_ms: int = 0,
        locale: str,
        answer_within_ms: int,
        clock: Clock,
    ) -> None:
        self._call_id = call_id
        self._senses = senses
        self._page = page
        self._mouth = mouth
        self._hub = hub
        self._store = store
        self._reader = LineReader(
            senses, read_intent=read_intent, read_emotion=read_emotion, reads=reads, locale=locale
        )
        self._asking = Asking(
            answer_within_s=answer_within_ms / 1_000, on_absence=self._no_engine, on_silence=self._no_answer
        )
        self.lines = TranslatedLines(
            interpreter,
            wait_s=translation_wait_ms / 1_000,
            show=lambda caption: self._caption(caption, to_page=False),
            tell=self._asking.tell,
            report=senses.report,
        )
        self._floor = FloorKeeper(mouth, clock, on_cut=self._be_cut_off)
        self._heard: Mailbox[tuple[HearingEvent, bool]] = Mailbox(HEARD_KEPT)
        """What was heard, and whether it is to be answered."""
        self._answering: Transcript | None = None
        """The turn that is being answered."""
        self._unfinished: Transcript | None = None
        """A turn that proved to go on: its words belong before the next ones."""
        self._guessed: protocol.Utterance | None = None
        """What may be all that the customer has to say, as it was told to the engine."""
        self.guesses = 0
        self.guesses_right = 0
        self._chats: Mailbox[str] = Mailbox(CHATS_KEPT)
        self._own_replies = 0
        senses.on_palm = self._floor.see_palm

    # ---- what comes in from other tasks; none of these waits --------------------------------------------------------

    def hear(self, event: HearingEvent) -> None:
        """A hearing event. The agent falls silent here and now when the customer speaks over it."""
        if isinstance(event, SpeechTranslated):
            self.lines.heard(f"said-{event.utterance_id}", event.text)
            return
        self._heard.put((event, self._floor.hear(event)))

    def chat(self, text: str) -> None:
        """A line that the customer typed, or that a card's button stands for; a very long one is cut off."""
        if text.strip():
            # Who answers in writing, or by a card, has read on: what is still being said is in the way of the reply.
            self._mouth.interrupt()
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
        caption = _caption_of(reply, reply.because)
        self._page.show(_caption_of(reply, tuple(one for one in reply.because if one.kind not in FOR_STAFF)))
        self._caption(caption, to_page=False)
        if reply.complete:
            self.lines.later(caption, reply.language)

    # ---- tasks of the call ------------------------------------------------------------------------------------------

    async def listen_to_customer(self) -> None:
        """Publishes what is heard, and passes on what was said."""
        async for event, heed in self._heard:
            self._senses.hear(event)
            if isinstance(event, HearingFailed):
                self._senses.report("hearing", event.reason)
            elif isinstance(event, Transcript) and event.text and heed:
                await self._said(self._joined(event))

    async def listen_to_chat(self) -> None:
        """Passes on what was typed."""
        number = 0
        async for text in self._chats:
            number += 1
            caption = messages.Caption(id=f"chat-{number}", speaker="customer", text=text)
            self._caption(caption, to_page=False)
            self._senses.typed(text)
            language = self._reader.language = self._reader.tell_language(text)
            turn = self._asking.next_turn()
            translation = await self.lines.soon(caption, language, turn)
            line = self._reader.readable(text, language, translation)
            moment = self._senses.moment()
            intent = await self._reader.understand(*line, moment, utterance_id=None)
            await self._reader.feel(*line, moment, utterance_id=None)
            self._store.record_utterance(self._call_id, "customer", text, typed=True)
            self._asking.ask(
                protocol.Chat(
                    text=text,
                    language=language,
                    intent=intent,
                    affect=self._senses.affect,
                    turn=turn,
                    translation=translation,
                )
            )
            self.lines.went_out(turn, translated=translation is not None)

    async def listen_to_engine(self, reply: ReplyClient) -> None:
        """Does what the engine asks for."""
        self._asking.follow(reply)
        async for message in reply.incoming:
            match message:
                case protocol.Say(guess=True):
                    self._mouth.make_ready(message)
                case protocol.Say() | protocol.SayDelta() | protocol.SayEnd():
                    self._asking.answered()
                    self._floor.speak(message)
                case protocol.Show(card=card):
                    self._page.show(messages.ShowCard(card=card))
                case protocol.Hide(card=card_id):
                    self._page.show(messages.HideCard(id=card_id))
                case protocol.Stop():
                    self._mouth.interrupt(force=True)
                case protocol.Handoff(reason=reason, urgency=urgency):
                    self._asking.answered()
                    self._ask_for_person(reason, urgent=urgency == "high")
                case protocol.Note(text=text):
                    self._hub.publish_event(self._call_id, messages.SupervisorNote(call_id=self._call_id, text=text))

    def close(self) -> None:
        """Nothing more is taken in."""
        self._asking.answered()
        self._floor.close()
        self._heard.close()
        self._chats.close()
        self.lines.close()

    # ---- inside -----------------------------------------------------------------------------------------------------

    async def _said(self, event: Transcript) -> None:
        caption = messages.Caption(
            id=f"said-{event.utterance_id}", speaker="customer", text=event.text, final=event.final
        )
        self._caption(caption)
        language = self._reader.tell_language(event.text, heard=event.language)
        turn = self._asking.turn_of(event.utterance_id)
        translation = await self.lines.soon(caption, language, turn) if event.final else None
        line = self._reader.readable(event.text, language, translation)
        guessed, intent = self._guessed, None
        if event.final and guessed is not None and (guessed.id, guessed.text) == (event.utterance_id, event.text):
            intent = guessed.intent
            self.guesses_right += 1
        if (event.final or event.paused) and (intent is None or line[0] != event.text):
            intent = await self._reader.understand(*line, event.stamp, utterance_id=event.utterance_id)
        if event.final:
            self._reader.language = language
            await self._reader.feel(*line, event.stamp, utterance_id=event.utterance_id)
            self._store.record_utterance(self._call_id, "customer", event.text, typed=False)
        utterance = protocol.Utterance(
            id=event.utterance_id,
            text=event.text,
            final=event.final,
            likely_final=event.paused and not event.final,
            language=language,
            intent=intent,
            affect=self._senses.affect,
            turn=turn,
            translation=translation,
        )
        self._guessed = utterance if utterance.likely_final else None
        self.guesses += utterance.likely_final
        if event.final:
            self._answering = event
            self._asking.ask(utterance)
            self.lines.went_out(turn, translated=translation is not None)
        else:
            self._asking.tell(utterance)

    def _no_engine(self) -> None:
        self._say_plainly(plain_words.ENGINE_LOST)

    def _no_answer(self) -> None:
        self._senses.report("reply engine", "did not answer in time")
        self._say_plainly(plain_words.NO_ANSWER)
        self._ask_for_person("the reply engine did not answer in time")

    def _say_plainly(self, text: str) -> None:
        self._own_replies += 1
        text, language = plain_words.in_language(text, self._reader.language)
        self._floor.speak(protocol.Say(id=f"agent-{self._own_replies}", text=text, language=language))

    def _joined(self, event: Transcript) -> Transcript:
        """The words, after those of a turn that proved not to be over."""
        before = self._unfinished
        if before is None or event.utterance_id == before.utterance_id:
            return event
        if event.stamp.captured_ns - before.speech_end_ns > TAKEN_UP_WITHIN_S * NS_PER_S:
            self._unfinished = None
            return event
        if event.final:
            self._unfinished = None
        return replace(event, utterance_id=before.utterance_id, stamp=before.stamp, text=f"{before.text} {event.text}")

    def _be_cut_off(self, cut_off: CutOff) -> None:
        self._unfinished = None if cut_off.heard_text else self._answering
        self._show_cut(cut_off)
        self._asking.tell(protocol.BargeIn(say=cut_off.say_id, heard_text=cut_off.heard_text))

    def _show_cut(self, cut_off: CutOff) -> None:
        """Captions keep only what the customer can have heard."""
        text = f"{cut_off.heard_text} …".strip()
        self._caption(messages.Caption(id=cut_off.say_id, speaker="agent", text=text, final=True))
        for say_id in cut_off.unheard:
            self._caption(messages.Caption(id=say_id, speaker="agent", text="", final=True))

    def _caption(self, caption: messages.Caption, *, to_page: bool = True) -> None:
        if to_page:
            self._page.show(caption)
        self._hub.publish_caption(self._call_id, caption)

    def _ask_for_person(self, reason: str, *, urgent: bool = False) -> None:
        self._hub.publish_alert(
            messages.HandoffRequested(call_id=self._call_id, reason=reason, urgency="high" if urgent else "normal")
        )


def _caption_of(reply: Reply, because: tuple[protocol.Because, ...]) -> messages.Caption:
    words = tuple(reason.words for reason in because)
    seqs = tuple(seq for reason in because for seq in reason.seqs)
    return messages.Caption(
        id=reply.id, speaker="agent", text=reply.text, final=reply.complete, because=words, because_seqs=seqs
    )
