"""Whole calls are heard with the real models on the real threads."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.clock import SystemClock
from agent.core.errors import CallNotFound
from agent.core.settings import HearingSettings
from agent.core.speech import (
    HearingEvent,
    HearingFailed,
    MicWindow,
    Transcript,
    VoiceLevel,
    VoiceStarted,
    VoiceStopped,
)
from agent.core.types import read_only
from agent.inference.runtime import Runtime
from agent.perception.hearing import Hearing
from agent.perception.sound_line import MOST_WAITING_SAMPLES
from agent.perception.whisper import MULTILINGUAL
from agent.training.spelling import units
from tests.perception.sound import Say, silence, stamp_at, windows

CLOCK = SystemClock()
ORDER = "Where is my order?"
RETURN = "I would like to return my headphones."


@pytest.fixture(scope="module")
def started(runtime: Runtime) -> Iterator[Hearing]:
    hearing = Hearing(runtime, HearingSettings(), CLOCK)
    hearing.start()
    yield hearing
    hearing.stop()


def test_the_pages_language_is_heard_where_a_model_reads_it(started: Hearing, runtime: Runtime) -> None:
    """A caller with a Chinese page is understood in Chinese; with the English model alone, in English."""
    if runtime.registry.installed(MULTILINGUAL):
        assert [started.language_for(page) for page in ("zh-CN", "en-GB", "tlh")] == ["zh", "en", "en"]
    english_alone = HearingSettings(model=str(runtime.registry.directory("speech_to_text")))
    hearing = Hearing(runtime, english_alone, CLOCK)
    hearing.start()
    try:
        assert hearing.language_for("zh-CN") == "en"
    finally:
        hearing.stop()


class Ear:
    """What was delivered of one call."""

    def __init__(self) -> None:
        self.events: list[HearingEvent] = []
        self._arrived = asyncio.Event()

    def take(self, event: HearingEvent) -> None:
        self.events.append(event)
        self._arrived.set()

    async def final(self) -> Transcript:
        """Waits for a transcript that is final."""
        while True:
            for event in self.events:
                if isinstance(event, Transcript) and event.final:
                    return event
            await self.more()

    async def more(self) -> None:
        self._arrived.clear()
        async with asyncio.timeout(15):
            await self._arrived.wait()

    async def heard(self, kind: type[HearingEvent]) -> HearingEvent:
        """Waits for an event of this kind."""
        while not any(isinstance(event, kind) for event in self.events):
            await self.more()
        return next(event for event in self.events if isinstance(event, kind))


@pytest.fixture
async def hearing(started: Hearing) -> AsyncIterator[Hearing]:
    yield started
    for call_id in ("a", "b"):
        started.close_call(call_id)


def spoken(line: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([silence(0.4), line, silence(1.2)])


async def push(hearing: Hearing, sound: NDArray[np.float32], call_id: str) -> None:
    """Pushes sound as fast as the ears take it, never so much that they must drop some."""
    for window in windows(sound, call_id=call_id, start_ns=CLOCK.now_ns()):
        hearing.push(window)
        while hearing.backlog_ms > 1_000:
            await asyncio.sleep(0.01)


async def test_a_line_is_heard_from_voice_to_words(hearing: Hearing, say: Say) -> None:
    """Voice starts and stops, levels come, and the words end the turn; models are counted by name."""
    ear = Ear()
    hearing.open_call("a", ear.take)
    await push(hearing, spoken(say(ORDER)), "a")
    final = await ear.final()
    assert units(final.text) == units(ORDER)
    assert final.call_id == "a"
    assert set(final.stage_ms) >= {"endpoint_wait", "features", "encode", "decode"}
    kinds = [type(event) for event in ear.events]
    assert kinds.index(VoiceStarted) < kinds.index(VoiceStopped) < ear.events.index(final)
    levels = [event for event in ear.events if isinstance(event, VoiceLevel)]
    assert max(level.energy_db for level in levels) > -30
    assert any(level.pitch_hz for level in levels)
    runs = hearing.model_runs("a")
    assert runs["voice_activity"] > 50
    assert runs["speech_to_text"] >= 1


async def test_two_calls_are_heard_side_by_side(hearing: Hearing, say: Say) -> None:
    """Each call's words go to that call alone."""
    ears = {"a": Ear(), "b": Ear()}
    for call_id, ear in ears.items():
        hearing.open_call(call_id, ear.take)
    async with asyncio.TaskGroup() as group:
        group.create_task(push(hearing, spoken(say(ORDER)), "a"))
        group.create_task(push(hearing, spoken(say(RETURN)), "b"))
    assert units((await ears["a"].final()).text) == units(ORDER)
    assert units((await ears["b"].final()).text) == units(RETURN)
    assert all(event.call_id == call_id for call_id, ear in ears.items() for event in ear.events)


async def test_sound_that_is_no_number_fails_one_call_only(hearing: Hearing, say: Say) -> None:
    """The broken call is told so and hears again afterwards; the other never notices."""
    ears = {"a": Ear(), "b": Ear()}
    for call_id, ear in ears.items():
        hearing.open_call(call_id, ear.take)
    broken = read_only(np.full(1_024, np.nan, np.float32))
    hearing.push(MicWindow(call_id="a", stamp=stamp_at(0), samples=broken, start_sample=0))
    failed = await ears["a"].heard(HearingFailed)
    assert isinstance(failed, HearingFailed) and "voice activity" in failed.reason
    for call_id in ears:
        await push(hearing, spoken(say(ORDER)), call_id)
    for ear in ears.values():
        assert units((await ear.final()).text) == units(ORDER)
    assert not any(isinstance(event, HearingFailed) for event in ears["b"].events)


async def test_words_are_kept_when_the_sound_stops_coming(hearing: Hearing, say: Say) -> None:
    """A track that falls silent in the middle of a turn ends it: the words so far are told."""
    ear = Ear()
    hearing.open_call("a", ear.take)
    await push(hearing, np.concatenate([silence(0.4), say(ORDER)[:-4_000]]), "a")
    assert units((await ear.final()).text) == units(ORDER)


async def test_speech_at_the_very_start_of_a_track_is_heard(hearing: Hearing, say: Say) -> None:
    """Nothing needs to come before the first word."""
    ear = Ear()
    hearing.open_call("a", ear.take)
    await push(hearing, np.concatenate([say(RETURN), silence(1.2)]), "a")
    assert units((await ear.final()).text) == units(RETURN)


async def test_nothing_is_delivered_after_a_call_was_closed(hearing: Hearing, say: Say) -> None:
    """Words that are still being read when the call ends go nowhere, and more sound is refused."""
    ear = Ear()
    hearing.open_call("a", ear.take)
    await push(hearing, spoken(say(ORDER)), "a")
    await ear.heard(VoiceStarted)
    hearing.close_call("a")
    told = len(ear.events)
    other = Ear()
    hearing.open_call("b", other.take)
    await push(hearing, spoken(say(ORDER)), "b")
    await other.final()
    assert len(ear.events) == told
    with pytest.raises(CallNotFound, match="a"):
        hearing.push(next(windows(silence(0.1), call_id="a")))
    with pytest.raises(CallNotFound):
        hearing.model_runs("a")


async def test_sound_that_comes_too_fast_is_dropped_and_counted(runtime: Runtime) -> None:
    """When the ears have stopped, the oldest sound beyond the bound goes and is counted."""
    hearing = Hearing(runtime, HearingSettings(), CLOCK)
    hearing.start()
    hearing.stop()
    hearing.open_call("a", Ear().take)
    for window in windows(silence(5.0), call_id="a"):
        hearing.push(window)
    assert hearing.dropped_samples == 5 * 16_000 - MOST_WAITING_SAMPLES
