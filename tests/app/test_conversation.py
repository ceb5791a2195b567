"""One call's talk, with a real mouth and real senses: who speaks over the agent, pauses, goes on, or shows a palm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agent.app import plain_words
from agent.app.conversation import Conversation
from agent.app.interpreter import Interpreter
from agent.app.mouth import Mouth
from agent.app.page import Page
from agent.app.senses import Senses
from agent.core.cards import Card
from agent.core.clock import SystemClock
from agent.core.consent import Choice, Purpose, consent_for
from agent.core.errors import OfferRejected
from agent.core.lifecycle import Outcome
from agent.core.mailbox import Mailbox
from agent.core.speech import (
    TEXT_EMOTIONS,
    HearingEvent,
    IntentReading,
    TextEmotionReading,
    Transcript,
    VoiceStarted,
    VoiceStopped,
)
from agent.core.types import Stamp, VisionReading
from agent.dialogue.protocol import (
    BargeIn,
    Because,
    Chat,
    FromEngine,
    Handoff,
    Hide,
    Say,
    Show,
    StaffWrote,
    Suggest,
    ToEngine,
    Utterance,
)
from agent.media.capture_clock import PageClock
from agent.media.speaker import Speaker
from agent.synthesis.speech import Synthesizer
from agent.transport.hub import Hub
from agent.transport.messages import Caption, ToPage
from agent.transport.supervisor_messages import NextReply, ToSupervisor
from tests.app.test_mouth import BeepVoice
from tests.fusion.readings import frame, hand, stamp

pytestmark = pytest.mark.usefixtures("unblocked_loop")
LONG = "One two three four five six seven eight nine ten."


class Notebook:
    """A store that keeps nothing but what was said and shown."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.cards: list[Card | str] = []
        """Those that were shown, and the ids of those that were taken away."""

    def record_utterance(self, call_id: str, speaker: str, text: str, *, typed: bool) -> None:
        self.said.append(text)

    def record_reply(self, call_id: str, reply: object) -> None: ...

    def record_signal(self, signal: object) -> None: ...

    def record_card(self, call_id: str, card: Card) -> None:
        self.cards.append(card)

    def record_card_hidden(self, call_id: str, card_id: str) -> None:
        self.cards.append(card_id)


class Engine:
    """A reply engine that is always there and answers what the test tells it to."""

    def __init__(self) -> None:
        self.connected = True
        self.asked: list[ToEngine] = []
        self.incoming: Mailbox[FromEngine] = Mailbox(16)
        self.given_up = 0

    def send(self, message: ToEngine) -> None:
        self.asked.append(message)

    def give_up(self) -> None:
        self.given_up += 1

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.asked if isinstance(message, kind)]


class NotedHub(Hub):
    """Keeps the captions that supervisors are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.captions: list[Caption] = []
        self.next_replies: list[tuple[str, bool]] = []
        """What the agent would say next, and whether that is a suggestion."""

    def publish_event(self, call_id: str, message: ToSupervisor) -> None:
        if isinstance(message, NextReply):
            self.next_replies.append((message.text, message.suggested))
        super().publish_event(call_id, message)

    def publish_caption(self, call_id: str, caption: Caption) -> None:
        self.captions.append(caption)
        super().publish_caption(call_id, caption)


class ShownPage(Page):
    """A customer's page that a test reads."""

    def __init__(self) -> None:
        super().__init__(None, PageClock(), SystemClock())
        self.shown: list[ToPage] = []

    def show(self, message: ToPage) -> None:
        self.shown.append(message)


class Talk:
    """A conversation whose ears, eyes and engine are played by the test."""

    def __init__(
        self,
        *,
        answer_within_ms: int,
        interpreter: Interpreter | None,
        translation_wait_ms: int,
        reads: tuple[str, ...],
    ) -> None:
        clock = SystemClock()
        self.engine, self.notebook = Engine(), Notebook()
        self.read_in: list[str] = []
        """Languages in which lines were read, in order."""
        self.felt: list[str] = []
        """Lines of which the emotion was read, in order."""
        self.speaker, self.voice = Speaker(), BeepVoice()
        self.synthesizer = Synthesizer(self.voice)
        self.page = ShownPage()
        hub, consent = NotedHub(), consent_for(Choice.AGREE, locale="en", given_at=0.0)
        self.captions, self.next_replies = hub.captions, hub.next_replies
        self.senses = Senses("call", consent, camera=True, clock=clock, hub=hub, store=self.notebook)  # type: ignore[arg-type]
        self.mouth = Mouth(self.synthesizer, self.speaker, on_text=lambda reply: self.conversation.show_reply(reply))
        self.conversation = Conversation(
            "call",
            senses=self.senses,
            page=self.page,
            mouth=self.mouth,
            hub=hub,
            store=self.notebook,  # type: ignore[arg-type]
            read_intent=self._read_intent,
            reads=reads.__contains__,
            interpreter=interpreter,
            translation_wait_ms=translation_wait_ms,
            read_emotion=self._read_emotion,
            locale="en-GB",
            answer_within_ms=answer_within_ms,
            clock=clock,
        )

    async def _read_intent(self, text: str, language: str) -> IntentReading:
        self.read_in.append(language)
        return IntentReading(label="help", probability=0.9, out_of_scope=False, slots={})

    async def _read_emotion(
        self, text: str, language: str, stamp: Stamp, utterance_id: int | None
    ) -> TextEmotionReading:
        self.felt.append(text)
        prob = np.eye(len(TEXT_EMOTIONS), dtype=np.float32)[TEXT_EMOTIONS.index("anger")]
        return TextEmotionReading(stamp=stamp, utterance_id=utterance_id, label="anger", probabilities=prob)

    async def drain(self) -> None:
        while True:
            await self.speaker.recv()

    def hear(self, *events: HearingEvent) -> None:
        for event in events:
            self.conversation.hear(event)

    async def speaking(self) -> None:
        """Has the agent speak a long reply, until something of it was heard."""
        self.engine.incoming.put(Say(id="long", text=LONG))
        await self.until(lambda: len(self.speaker.said.split()) >= 2)

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)

    async def sent_in(self, seconds: float) -> int:
        """Frames of speech that go out in this time."""
        before = self.speaker.speech_frames_sent
        await asyncio.sleep(seconds)
        return self.speaker.speech_frames_sent - before


@asynccontextmanager
async def talking(
    *,
    answer_within_ms: int = 60_000,
    interpreter: Interpreter | None = None,
    translation_wait_ms: int = 0,
    reads: tuple[str, ...] = ("en", "zh"),
) -> AsyncIterator[Talk]:
    talk = Talk(
        answer_within_ms=answer_within_ms,
        interpreter=interpreter,
        translation_wait_ms=translation_wait_ms,
        reads=reads,
    )
    talk.synthesizer.start()
    async with asyncio.TaskGroup() as tasks:
        conversation = talk.conversation
        answering = conversation.listen_to_engine(talk.engine)  # type: ignore[arg-type]
        chatting = conversation.customer.listen_to_written()
        listening = conversation.customer.listen_to_heard()
        work = (talk.mouth.run(), talk.drain(), listening, chatting, answering, conversation.lines.run())
        running = [tasks.create_task(part) for part in work]
        await asyncio.sleep(0)
        try:
            yield talk
        finally:
            talk.conversation.close()
            for task in running:
                task.cancel()
    await asyncio.to_thread(talk.synthesizer.stop)


def voice(at_ms: int) -> VoiceStarted:
    return VoiceStarted(call_id="call", stamp=stamp(at_ms))


def silence(at_ms: int) -> VoiceStopped:
    return VoiceStopped(call_id="call", stamp=stamp(at_ms))


def words(
    text: str, began_ms: int, *, number: int = 0, final: bool = True, paused: bool = False, language: str = "en"
) -> Transcript:
    return Transcript(
        call_id="call",
        utterance_id=number,
        stamp=stamp(began_ms),
        speech_end_ns=stamp(began_ms + 500).captured_ns,
        text=text,
        final=final,
        language=language,
        mean_token_logprob=-0.1,
        stage_ms={},
        finished_ns=0,
        paused=paused,
    )


async def test_a_backchannel_pauses_the_reply_and_is_not_answered() -> None:
    """Silent at once, the rest said afterwards, and the engine hears of nothing."""
    async with talking() as talk:
        await talk.speaking()
        talk.hear(voice(0))
        assert await talk.sent_in(0.2) <= 1
        talk.hear(silence(300), words("Uh-huh.", 0))
        await talk.until(lambda: not talk.mouth.busy)
        assert talk.speaker.said.endswith("ten.")
        assert not talk.engine.of(Utterance) and not talk.engine.of(BargeIn)


async def test_words_end_the_reply_and_are_answered() -> None:
    """The engine learns what had been heard, then what was said."""
    async with talking() as talk:
        await talk.speaking()
        talk.hear(voice(0), words("No, the other one.", 0))
        assert await talk.sent_in(0.2) <= 1
        (barge_in,) = talk.engine.of(BargeIn)
        assert barge_in.say == "long" and barge_in.heard_text.startswith("One")
        (asked,) = talk.engine.of(Utterance)
        assert asked.text == "No, the other one." and asked.final


async def test_a_written_answer_ends_the_reply_and_counts_as_read_to_its_end() -> None:
    """The agent falls silent for the next reply; the engine is not told that its words were cut off."""
    async with talking() as talk:
        await talk.speaking()
        talk.conversation.chat("Yes")
        assert await talk.sent_in(0.2) <= 1
        await talk.until(lambda: talk.engine.of(Chat))
        assert not talk.engine.of(BargeIn)


async def test_customers_read_no_reasons_that_are_for_staff() -> None:
    """Not which tool was asked, and above all not that a supervisor whispered."""
    kinds = ("intent", "affect", "coach", "flow", "tool")
    because = tuple(Because(kind=kind, seqs=(number,), words=kind) for number, kind in enumerate(kinds))
    async with talking() as talk:
        talk.engine.incoming.put(Say(id="s1", text="Good morning.", because=because))
        await talk.until(lambda: talk.page.shown)
        caption = talk.page.shown[-1]
        assert isinstance(caption, Caption)
        assert (caption.because, caption.because_seqs) == (("intent", "affect"), (0, 1))
        assert caption.told_because == ()


async def test_who_goes_on_before_the_reply_is_heard_is_answered_as_a_whole() -> None:
    """The reply to the first half is dropped unheard, and the second half comes with the first."""
    async with talking() as talk:
        talk.hear(voice(0), silence(600), words("I want to return", 0, number=0))
        await talk.until(lambda: talk.engine.of(Utterance))
        talk.hear(voice(1_000))
        talk.engine.incoming.put(Say(id="early", text=LONG))
        assert await talk.sent_in(0.2) == 0
        talk.hear(words("my headphones", 1_000, number=1, final=False))
        talk.hear(silence(1_500), words("my headphones.", 1_000, number=1))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 3)
        assert [(asked.text, asked.final) for asked in talk.engine.of(Utterance)] == [
            ("I want to return", True),
            ("I want to return my headphones", False),
            ("I want to return my headphones.", True),
        ]
        assert await talk.sent_in(0.1) == 0


async def test_the_reply_to_a_line_that_may_go_on_is_withheld() -> None:
    """It is there at once and not heard before the words allow it; who goes on until then has one turn, unanswered."""
    async with talking() as talk:
        from_ns = SystemClock().now_ns() + 600_000_000
        talk.hear(voice(0), silence(600), replace(words("I sent it back", 0), answer_from_ns=from_ns))
        await talk.until(lambda: talk.engine.of(Utterance))
        talk.engine.incoming.put(Say(id="early", text=LONG))
        assert await talk.sent_in(0.2) == 0
        await talk.until(lambda: talk.speaker.said)
        assert SystemClock().now_ns() >= from_ns

    async with talking() as talk:
        from_ns = SystemClock().now_ns() + 600_000_000
        talk.hear(voice(0), silence(600), replace(words("I sent it back", 0), answer_from_ns=from_ns))
        await talk.until(lambda: talk.engine.of(Utterance))
        talk.engine.incoming.put(Say(id="early", text=LONG))
        await talk.until(lambda: talk.mouth.busy)
        talk.hear(voice(1_000))
        assert await talk.sent_in(0.8) == 0
        talk.hear(words("last week.", 1_000, number=1), silence(1_500))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 2)
        assert talk.engine.of(Utterance)[-1].text == "I sent it back last week."


async def test_words_that_may_be_all_are_told_with_their_intent_and_counted() -> None:
    """The final words that are the same reuse the intent; others are read anew."""
    async with talking() as talk:
        talk.hear(voice(0), words("Where is", 0, final=False, paused=True))
        talk.hear(words("Where is it?", 0, final=False, paused=True), words("Where is it?", 0))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 3)
        first, second, final = talk.engine.of(Utterance)
        assert [one.likely_final for one in (first, second, final)] == [True, True, False]
        assert second.intent == final.intent != first.intent
        assert (talk.conversation.customer.guesses, talk.conversation.customer.guesses_right) == (2, 1)


async def test_what_is_written_as_the_call_ends_is_kept_though_nobody_answers() -> None:
    """A line that is just being read is kept already, and so are those behind it."""
    async with talking() as talk:
        talk.conversation.chat("Where is my parcel?")
        talk.conversation.chat("I have to go.")
        await asyncio.sleep(0)
        talk.conversation.close()
        assert talk.notebook.said == ["Where is my parcel?", "I have to go."]
        assert talk.conversation.outcome is Outcome.UNANSWERED


async def test_the_emotion_of_words_is_read_once_a_line_and_only_under_consent() -> None:
    """Final words and chat lines are read, those that were guessed too; none after consent is taken back."""
    async with talking() as talk:
        talk.hear(voice(0), words("Where is it?", 0, final=False, paused=True), words("Where is it?", 0))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 2)
        talk.conversation.chat("I want my money back")
        await talk.until(lambda: talk.engine.of(Chat))
        assert talk.felt == ["Where is it?", "I want my money back"]
        consent = consent_for(Choice.AGREE, locale="en", given_at=0.0)
        talk.senses.follow(consent.without(Purpose.TEXT_EMOTION))
        talk.conversation.chat("this is the third time")
        talk.hear(voice(1_000), words("I am furious", 1_000, number=1))
        await talk.until(lambda: len(talk.engine.of(Chat)) == 2 and len(talk.engine.of(Utterance)) == 3)
        assert len(talk.felt) == 2


async def test_a_raised_palm_holds_the_agent_until_it_goes_down() -> None:
    """Seen by the camera for several frames, it silences the agent; out of sight, the reply goes on."""
    async with talking() as talk:
        await talk.speaking()
        for at_ms in range(0, 400, 40):
            talk.senses.see(_hands(at_ms, "open_palm"))
        assert await talk.sent_in(0.2) <= 1
        for at_ms in range(400, 1_600, 40):
            talk.senses.see(_hands(at_ms))
        await talk.until(lambda: not talk.mouth.busy)
        assert talk.speaker.said.endswith("ten.")


def _hands(at_ms: int, *signs: str) -> VisionReading:
    return replace(frame(at_ms), hands=tuple(hand(sign) for sign in signs))


async def test_lines_are_read_and_passed_on_in_the_customers_language() -> None:
    """The page's first; then that of the last line which told its own, as a word or a number does not."""
    async with talking() as talk:
        lines = ("OK", "我的订单到哪儿了？", "A1042", "hello", "Where is my order?")
        for line in lines:
            talk.conversation.chat(line)
        await talk.until(lambda: len(talk.engine.of(Chat)) == len(lines))
        talk.hear(words("你好，我想退货。", 0), words("kettle", 9_000, number=1))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 2)
        assert [chat.language for chat in talk.engine.of(Chat)] == ["en", "zh", "zh", "zh", "en"]
        assert [utterance.language for utterance in talk.engine.of(Utterance)] == ["zh", "zh"]
        assert talk.read_in == ["en", "zh", "zh", "zh", "en", "zh", "zh"]


async def test_turns_are_numbered_and_revisions_keep_theirs() -> None:
    """What is said and what is typed count on together; words that are revised are still the same turn."""
    async with talking() as talk:
        talk.hear(words("where is", 0, final=False), words("where is my order", 0))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 2)
        talk.conversation.chat("A1042")
        await talk.until(lambda: talk.engine.of(Chat))
        talk.hear(words("thank you", 9_000, number=1))
        await talk.until(lambda: len(talk.engine.of(Utterance)) == 3)
        asked = [message for message in talk.engine.asked if isinstance(message, Utterance | Chat)]
        assert [message.turn for message in asked] == [1, 1, 2, 3]


async def test_a_silent_engine_is_given_up_and_a_person_wanted() -> None:
    """After the time that an answer may take the agent says a sentence of its own, and tells the link so."""
    async with talking(answer_within_ms=50) as talk:
        talk.conversation.chat("anybody there?")
        await talk.until(lambda: talk.voice.spoken)
        assert talk.engine.given_up == 1
        assert plain_words.NO_ANSWER.startswith(talk.voice.spoken[0])
        talk.conversation.chat("hello?")
        await talk.until(lambda: len(talk.engine.of(Chat)) == 2)
        talk.engine.incoming.put(Say(id="s", text="Here I am.", in_reply_to=2))
        await talk.until(lambda: "Here I am." in talk.voice.spoken)


async def test_without_an_engine_the_customer_is_told_in_their_language() -> None:
    """The plain sentence is in the language that was spoken last."""
    async with talking() as talk:
        talk.engine.connected = False
        talk.conversation.chat("我的订单到哪儿了？")
        await talk.until(lambda: [caption.speaker for caption in talk.captions[-1:]] == ["agent"])
        assert talk.captions[-1].text.startswith("抱歉，我现在查不了")


async def test_cards_are_kept_as_the_page_gets_them() -> None:
    """What was shown and what was taken away again is recorded, in order."""
    card = Card(id="order", title="Your order")
    async with talking() as talk:
        talk.engine.incoming.put(Show(card=card))
        talk.engine.incoming.put(Hide(card="order"))
        await talk.until(lambda: len(talk.page.shown) == 2)
        assert talk.notebook.cards == [card, "order"]


async def test_outcome_tells_what_came_of_the_call() -> None:
    """Nothing said, said but not answered, answered by the engine, or a person called; the agent's own plain words are
    no answer."""
    async with talking(answer_within_ms=50) as talk:
        talk.engine.incoming.put(Say(id="greeting", text="Hello."))
        await talk.until(lambda: "Hello." in talk.voice.spoken)
        outcomes = [talk.conversation.outcome]
        talk.conversation.chat("where is my order")
        await talk.until(lambda: talk.notebook.said)
        outcomes.append(talk.conversation.outcome)
    assert outcomes == [Outcome.NOTHING_SAID, Outcome.UNANSWERED]
    async with talking() as talk:
        talk.conversation.chat("where is my order")
        await talk.until(lambda: talk.engine.of(Chat))
        talk.engine.incoming.put(Say(id="s", text="On its way.", in_reply_to=1))
        await talk.until(lambda: talk.conversation.outcome is Outcome.ANSWERED)
        talk.engine.incoming.put(Handoff(reason="wants a person"))
        await talk.until(lambda: talk.conversation.outcome is Outcome.PERSON_ASKED)


async def test_those_who_watch_see_what_will_be_said_until_it_is_said() -> None:
    """An answer that is made ready is shown with its reasons, and taken away once the reply itself comes."""
    async with talking() as talk:
        talk.engine.incoming.put(Say(id="s1", text="It is on its way.", guess=True))
        await talk.until(lambda: talk.next_replies == [("It is on its way.", False)])
        talk.engine.incoming.put(Say(id="s1", text="It is on its way."))
        await talk.until(lambda: len(talk.next_replies) > 1)
        assert talk.next_replies == [("It is on its way.", False), ("", False)]


async def test_who_has_the_call_is_given_suggestions_and_writes_in_their_own_name() -> None:
    """What the engine would say is shown to them and not spoken; what they write is theirs, for page, archive and
    engine, and the suggestion is done with."""
    async with talking() as talk:
        with pytest.raises(OfferRejected, match="take the call over first"):
            talk.conversation.staff.write("Hello, this is Robin.")
        for message in (Suggest(text="Not wanted: the agent has the call."), Say(id="s", text="Yes.", guess=True)):
            talk.engine.incoming.put(message)
        await talk.until(lambda: talk.next_replies == [("Yes.", False)])
        talk.conversation.staff.take_over()
        talk.next_replies.clear()
        talk.engine.incoming.put(
            Suggest(text="It left yesterday.", because=(Because(kind="tool", words="order found"),))
        )
        await talk.until(lambda: talk.next_replies == [("It left yesterday.", True)])
        talk.conversation.staff.write("It left yesterday.")
        assert talk.next_replies[1:] == [("", False)]
        assert [(one.speaker, one.text) for one in talk.captions] == [("staff", "It left yesterday.")]
        assert talk.captions[0] in talk.page.shown and talk.notebook.said == ["It left yesterday."]
        assert talk.engine.of(StaffWrote) == [StaffWrote(text="It left yesterday.")]
        assert "It left yesterday." not in talk.voice.spoken
