"""What the customer of one call says and writes, on its way to the reply engine: shown, kept, read, and then asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.app.asking import Asking
from agent.app.captions import Captions
from agent.app.line_reader import LineReader
from agent.app.page import Page
from agent.app.senses import Senses
from agent.app.translated_lines import TranslatedLines
from agent.app.unfinished_turn import UnfinishedTurn
from agent.core.mailbox import Mailbox
from agent.core.speech import HearingEvent, HearingFailed, Transcript
from agent.dialogue import pictures
from agent.dialogue.protocol import LONGEST_TEXT, Chat, Intent, Utterance
from agent.storage.calls import CallStore
from agent.transport.messages import Caption

HEARD_KEPT = 256
CHATS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Words that came whole."""

    text: str = field(repr=False)
    spoken: bool
    """In a voice note, so that the page does not know them yet; else typed there."""


class CustomersWords:
    """Belongs to the event loop; its `listen_to_*` methods are tasks of the call's group, nothing else here waits."""

    def __init__(
        self,
        call_id: str,
        *,
        senses: Senses,
        page: Page,
        captions: Captions,
        reader: LineReader,
        asking: Asking,
        lines: TranslatedLines,
        store: CallStore,
        on_line: Callable[[], None],
    ) -> None:
        """`on_line` is told whenever words of the customer's came whole."""
        self._call_id = call_id
        self._senses = senses
        self._page = page
        self._captions = captions
        self._reader = reader
        self._asking = asking
        self._lines = lines
        self._store = store
        self._on_line = on_line
        self._heard: Mailbox[tuple[HearingEvent, bool]] = Mailbox(HEARD_KEPT)
        """What was heard, and whether it is to be answered."""
        self._written: Mailbox[_Line] = Mailbox(CHATS_KEPT)
        self._unfinished = UnfinishedTurn()
        self._guessed: Utterance | None = None
        """What may be all that the customer has to say, as it was told to the engine."""
        self.guesses = 0
        self.guesses_right = 0
        """How often the end of a turn was guessed early, and how often rightly."""

    # ---- what comes in from other tasks -----------------------------------------------------------------------------

    def put_heard(self, event: HearingEvent, *, heed: bool) -> None:
        """`heed`: whether it is to be answered."""
        self._heard.put((event, heed))

    def put_written(self, text: str, *, spoken: bool) -> None:
        """A line that was typed, or `spoken` in a voice note; a very long one is cut off."""
        self._written.put(_Line(text=text[:LONGEST_TEXT], spoken=spoken))

    def cut_off(self, heard_text: str) -> None:
        """The customer has spoken over a reply, of which they had heard so much."""
        self._unfinished.cut_off(heard_text)

    def show_picture(self, jpeg: str) -> None:
        """Asks about a picture, a small JPEG in base64, that the customer shows a model which sees."""
        self._asking.ask(
            Chat(
                text=pictures.shown(self._reader.language),
                language=self._reader.language,
                affect=self._senses.affect,
                turn=self._asking.next_turn(),
                picture=jpeg,
            )
        )

    def close(self) -> None:
        """Nothing more is taken in; what was written at the very end is kept, though nobody answers it."""
        self._heard.close()
        for written in self._written.clear():
            self._keep(written)
        self._written.close()

    # ---- tasks of the call ------------------------------------------------------------------------------------------

    async def listen_to_heard(self) -> None:
        """Publishes what is heard, and passes on what was said."""
        async for event, heed in self._heard:
            self._senses.hear(event)
            if isinstance(event, HearingFailed):
                self._senses.report("hearing", event.reason)
            elif isinstance(event, Transcript) and event.text and heed:
                await self._said(self._unfinished.joined(event))

    async def listen_to_written(self) -> None:
        """Passes on what was typed, or said in a voice note."""
        number = 0
        async for written in self._written:
            number, text = number + 1, written.text
            self._keep(written)
            caption = Caption(id=f"chat-{number}", speaker="customer", text=text)
            if written.spoken:
                self._captions.show(caption)
            else:
                self._captions.show_staff(caption)
            self._page.note(caption)
            self._senses.typed(text)
            language = self._reader.language = self._reader.tell_language(text)
            turn = self._asking.next_turn()
            translation = await self._lines.soon(caption, language, turn)
            line = self._reader.readable(text, language, translation)
            moment = self._senses.moment()
            intent = await self._reader.understand(*line, moment, utterance_id=None)
            await self._reader.feel(*line, moment, utterance_id=None)
            self._asking.ask(
                Chat(
                    text=text,
                    language=language,
                    intent=intent,
                    affect=self._senses.affect,
                    turn=turn,
                    translation=translation,
                )
            )
            self._lines.went_out(turn, translated=translation is not None)

    # ---- inside -----------------------------------------------------------------------------------------------------

    async def _said(self, event: Transcript) -> None:
        caption = Caption(id=f"said-{event.utterance_id}", speaker="customer", text=event.text, final=event.final)
        self._captions.show(caption)
        if event.final:
            self._keep(_Line(text=event.text, spoken=True))
        language = self._reader.tell_language(event.text, heard=event.language)
        turn = self._asking.turn_of(event.utterance_id)
        translation = await self._lines.soon(caption, language, turn) if event.final else None
        line = self._reader.readable(event.text, language, translation)
        intent = await self._intent_of(event, *line)
        if event.final:
            self._reader.language = language
            await self._reader.feel(*line, event.stamp, utterance_id=event.utterance_id)
        utterance = Utterance(
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
            self._unfinished.answer(event)
            self._asking.ask(utterance)
            self._lines.went_out(turn, translated=translation is not None)
        else:
            self._asking.tell(utterance)

    async def _intent_of(self, event: Transcript, text: str, language: str) -> Intent | None:
        """Of words that are, or may be, all; read as `text`. That of a guess which proves right is not read again."""
        guessed, intent = self._guessed, None
        if event.final and guessed is not None and (guessed.id, guessed.text) == (event.utterance_id, event.text):
            intent = guessed.intent
            self.guesses_right += 1
        if (event.final or event.paused) and (intent is None or text != event.text):
            intent = await self._reader.understand(text, language, event.stamp, utterance_id=event.utterance_id)
        return intent

    def _keep(self, line: _Line) -> None:
        """Before it is read, which may take a while: the call may end meanwhile."""
        self._on_line()
        self._store.record_utterance(self._call_id, "customer", line.text, typed=not line.spoken)
