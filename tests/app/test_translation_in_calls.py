"""Translation beside a call: supervisors see both texts, so does the engine, and nobody waits for long."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from agent.app.interpreter import MOST_WAITING, RETRY_AFTER_S, Interpreter
from agent.app.translated_lines import TranslatedLines
from agent.core.errors import TranslationFailed
from agent.core.speech import SpeechTranslated
from agent.dialogue.protocol import Chat, Say, ToEngine, Translated, Translation, Utterance
from agent.transport.messages import Caption
from tests.app.test_conversation import talking, words
from tests.fusion.readings import stamp

pytestmark = pytest.mark.usefixtures("unblocked_loop")

ENGLISH = {"wo ist sie": "where is it", "guten Tag": "good day", "Sie kommt morgen.": "It comes tomorrow."}


class Dictionary:
    """Translates German by heart, once it is let to; anything else is a failure."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.asked = 0

    def translates(self, source: str) -> bool:
        return source == "de"

    def translate(self, text: str, *, source: str) -> str:
        self.asked += 1
        self.free.wait(5)
        if text not in ENGLISH:
            raise TranslationFailed("not in the dictionary")
        return ENGLISH[text]

    def close(self) -> None:
        self.free.set()


class Bench:
    """A clock of seconds that the test moves, a dictionary, and an interpreter over both."""

    def __init__(self, answer_within_s: float) -> None:
        self.now_s = 0.0
        self.dictionary = Dictionary()
        self.interpreter = Interpreter(
            self.dictionary, language="en", answer_within_s=answer_within_s, now_s=lambda: self.now_s
        )


@contextmanager
def bench(answer_within_s: float = 5.0) -> Iterator[Bench]:
    made = Bench(answer_within_s)
    try:
        yield made
    finally:
        made.interpreter.close()


async def test_lines_are_translated_or_left() -> None:
    """A language that nobody translates costs nothing; a line that fails is left, and so are those that follow soon."""
    with bench() as made:
        assert await made.interpreter.translate("wo ist sie", source="de") == "where is it"
        assert await made.interpreter.translate("où est-elle", source="fr") is None
        assert (made.dictionary.asked, made.interpreter.fault) == (1, None)
        assert await made.interpreter.translate("Kauderwelsch", source="de") is None
        assert made.interpreter.fault == "not in the dictionary"
        assert await made.interpreter.translate("wo ist sie", source="de") is None
        assert made.dictionary.asked == 2
        made.now_s = RETRY_AFTER_S
        assert await made.interpreter.translate("wo ist sie", source="de") == "where is it"
        assert made.interpreter.fault is None


async def test_a_translator_that_hangs_holds_nobody() -> None:
    """Who waits is told in time, who comes after is not kept at all, and the line stays bounded."""
    with bench(answer_within_s=0.05) as made:
        made.dictionary.free.clear()
        many = [made.interpreter.translate("wo ist sie", source="de") for _ in range(MOST_WAITING + 4)]
        assert await asyncio.gather(*many) == [None] * len(many)
        assert made.interpreter.fault == "no translation came within 0.05 s"
        made.now_s = RETRY_AFTER_S
        assert await made.interpreter.translate("wo ist sie", source="de") is None
        assert made.dictionary.asked == 1


class Line:
    """The translated lines of a call, and what came of them."""

    def __init__(self, interpreter: Interpreter | None, wait_s: float) -> None:
        self.shown: list[Caption] = []
        self.told: list[ToEngine] = []
        self.lines = TranslatedLines(
            interpreter,
            wait_s=wait_s,
            show=self.shown.append,
            tell=self.told.append,
            report=lambda room, fault: None,
        )


@asynccontextmanager
async def translated(made: Bench, *, wait_s: float) -> AsyncIterator[Line]:
    line = Line(made.interpreter, wait_s)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(line.lines.run())
        yield line
        line.lines.close()
        await running


def caption(text: str) -> Caption:
    return Caption(id="said-1", speaker="customer", text=text)


async def test_a_translation_in_time_goes_with_the_turn() -> None:
    """The engine gets both at once and nothing after; supervisors see the caption again with both."""
    with bench() as made:
        async with translated(made, wait_s=5.0) as line:
            translation = await line.lines.soon(caption("wo ist sie"), "de", turn=1)
            line.lines.went_out(1, translated=translation is not None)
        assert translation == Translation(language="en", text="where is it")
        assert line.told == []
        assert [(one.text, one.translation, one.translation_language) for one in line.shown] == [
            ("wo ist sie", "where is it", "en")
        ]


@pytest.mark.parametrize("before_it_went_out", [True, False], ids=["ready before", "ready after"])
async def test_a_late_translation_follows_its_turn(before_it_went_out: bool) -> None:
    """Whenever it comes, the engine hears of the turn first and of the translation next, once."""
    with bench() as made:
        made.dictionary.free.clear()
        async with translated(made, wait_s=0.02) as line:
            assert await line.lines.soon(caption("wo ist sie"), "de", turn=3) is None
            if before_it_went_out:
                made.dictionary.free.set()
                while not line.shown:
                    await asyncio.sleep(0.01)
                assert line.told == []
            line.lines.went_out(3, translated=False)
            made.dictionary.free.set()
        assert line.told == [Translated(turn=3, translation=Translation(language="en", text="where is it"))]


async def test_a_call_carries_both_texts() -> None:
    """A German line reaches the engine with its English, is understood as that, and the reply is shown in English."""
    with bench() as made:
        async with talking(interpreter=made.interpreter, translation_wait_ms=5_000, reads=("en",)) as talk:
            talk.hear(words("wo ist sie", 0, language="de"))
            await talk.until(lambda: talk.engine.of(Utterance))
            [asked] = talk.engine.of(Utterance)
            assert (asked.text, asked.language) == ("wo ist sie", "de")
            assert asked.translation == Translation(language="en", text="where is it")
            assert talk.read_in == ["en"]
            talk.engine.incoming.put(Say(id="s", text="Sie kommt morgen.", language="de", in_reply_to=asked.turn))
            await talk.until(lambda: any(one.translation == "It comes tomorrow." for one in talk.captions))


async def test_a_call_does_not_wait_for_a_dead_translator() -> None:
    """The turn goes out without its translation, understood as it stands."""
    with bench(answer_within_s=0.05) as made:
        made.dictionary.free.clear()
        async with talking(interpreter=made.interpreter, translation_wait_ms=20, reads=("en",)) as talk:
            talk.hear(words("wo ist sie", 0, language="de"))
            await talk.until(lambda: talk.engine.of(Utterance))
            assert talk.engine.of(Utterance)[0].translation is None
            assert talk.read_in == ["de"]


async def test_what_whisper_heard_in_english_follows_the_words() -> None:
    """For supervisors on the same caption, for the engine as a message of its own."""
    async with talking() as talk:
        talk.hear(words("wo ist sie", 0, language="de"))
        await talk.until(lambda: talk.engine.of(Utterance))
        talk.hear(SpeechTranslated(call_id="call", utterance_id=0, stamp=stamp(0), text="where is it"))
        english = Translation(language="en", text="where is it")
        assert talk.engine.of(Translated) == [Translated(turn=1, translation=english)]
        assert [one.id for one in talk.captions if one.translation == "where is it"] == ["said-0"]


async def test_a_typed_line_is_translated_too() -> None:
    """Sent at once where nothing is to be waited for; its translation follows."""
    with bench() as made:
        async with talking(interpreter=made.interpreter) as talk:
            talk.hear(words("guten Tag", 0, language="de"))
            await talk.until(lambda: talk.engine.of(Translated))
            talk.conversation.chat("wo ist sie")
            await talk.until(lambda: len(talk.engine.of(Translated)) == 2)
            [typed] = talk.engine.of(Chat)
            assert (typed.turn, typed.translation) == (2, None)
            assert talk.engine.asked.index(typed) < talk.engine.asked.index(talk.engine.of(Translated)[1])
