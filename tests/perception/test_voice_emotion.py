"""Emotion in a voice: from one line, and in calls, where it is read once an utterance and only under consent."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.clock import SystemClock
from agent.core.consent import Choice, Purpose, consent_for
from agent.core.errors import CallNotFound
from agent.core.settings import HearingSettings
from agent.core.speech import MIC_RATE_HZ, VOICE_EMOTIONS, HearingEvent, Transcript, VoiceEmotionReading
from agent.core.types import read_only
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception.hearing import Hearing
from agent.perception.recorded import RecordedHearing
from agent.perception.transcript import SpeechToText
from agent.perception.utterance import Answer, Request, Urgency
from agent.perception.voice_emotion import FEATURES, STATES, VoiceEmotion, VoiceEmotionModel, voice_features
from agent.perception.whisper import open_english
from tests.perception.sound import Say, silence, windows

pytestmark = pytest.mark.timeout(60)

RETURN = "I would like to return my headphones."
ORDER = "Where is my order?"
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def speech_to_text(runtime: Runtime) -> SpeechToText:
    return SpeechToText(open_english(runtime), short_windows=True)


def test_a_spoken_line_gets_a_probability_for_each_emotion(
    runtime: Runtime, speech_to_text: SpeechToText, say: Say
) -> None:
    """Nine probabilities that sum to one, from one run of the model."""
    model, sound = VoiceEmotionModel(runtime), say("Where is my order?")
    prob = model.probabilities(sound, speech_to_text.states(sound))
    assert prob is not None and prob.shape == (len(VOICE_EMOTIONS),)
    assert prob.sum() == pytest.approx(1, abs=1e-5) and (prob >= 0).all()


def test_the_microphone_level_hardly_matters(runtime: Runtime, speech_to_text: SpeechToText, say: Say) -> None:
    """A line at a fifth of its level gets nearly the same probabilities."""
    model, sound = VoiceEmotionModel(runtime), say("I have been waiting for three weeks!")
    loud, quiet = (
        model.probabilities(one, speech_to_text.states(one)) for one in (sound, np.asarray(sound / 5, np.float32))
    )
    assert loud is not None and quiet is not None
    np.testing.assert_allclose(loud, quiet, atol=0.15)


@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_too_little_speech_tells_nothing(speech_to_text: SpeechToText, seconds: float) -> None:
    """A click has no manner."""
    sound = silence(1.0)[: round(seconds * MIC_RATE_HZ)]
    assert voice_features(sound, np.zeros((8, STATES), np.float32)) is None


def test_features_have_the_width_of_the_model(speech_to_text: SpeechToText, say: Say) -> None:
    """All features are finite numbers."""
    sound = say("No.")
    features = voice_features(sound, speech_to_text.states(sound))
    assert features is not None and features.shape == (FEATURES,) and np.isfinite(features).all()


def test_acted_anger_and_sadness_are_heard(runtime: Runtime, speech_to_text: SpeechToText, shared_data: Path) -> None:
    """The sound of the model's own training data reaches it as it did then."""
    model = VoiceEmotionModel(runtime)
    for name, emotion in (("emo_03a01Wa", "anger"), ("emo_03a02Ta", "sadness"), ("rav_03-01-05-02-01-01-03", "anger")):
        file = shared_data / "speech_emotion" / f"{name}.flac"
        sound = read_sound(file)
        prob = model.probabilities(sound, speech_to_text.states(sound))
        assert prob is not None and VOICE_EMOTIONS[int(prob.argmax())] == emotion


def quiet_before_and_after(line: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([silence(0.4), line, silence(0.4)])


def test_words_keep_what_the_encoder_made_of_the_sound(speech_to_text: SpeechToText, say: Say) -> None:
    """Only when asked to, and it is what the emotion was learnt from: no second run of the encoder is needed."""
    sound = say(RETURN)
    kept = speech_to_text.read(sound, keep_states=True).states
    assert speech_to_text.read(sound).states is None
    assert kept is not None and not kept.flags.writeable
    np.testing.assert_allclose(kept, speech_to_text.states(sound), atol=1e-4)


def test_what_is_not_fit_is_refused_with_the_reason(runtime: Runtime, speech_to_text: SpeechToText, say: Say) -> None:
    """One word, a noisy room and the states of another model give no emotion."""
    emotion = VoiceEmotion.open(runtime)
    line = quiet_before_and_after(say(RETURN))
    hiss = np.random.default_rng(1).standard_normal(len(line)) * np.sqrt(np.mean(np.square(line))) / 10
    noisy, word = np.asarray(line + hiss, np.float32), quiet_before_and_after(say("No."))
    fit = emotion.hear(line, speech_to_text.states(line))
    assert fit.reason is None and fit.probabilities is not None
    assert emotion.hear(noisy, speech_to_text.states(noisy)).reason == "too noisy"
    assert emotion.hear(word, speech_to_text.states(word)).reason == "too little speech"
    assert "another speech model" in (emotion.hear(line, None).reason or "")


def test_silence_has_no_emotion(runtime: Runtime, speech_to_text: SpeechToText) -> None:
    """Digital silence is refused, not read as calm."""
    nothing = np.zeros(2 * MIC_RATE_HZ, np.float32)
    assert VoiceEmotion.open(runtime).hear(nothing, speech_to_text.states(nothing)).probabilities is None


def test_a_recording_has_one_reading_an_utterance(runtime: Runtime, say: Say) -> None:
    """It comes after the final words and is stamped at the end of the voice; without the wish there is none."""
    sound = np.concatenate([silence(0.4), say(RETURN), silence(2.0), say(ORDER), silence(2.0)])
    events = list(RecordedHearing(runtime, HearingSettings(), reads_emotion=True).hear(windows(sound)))
    told = [event for event in events if isinstance(event, Transcript | VoiceEmotionReading)]
    finals = [event for event in told if isinstance(event, Transcript) and event.final]
    readings = [event for event in told if isinstance(event, VoiceEmotionReading)]
    assert [reading.utterance_id for reading in readings] == [final.utterance_id for final in finals] == [0, 1]
    for final, reading in zip(finals, readings, strict=True):
        assert told.index(reading) > told.index(final)
        assert reading.stamp.captured_ns == final.speech_end_ns
    again = RecordedHearing(runtime, HearingSettings()).hear(windows(sound))
    assert not any(isinstance(event, VoiceEmotionReading) for event in again)


@pytest.fixture(scope="module")
def hearing(runtime: Runtime) -> Iterator[Hearing]:
    hearing = Hearing(runtime, HearingSettings(), CLOCK)
    hearing.start()
    yield hearing
    hearing.stop()


class Listening:
    """One call whose events are kept."""

    def __init__(self, hearing: Hearing, *, agreed: bool) -> None:
        self._hearing = hearing
        self._arrived = asyncio.Event()
        self._began_ns = CLOCK.now_ns()
        self._position = 0
        self.events: list[HearingEvent] = []
        hearing.open_call("call", self._take, reads_emotion=agreed)

    def _take(self, event: HearingEvent) -> None:
        self.events.append(event)
        self._arrived.set()

    def readings(self) -> list[VoiceEmotionReading]:
        return [event for event in self.events if isinstance(event, VoiceEmotionReading)]

    def finals(self) -> int:
        return sum(isinstance(event, Transcript) and event.final for event in self.events)

    async def say(self, *sounds: NDArray[np.float32]) -> None:
        sound = np.concatenate(sounds)
        began = self._position
        for number, window in enumerate(windows(sound, call_id="call", start_sample=began, start_ns=self._began_ns)):
            self._hearing.push(window)
            if number % 20 == 0:
                await asyncio.sleep(0.1)
        self._position += len(sound)

    async def answered(self) -> None:
        """Waits until everything that was asked of the models has been answered."""
        answered, loop = asyncio.Event(), asyncio.get_running_loop()
        last = Request(
            call_id="file",
            utterance_id=0,
            piece=0,
            urgency=Urgency.FILE,
            samples=read_only(silence(0.2)),
            heard_to_sample=0,
        )

        def note(_: Answer) -> None:
            loop.call_soon_threadsafe(answered.set)

        self._hearing.read(last, note)
        await answered.wait()

    async def settled(self) -> None:
        """Waits until that has been taken in, too."""
        await self.answered()
        seen = len(self.events)
        await self.say(silence(0.2))
        while len(self.events) == seen:
            self._arrived.clear()
            await self._arrived.wait()

    async def until(self, *, finals: int = 0, readings: int = 0) -> None:
        async with asyncio.timeout(40):
            while self.finals() < finals or len(self.readings()) < readings:
                self._arrived.clear()
                await self._arrived.wait()


@contextmanager
def call_on(hearing: Hearing, *, agreed: bool) -> Iterator[Listening]:
    """A call that is open within the block."""
    try:
        yield Listening(hearing, agreed=agreed)
    finally:
        hearing.close_call("call")


async def emotion_after_another_line(call: Listening, hearing: Hearing, say: Say) -> tuple[int, int]:
    """Once what it is saying now and one more line have their words: how often the model ran, and readings so far."""
    await call.until(finals=1)
    await call.say(say(ORDER), silence(2.0))
    await call.until(finals=2)
    await call.settled()
    return hearing.model_runs("call").get("voice_emotion", 0), len(call.readings())


async def test_a_call_that_agreed_is_read_once_an_utterance(hearing: Hearing, say: Say) -> None:
    """However many pauses and partial words there were, the model runs once."""
    with call_on(hearing, agreed=True) as call:
        await call.say(silence(0.4), say(RETURN), silence(0.3), say(ORDER), silence(2.0))
        await call.until(finals=1, readings=1)
        await call.settled()
        runs = hearing.model_runs("call")
    readings = call.readings()
    assert len(readings) == call.finals()
    assert runs["voice_emotion"] == sum(reading.valid for reading in readings) >= 1


async def test_a_call_that_did_not_agree_costs_no_run(hearing: Hearing, say: Say) -> None:
    """The words are read as ever, and the model of emotion never runs for it."""
    with call_on(hearing, agreed=False) as call:
        await call.say(silence(0.4), say(RETURN), silence(2.0))
        assert await emotion_after_another_line(call, hearing, say) == (0, 0)


async def test_withdrawal_stops_it_in_the_middle_of_an_utterance(hearing: Hearing, say: Say) -> None:
    """What is being said when the customer takes it back is read no more; the call goes on without it."""
    line, agreed = say(RETURN), consent_for(Choice.AGREE, locale="en", given_at=0.0)
    with call_on(hearing, agreed=True) as call:
        await call.say(silence(0.4), line[: len(line) // 2])
        hearing.follow("call", agreed.without(Purpose.EXPRESSION, Purpose.VOICE_EMOTION))
        await call.say(line[len(line) // 2 :], silence(2.0))
        assert await emotion_after_another_line(call, hearing, say) == (0, 0)
    with pytest.raises(CallNotFound):
        hearing.follow("call", agreed)


async def test_a_call_that_takes_speech_back_is_not_heard_from_then_on(hearing: Hearing, say: Say) -> None:
    """Neither what was being said nor what is said later is read or told, and its sound runs no model."""
    line, agreed = say(RETURN), consent_for(Choice.AGREE, locale="en", given_at=0.0)
    with call_on(hearing, agreed=True) as call:
        await call.say(silence(0.4), line[: len(line) // 2])
        await call.settled()
        hearing.follow("call", agreed.without(Purpose.SPEECH))
        await call.answered()
        before, told = hearing.model_runs("call"), len(call.events)
        await call.say(line[len(line) // 2 :], silence(2.0))
        await call.answered()
        assert (hearing.model_runs("call"), len(call.events)) == (before, told)
