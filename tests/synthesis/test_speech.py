"""Speech is synthesized clause by clause beside the event loop."""

import asyncio
import threading
from collections.abc import Generator, Iterator

import numpy as np
import pytest

from agent.core.errors import SynthesisError
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.synthesis.speech import LONGEST_TEXT, Synthesizer
from agent.synthesis.voice import Piece, Style


class ScriptedVoice:
    """Speaks each clause in `pieces` of a sample a character; can be held at a clause and told to fail at another."""

    rate_hz = 16_000

    def __init__(self) -> None:
        self.spoken: list[tuple[str, Style]] = []
        self.threads: set[str] = set()
        self.go_on = threading.Event()
        self.go_on.set()
        self.fails_on: str | None = None
        self.pieces = 1
        self.made = self.let_go = 0

    fault: str | None = None

    def speaks(self, language: str) -> bool:
        return language == "en"

    def can_speak(self, clause: str) -> bool:
        return any(character.isascii() and character.isalpha() for character in clause)

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        self.threads.add(threading.current_thread().name)
        self.spoken.append((clause, style))
        self.go_on.wait(timeout=5)
        if clause.strip() == self.fails_on:
            raise RuntimeError("a fault inside the model")
        try:
            for number in range(1, self.pieces + 1):
                self.made += 1
                yield Piece(samples=read_only(np.zeros(len(clause), np.float32)), share=number / self.pieces)
        finally:
            self.let_go += 1


@pytest.fixture
def voice() -> ScriptedVoice:
    return ScriptedVoice()


@pytest.fixture
def synthesizer(voice: ScriptedVoice) -> Iterator[Synthesizer]:
    started = Synthesizer(voice)
    started.start()
    yield started
    voice.go_on.set()
    started.stop()


async def heard(synthesizer: Synthesizer, text: str) -> list[SpeechChunk]:
    return [chunk async for chunk in synthesizer.speak(text)]


async def test_a_chunk_a_clause(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """Each clause is one chunk with its text, in order, and only the final one is the last."""
    chunks = await heard(synthesizer, "Hello. How are you? Fine.")
    assert [(chunk.text, chunk.last) for chunk in chunks] == [
        ("Hello.", False),
        ("How are you?", False),
        ("Fine.", True),
    ]
    assert all(chunk.rate_hz == voice.rate_hz and not chunk.samples.flags.writeable for chunk in chunks)
    assert threading.current_thread().name not in voice.threads and len(voice.threads) == 1


async def test_a_clause_comes_in_pieces_that_share_its_text(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """Each word goes with the samples that end it, once, and only the last piece of the reply is the last."""
    voice.pieces = 4
    chunks = await heard(synthesizer, "It is on its way to you. Goodbye.")
    assert [chunk.text for chunk in chunks[:4]] == ["It is", "on its", "way", "to you."]
    assert [chunk.text for chunk in chunks[4:]] == ["", "", "", "Goodbye."]
    assert [chunk.last for chunk in chunks] == [False] * 7 + [True]


async def test_abandoning_stops_within_the_clause(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """Who closes the iterator pays for one more piece at most, and the voice lets go of the clause."""
    voice.pieces = 50
    speech = synthesizer.speak("One is here.")
    await anext(speech)
    await speech.aclose()
    await asyncio.to_thread(synthesizer.stop)
    assert voice.made <= 2 and voice.let_go == 1


async def test_unspeakable_parts_go_along(synthesizer: Synthesizer) -> None:
    """Pictures and other scripts are kept in the text of the clause beside them."""
    chunks = await heard(synthesizer, "😀! Hello there. 你好。 Bye. 🙂.")
    assert [chunk.text for chunk in chunks] == ["😀! Hello there. 你好。", "Bye. 🙂."]
    assert chunks[-1].last


async def test_nothing_to_speak_is_an_error(synthesizer: Synthesizer) -> None:
    """A reply without any word that can be spoken says so, and does not repeat the reply."""
    with pytest.raises(SynthesisError, match="none of the reply's 2 characters") as error:
        await heard(synthesizer, "你好")
    assert "你" not in str(error.value)


async def test_abandoning_stops_after_the_clause_in_hand(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """Closing the iterator leaves all clauses but the next one unspoken."""
    speech = synthesizer.speak("One is here. Two is here. Three is here. Four is here.")
    await anext(speech)
    await speech.aclose()
    await heard(synthesizer, "Done.")
    assert [clause.strip() for clause, _ in voice.spoken][-1] == "Done."
    assert len(voice.spoken) <= 3


async def test_at_most_one_clause_is_prepared_ahead(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """A listener who does not ask for more makes the voice wait."""
    speech = synthesizer.speak("One is here. Two is here. Three is here. Four is here.")
    await anext(speech)
    async for _ in synthesizer.speak("Another call."):
        pass
    assert len(voice.spoken) == 3
    await speech.aclose()


async def test_calls_take_turns(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """A long reply in one call does not hold up another call's until it ends."""
    long = "One is here. Two is here. Three is here. Four is here. Five is here. Six is here."
    await asyncio.gather(heard(synthesizer, long), heard(synthesizer, "Short."))
    order = [clause.strip() for clause, _ in voice.spoken]
    assert order.index("Short.") <= 2


async def test_a_fault_in_the_voice_is_a_synthesis_error(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """What the voice raises reaches the listener as one kind of error, and the next reply is spoken."""
    voice.fails_on = "Two is here."
    with pytest.raises(SynthesisError, match="a fault inside the model"):
        await heard(synthesizer, "One is here. Two is here.")
    assert len(await heard(synthesizer, "Good.")) == 1


async def test_stopping_ends_speech_under_way(voice: ScriptedVoice) -> None:
    """A listener is told when the synthesizer stops, instead of waiting for ever or being cancelled."""
    synthesizer = Synthesizer(voice)
    synthesizer.start()
    speech = synthesizer.speak("One is here. Two is here. Three is here.")
    await anext(speech)
    voice.go_on.set()
    await asyncio.to_thread(synthesizer.stop)
    with pytest.raises(SynthesisError, match="stopped|not running"):
        async for _ in speech:
            pass
    synthesizer.stop()


async def test_speaking_needs_a_start(voice: ScriptedVoice) -> None:
    """A synthesizer that was not started says what to do."""
    with pytest.raises(SynthesisError, match="start the synthesizer"):
        await heard(Synthesizer(voice), "Hello.")


async def test_an_endless_reply_is_bounded(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """A hundred kilobytes of text are spoken up to the limit, and no further."""
    speech = synthesizer.speak("word " * 20_000)
    chunks = [chunk async for chunk in speech]
    assert sum(len(clause) for clause, _ in voice.spoken) <= LONGEST_TEXT
    assert chunks[-1].last


async def test_style_reaches_the_voice(synthesizer: Synthesizer, voice: ScriptedVoice) -> None:
    """The tone that the reply asks for is the voice's."""
    calm = Style.of(rate=0.9, tone="calm")
    async for _ in synthesizer.speak("I understand.", calm):
        pass
    assert voice.spoken == [("I understand.", calm)]
    assert calm.pitch_semitones < 0 == Style.of(tone="unheard of").pitch_semitones
