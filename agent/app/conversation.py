"""The talk in one call: what is heard goes to the reply engine, what it answers goes to ear, caption and card."""

from collections.abc import Callable

from agent.app import plain_words
from agent.app.asking import Asking
from agent.app.captions import Captions
from agent.app.customers_words import CustomersWords
from agent.app.floor_keeper import FloorKeeper
from agent.app.interpreter import Interpreter
from agent.app.last_words import LastWords
from agent.app.line_reader import LineReader, ReadEmotion, ReadIntent
from agent.app.mouth import CutOff, Mouth, Reply
from agent.app.next_reply import NextReplies
from agent.app.page import Page
from agent.app.senses import Senses
from agent.app.staff_in_talk import StaffInTalk
from agent.app.translated_lines import TranslatedLines
from agent.core.clock import Clock
from agent.core.lifecycle import Outcome
from agent.core.speech import HearingEvent, SpeechTranslated
from agent.dialogue import protocol
from agent.dialogue.client import ReplyClient
from agent.fusion.alerts import PersonAsked, ToolFailed
from agent.storage.calls import CallStore
from agent.transport import messages
from agent.transport.hub import Hub
from agent.transport.supervisor_messages import HandoffRequested, SupervisorNote

OWN_REPLY = "agent-"
"""What ids of replies that come from no engine begin with."""
NO_ANSWER_IN_TIME = "did not answer in time"
ENGINE_LATE, ENGINE_GONE = f"the reply engine {NO_ANSWER_IN_TIME}", "the reply engine is not reachable"
"""Why a person is asked for, where no engine does."""


class Conversation:
    """One call's talk. Belongs to the event loop. What waits for something in it is a task of the call's group:
    `listen_to_engine`, those of `customer`, and `lines`."""

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
        self._captions = Captions(call_id, page, hub)
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
            show=self._captions.show_staff,
            tell=self._asking.tell,
            report=senses.report,
        )
        self._floor = FloorKeeper(mouth, clock, on_cut=self._be_cut_off)
        self.customer = CustomersWords(
            call_id,
            senses=senses,
            page=page,
            captions=self._captions,
            reader=self._reader,
            asking=self._asking,
            lines=self.lines,
            store=store,
            on_line=self._customer_said,
        )
        self._own_replies = 0
        self._last = LastWords()
        self._next = NextReplies(call_id, hub)
        self.staff = StaffInTalk(call_id, mouth, self._asking, self._captions, self._next, store)
        self._asked = self._answered = self._person_asked = False
        """Whether the customer has said something, an answer was given, a person was called."""
        senses.on_palm = self._floor.see_palm
        self.on_need: Callable[[PersonAsked | ToolFailed], None] = lambda need: None
        """Called when a person is asked for, or a tool of the business failed."""

    @property
    def outcome(self) -> Outcome:
        """What came of the call so far."""
        if self._person_asked:
            return Outcome.PERSON_ASKED
        if self._answered:
            return Outcome.ANSWERED
        return Outcome.UNANSWERED if self._asked else Outcome.NOTHING_SAID

    # ---- what comes in from other tasks; none of these waits --------------------------------------------------------

    def hear(self, event: HearingEvent) -> None:
        """A hearing event. The agent falls silent here and now when the customer speaks over it."""
        if isinstance(event, SpeechTranslated):
            self.lines.heard(f"said-{event.utterance_id}", event.text)
            return
        self.customer.put_heard(event, heed=self._floor.hear(event))

    def chat(self, text: str) -> None:
        """A line that the customer typed, or that a card's button stands for; a very long one is cut off."""
        if text.strip():
            # Who answers in writing, or by a card, has read on: what is still being said is in the way of the reply.
            self._mouth.interrupt()
            self.customer.put_written(text.strip(), spoken=False)

    def note(self, text: str) -> None:
        """What the customer said in a voice note."""
        self._mouth.interrupt()
        self.customer.put_written(text, spoken=True)

    def picture(self, picture: messages.SharedPicture, *, for_model: str = "") -> None:
        """A picture that the customer shows, to those who watch; `for_model` is the same for a language model that
        sees, a small JPEG in base64. Without one, the agent says that it cannot see it itself."""
        self._hub.publish_shared_picture(picture)
        if self._mouth.silenced:
            return
        self._mouth.interrupt()
        if for_model:
            self.customer.show_picture(for_model)
        else:
            self._say_plainly(plain_words.CANNOT_SEE)

    def engine_link(self, connected: bool, reason: str) -> None:
        """The reply engine came or went."""
        self._senses.report("reply engine", None if connected else reason)
        if not connected:
            self._say_plainly(plain_words.ENGINE_LOST)
            self._ask_for_person(ENGINE_GONE)

    def connected_again(self) -> None:
        """The customer is back after a break: told so, and told again what they may have missed of the agent."""
        if self._mouth.silenced:
            return
        self._mouth.interrupt(force=True)
        self._say_own(*self._last.again(self._reader.language))

    def show_reply(self, reply: Reply) -> None:
        """The text of a reply has begun or grown: caption for the customer and those who watch."""
        if reply.complete:
            for one in reply.because:
                if one.kind == "tool_failed":
                    self.on_need(ToolFailed(words=one.sentence.told))
            if not reply.id.startswith(OWN_REPLY):
                self._answered |= self._asked
                self._last.said(reply)
            self._store.record_reply(self._call_id, reply)
        caption = self._captions.show_reply(reply)
        if reply.complete:
            self.lines.later(caption, reply.language)

    async def listen_to_engine(self, reply: ReplyClient) -> None:
        """Does what the engine asks for."""
        self._asking.follow(reply)
        async for message in reply.incoming:
            match message:
                case protocol.Say(guess=True):
                    self._mouth.make_ready(message)
                    self._next.expect(message)
                case protocol.Say() | protocol.SayDelta() | protocol.SayEnd():
                    self._asking.answered()
                    wanted = self.staff.passed(message)
                    if wanted is not None:
                        self._floor.speak(wanted)
                case protocol.Show(card=card):
                    self._store.record_card(self._call_id, card)
                    self._page.show(messages.ShowCard(card=card))
                case protocol.Hide(card=card_id):
                    self._store.record_card_hidden(self._call_id, card_id)
                    self._page.show(messages.HideCard(id=card_id))
                case protocol.Stop():
                    self._mouth.interrupt(force=True)
                case protocol.Handoff(reason=reason, urgency=urgency):
                    self._asking.answered()
                    self._ask_for_person(reason, urgent=urgency == "high")
                case protocol.Suggest():
                    self.staff.suggest(message)
                case protocol.Note(text=text):
                    self._hub.publish_event(self._call_id, SupervisorNote(call_id=self._call_id, text=text))

    def close(self) -> None:
        """Nothing more is taken in; what was written at the very end is kept, though nobody answers it."""
        self._asking.answered()
        self._floor.close()
        self.customer.close()
        self.lines.close()

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _customer_said(self) -> None:
        self._asked = True
        self._last.answered()

    def _no_engine(self) -> None:
        self._say_plainly(plain_words.ENGINE_LOST)

    def _no_answer(self) -> None:
        self._senses.report("reply engine", NO_ANSWER_IN_TIME)
        self._say_plainly(plain_words.NO_ANSWER)
        self._ask_for_person(ENGINE_LATE)

    def _say_plainly(self, text: str) -> None:
        self._say_own(*plain_words.in_language(text, self._reader.language))

    def _say_own(self, text: str, language: str) -> None:
        self._own_replies += 1
        self._floor.speak(protocol.Say(id=f"{OWN_REPLY}{self._own_replies}", text=text, language=language))

    def _be_cut_off(self, cut_off: CutOff) -> None:
        self.customer.cut_off(cut_off.heard_text)
        self._captions.show_cut(cut_off)
        self._asking.tell(protocol.BargeIn(say=cut_off.say_id, heard_text=cut_off.heard_text))

    def _ask_for_person(self, reason: str, *, urgent: bool = False) -> None:
        self._person_asked = True
        self.on_need(PersonAsked(reason=reason, urgent=urgent))
        self._hub.publish_alert(
            HandoffRequested(call_id=self._call_id, reason=reason, urgency="high" if urgent else "normal")
        )
