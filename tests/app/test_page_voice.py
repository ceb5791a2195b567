"""Where the agent has no voice for a language the customer's browser speaks, under the same rules."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.app.mouth import Mouth
from agent.app.page_voice import PageVoice
from agent.dialogue.protocol import Say, SayStyle
from agent.media.speaker import Speaker
from agent.synthesis.speech import Synthesizer
from agent.transport.messages import (
    PageSay,
    PageSpeech,
    PageSpoken,
    ToPage,
)
from tests.app.test_mouth import BeepVoice

pytestmark = pytest.mark.usefixtures("unblocked_loop")


class Browser:
    """A page that speaks when the test says so, and a mouth that has it speak."""

    def __init__(self, *, start_within_s: float = 5.0) -> None:
        self.shown: list[ToPage] = []
        self.speaking: list[bool] = []
        self.faults: list[str | None] = []
        self.voice, self.speaker = BeepVoice(), Speaker()
        self.synthesizer = Synthesizer(self.voice)
        self.page_voice = PageVoice(self.shown.append, on_speaking=self.speaking.append, start_within_s=start_within_s)
        self.mouth = Mouth(
            self.synthesizer,
            self.speaker,
            on_text=lambda reply: None,
            on_fault=self.faults.append,
            page_voice=self.page_voice,
        )

    @property
    def clauses(self) -> list[str]:
        return [message.text for message in self.shown if isinstance(message, PageSay)]

    @property
    def orders(self) -> list[str]:
        return [message.action for message in self.shown if isinstance(message, PageSpeech)]

    async def asked(self, count: int) -> PageSay:
        """The newest clause, once so many have been asked for."""
        async with asyncio.timeout(5):
            while len(self.clauses) < count:
                await asyncio.sleep(0.01)
        return [message for message in self.shown if isinstance(message, PageSay)][-1]

    def report(self, clause: PageSay, state: str, characters: int = 0) -> None:
        self.page_voice.heed(PageSpoken(id=clause.id, state=state, characters=characters))  # type: ignore[arg-type]

    async def quiet(self) -> None:
        async with asyncio.timeout(5):
            while self.mouth.busy:
                await asyncio.sleep(0.01)

    async def drain(self) -> None:
        while True:
            await self.speaker.recv()


@asynccontextmanager
async def _browser(*, start_within_s: float = 5.0) -> AsyncIterator[Browser]:
    browser = Browser(start_within_s=start_within_s)
    browser.synthesizer.start()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(browser.mouth.run()), tasks.create_task(browser.drain())]
        await asyncio.sleep(0)
        try:
            yield browser
        finally:
            for task in running:
                task.cancel()
    await asyncio.to_thread(browser.synthesizer.stop)


async def test_the_browser_speaks_clause_by_clause() -> None:
    """The next clause is asked for once the one before was heard; the agent is speaking from the first to the last."""
    async with _browser() as browser:
        browser.mouth.take(Say(id="1", text="你好。再见。", language="zh", style=SayStyle(rate=0.9)))
        first = await browser.asked(1)
        assert (first.text, first.language, first.rate) == ("你好。", "zh", 0.9) and browser.speaking == []
        browser.report(first, "started")
        browser.report(first, "ended", 3)
        browser.report(await browser.asked(2), "started")
        assert browser.mouth.speech.said == "你好。" and browser.mouth.speech.talking
        browser.report(await browser.asked(2), "ended")
        await browser.quiet()
        assert browser.clauses == ["你好。", "再见。"] and browser.speaking == [True, False]
        assert browser.faults == [None] and browser.voice.spoken == []


async def test_the_browser_is_held_and_goes_on() -> None:
    """Holding tells it at once and once only; a clause that comes meanwhile waits until the agent goes on."""
    async with _browser() as browser:
        browser.mouth.take(Say(id="1", text="Bonjour. Au revoir.", language="fr"))
        first = await browser.asked(1)
        browser.report(first, "started")
        browser.mouth.hold()
        browser.mouth.hold()
        assert browser.orders == ["pause"]
        browser.report(first, "ended")
        await asyncio.sleep(0.1)
        assert browser.clauses == ["Bonjour."]
        browser.mouth.go_on()
        assert (await browser.asked(2)).text == "Au revoir."


async def test_an_interruption_silences_the_browser_and_tells_what_was_heard() -> None:
    """It is cancelled within the same message; late reports of it mean nothing, and the next reply is spoken."""
    async with _browser() as browser:
        browser.mouth.take(Say(id="long", text="Un deux trois. Quatre cinq six.", language="fr"))
        first = await browser.asked(1)
        browser.report(first, "started")
        browser.report(first, "ended")
        second = await browser.asked(2)
        browser.report(second, "reached", 7)
        browser.mouth.hold()
        cut_off = browser.mouth.interrupt()
        assert cut_off is not None and (cut_off.say_id, cut_off.heard_text) == ("long", "Un deux trois. Quatre")
        assert browser.orders == ["pause", "cancel"]
        browser.report(second, "ended")
        await browser.quiet()
        assert browser.speaking == [True, False] and browser.mouth.speech.said == ""
        browser.mouth.take(Say(id="next", text="Hello."))
        await browser.quiet()
        assert browser.voice.spoken == ["Hello."]


async def test_a_browser_without_a_voice_leaves_captions_alone() -> None:
    """The rest of the reply is not asked for, it is said why, and the next reply is heard."""
    async with _browser() as browser:
        browser.mouth.take(Say(id="1", text="Hallo. Bis bald.", language="de"))
        browser.report(await browser.asked(1), "unavailable")
        browser.mouth.take(Say(id="2", text="Hello."))
        await browser.quiet()
        assert browser.clauses == ["Hallo."] and browser.speaking == [] and browser.voice.spoken == ["Hello."]
        assert browser.faults[0] is not None and "no voice for de" in browser.faults[0] and browser.faults[1] is None


async def test_a_page_that_never_answers_does_not_hold_the_call_up() -> None:
    """A page that knows nothing of speech is given up on, and cancelled in case it begins after all."""
    async with _browser(start_within_s=0.05) as browser:
        browser.mouth.take(Say(id="1", text="Hallo.", language="de"))
        await browser.quiet()
        assert browser.orders == ["cancel"]
        assert browser.faults[0] is not None and "does not speak" in browser.faults[0]


async def test_being_held_does_not_count_as_not_answering() -> None:
    """The customer may talk for longer than a browser may take to begin."""
    async with _browser(start_within_s=0.05) as browser:
        browser.mouth.take(Say(id="1", text="Hallo.", language="de"))
        first = await browser.asked(1)
        browser.mouth.hold()
        await asyncio.sleep(0.2)
        assert browser.faults == []
        browser.mouth.go_on()
        browser.report(first, "started")
        browser.report(first, "ended")
        await browser.quiet()
        assert browser.faults == [None]


async def test_without_a_page_there_are_captions_only() -> None:
    """A caller without a data channel is not waited for."""
    faults: list[str | None] = []
    synthesizer = Synthesizer(BeepVoice())
    mouth = Mouth(synthesizer, Speaker(), on_text=lambda reply: None, on_fault=faults.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(mouth.run())
        mouth.take(Say(id="1", text="Hallo.", language="de"))
        while not faults:
            await asyncio.sleep(0.01)
        running.cancel()
    assert faults[0] is not None and "no voice for the language de" in faults[0]
