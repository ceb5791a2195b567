"""The mouth speaks replies in order, lets streams grow, and falls silent at once when told to."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from agent.app.mouth import Mouth, Reply
from agent.core.errors import SynthesisError
from agent.core.types import read_only
from agent.dialogue.protocol import Say, SayDelta, SayEnd
from agent.media.speaker import Speaker
from agent.synthesis.speech import Synthesizer
from agent.synthesis.voice import Piece, Style

pytestmark = pytest.mark.usefixtures("unblocked_loop")


class BeepVoice:
    """A voice whose words are a tenth of a second of tone each; it remembers what it was asked to say."""

    rate_hz = 48_000

    def __init__(self) -> None:
        self.spoken: list[str] = []

    fault: str | None = None

    def speaks(self, language: str) -> bool:
        return language == "en"

    def can_speak(self, clause: str) -> bool:
        return any(character.isascii() and character.isalnum() for character in clause)

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        if "broken" in clause:
            raise SynthesisError("this clause cannot be spoken")
        self.spoken.append(clause.strip())
        samples = np.sin(np.arange(4800 * len(clause.split())) / 8).astype(np.float32)
        yield Piece(samples=read_only(samples * 0.3), share=1.0)


class Stage:
    """A mouth with a real synthesizer and a real speaker whose track is drained, as a connection does."""

    def __init__(self) -> None:
        self.voice = BeepVoice()
        self.synthesizer = Synthesizer(self.voice)
        self.speaker = Speaker()
        self.texts: list[tuple[str, str, bool]] = []
        self.mouth = Mouth(self.synthesizer, self.speaker, on_text=self._note)

    def _note(self, reply: Reply) -> None:
        self.texts.append((reply.id, reply.text, reply.complete))

    async def drain(self) -> None:
        while True:
            await self.speaker.recv()

    async def quiet(self) -> None:
        """Waits until nothing is being said and nothing waits."""
        while self.mouth.busy:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    stage = Stage()
    stage.synthesizer.start()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(stage.mouth.run()), tasks.create_task(stage.drain())]
        try:
            yield stage
        finally:
            for task in running:
                task.cancel()
    await asyncio.to_thread(stage.synthesizer.stop)


async def test_replies_are_spoken_in_order() -> None:
    """Two replies taken at once are spoken one after the other, and both texts are shown at once."""
    async with _stage() as stage:
        stage.mouth.take(Say(id="1", text="One two."))
        stage.mouth.take(Say(id="2", text="Three."))
        assert [text for _, text, _ in stage.texts] == ["One two.", "Three."]
        await stage.quiet()
        assert stage.voice.spoken == ["One two.", "Three."]


async def test_an_interrupted_reply_says_how_far_it_got() -> None:
    """Speaking over the agent cuts the reply, drops those that wait, and tells what had been heard."""
    async with _stage() as stage:
        stage.mouth.take(Say(id="long", text="One two three four five six seven eight nine ten."))
        stage.mouth.take(Say(id="next", text="Never heard."))
        while not stage.speaker.speaking:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.35)
        cut_off = stage.mouth.interrupt()
        assert cut_off is not None and cut_off.say_id == "long"
        assert cut_off.heard_text.startswith("One") and "ten" not in cut_off.heard_text
        assert cut_off.unheard == ("next",)
        await stage.quiet()
        assert stage.speaker.queued_s == 0


async def test_a_reply_that_must_be_heard_goes_on() -> None:
    """What is not interruptible is spoken to its end, unless the engine itself says stop."""
    async with _stage() as stage:
        stage.mouth.take(Say(id="vital", text="One two three four five.", interruptible=False))
        while not stage.speaker.speaking:
            await asyncio.sleep(0.01)
        asked_politely, forced = stage.mouth.interrupt(), stage.mouth.interrupt(force=True)
        assert asked_politely is None
        assert forced is not None and forced.say_id == "vital"


async def test_a_stream_is_spoken_sentence_by_sentence() -> None:
    """The first sentence is spoken while the second still arrives; nothing is said twice or left out."""
    async with _stage() as stage:
        for piece in ("Your order ", "has shipped. It ", "arrives ", "tomorrow"):
            stage.mouth.take(SayDelta(id="s", text=piece))
        while not stage.voice.spoken:
            await asyncio.sleep(0.01)
        assert stage.voice.spoken == ["Your order has shipped."]
        stage.mouth.take(SayEnd(id="s"))
        await stage.quiet()
        assert " ".join(stage.voice.spoken) == "Your order has shipped. It arrives tomorrow"
        assert stage.texts[-1] == ("s", "Your order has shipped. It arrives tomorrow", True)


async def test_a_reply_that_was_made_ready_is_spoken_only_when_wanted() -> None:
    """Its first clause is synthesized before anyone hears or reads it; nothing is synthesized twice."""
    async with _stage() as stage:
        await asyncio.sleep(0)
        stage.mouth.make_ready(Say(id="1", text="One two.", guess=True))
        while not stage.voice.spoken:
            await asyncio.sleep(0.01)
        assert not stage.mouth.busy and not stage.texts and not stage.speaker.speaking
        stage.mouth.take(Say(id="1", text="One two."))
        await stage.quiet()
        assert stage.voice.spoken == ["One two."] and [text for _, text, _ in stage.texts] == ["One two."]
        assert stage.speaker.speech_frames_sent == 10


async def test_a_reply_that_was_made_ready_is_heard_when_another_follows_at_once() -> None:
    """An answer of two replies, of which only the first was foreseen, is heard whole."""
    async with _stage() as stage:
        await asyncio.sleep(0)
        stage.mouth.make_ready(Say(id="1", text="One two.", guess=True))
        while not stage.voice.spoken:
            await asyncio.sleep(0.01)
        stage.mouth.take(Say(id="1", text="One two."))
        stage.mouth.take(Say(id="2", text="Three."))
        await stage.quiet()
        assert stage.voice.spoken == ["One two.", "Three."]
        assert stage.speaker.speech_frames_sent == 15


async def test_a_reply_that_was_made_ready_in_vain_is_never_heard() -> None:
    """Another reply comes in its place and is spoken alone."""
    async with _stage() as stage:
        await asyncio.sleep(0)
        stage.mouth.make_ready(Say(id="1", text="One two.", guess=True))
        stage.mouth.make_ready(Say(id="2", text="Three.", guess=True))
        stage.mouth.take(Say(id="3", text="Four five."))
        await stage.quiet()
        assert [text for _, text, _ in stage.texts] == ["Four five."]
        assert stage.speaker.speech_frames_sent == 10


@pytest.mark.parametrize("text", ["broken", "", "🙂🙂", "   "])
async def test_what_cannot_be_spoken_is_shown_and_the_next_reply_is_heard(text: str) -> None:
    """A reply without a speakable word leaves a fault, not a dead mouth."""
    async with _stage() as stage:
        stage.mouth.take(Say(id="bad", text=text))
        stage.mouth.take(Say(id="good", text="Hello."))
        await stage.quiet()
        assert stage.voice.spoken == ["Hello."]
        assert stage.texts[0][0] == "bad"


async def test_a_stream_that_stops_growing_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that opens a stream and falls silent is heard as far as it got; then the next reply is."""
    monkeypatch.setattr("agent.app.mouth.STREAM_IDLE_S", 0.05)
    async with _stage() as stage:
        stage.mouth.take(SayDelta(id="s", text="This was begun. And never"))
        stage.mouth.take(Say(id="next", text="Something else."))
        await stage.quiet()
        assert stage.voice.spoken == ["This was begun.", "And never", "Something else."]
        assert stage.texts[-1] == ("s", "This was begun. And never", True)
