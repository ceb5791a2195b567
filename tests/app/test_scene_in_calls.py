"""A call tells what situation it is in, by the model that ships, and tells no more once the customer withdraws."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from agent.app.senses import Senses
from agent.core.clock import FakeClock
from agent.core.consent import Choice, consent_for
from agent.core.settings import ModelSettings
from agent.core.signals import Finding, IntentValue, SceneSignal, SceneValue, Signal, TextEmotionSignal
from agent.core.speech import (
    TEXT_EMOTIONS,
    TextEmotionReading,
    Transcript,
    VoiceLevel,
    VoiceStarted,
    VoiceStopped,
)
from agent.fusion.scene import SceneModel
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.storage.calls import CallStore
from agent.transport.hub import Hub

AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0)
WITHOUT = consent_for(Choice.WITHOUT_EMOTION, locale="en", given_at=0.0)


@pytest.fixture(scope="module")
def judge() -> SceneModel:
    return SceneModel(Runtime(Registry.load(ModelSettings().folder), "cpu"))


class Customer:
    """Speaks in a call without a camera, and keeps the signals that come of it."""

    def __init__(self, clock: FakeClock, judge: SceneModel, *, agreed: bool = True) -> None:
        self.signals: list[Signal] = []
        self.clock = clock
        store = cast(CallStore, SimpleNamespace(record_signal=self.signals.append))
        consent = AGREED if agreed else WITHOUT
        self.senses = Senses("call", consent, camera=False, clock=clock, hub=Hub(), store=store, judge=judge)

    def says(self, text: str, *, reads_like: str | None = None) -> None:
        """A spoken line with its final words, and what emotion is read from them, if any is."""
        self.senses.hear(VoiceStarted(call_id="call", stamp=self.senses.moment()))
        self.passes(0.35 * len(text.split()))
        self.senses.hear(VoiceStopped(call_id="call", stamp=self.senses.moment()))
        self.senses.hear(self._words(text))
        if reads_like is not None:
            self.senses.read_words(self._feeling(reads_like))

    def passes(self, seconds: float) -> None:
        """Time in which the microphone goes on."""
        for _ in range(round(4 * seconds)):
            self.clock.advance(ms=250)
            level = VoiceLevel(
                call_id="call", stamp=self.senses.moment(), speech_prob=0.5, energy_db=-30, pitch_hz=None
            )
            self.senses.hear(level)

    def scenes(self) -> list[SceneValue]:
        return [signal.value for signal in self.signals if isinstance(signal, SceneSignal)]

    def _words(self, text: str) -> Transcript:
        now_ns = self.clock.now_ns()
        return Transcript(
            call_id="call",
            utterance_id=1,
            stamp=self.senses.moment(),
            speech_end_ns=now_ns,
            text=text,
            final=True,
            language="en",
            mean_token_logprob=-0.1,
            stage_ms={},
            finished_ns=now_ns,
        )

    def _feeling(self, label: str) -> TextEmotionReading:
        prob = np.full(len(TEXT_EMOTIONS), 0.02, np.float32)
        prob[TEXT_EMOTIONS.index(label)] = 0.88
        return TextEmotionReading(stamp=self.senses.moment(), utterance_id=1, label=label, probabilities=prob)


def complain(customer: Customer) -> None:
    customer.says("This is the third time I call about it and nobody ever helps.", reads_like="anger")
    customer.says("It is ridiculous, I want to speak to your manager!", reads_like="anger")
    customer.passes(3)


def test_a_complaint_escalates_and_the_reasons_are_told(clock: FakeClock, judge: SceneModel) -> None:
    """Words of complaint are the reason, and the signal names what it was taken from."""
    customer = Customer(clock, judge)
    complain(customer)
    last = customer.scenes()[-1]
    assert last.label == "escalating" and "words of complaint" in last.because
    signal = [signal for signal in customer.signals if isinstance(signal, SceneSignal)][-1]
    assert signal.valid and signal.confidence is not None and signal.confidence >= 0.6
    assert "transcript" in signal.sources


def test_what_is_typed_counts_like_what_is_said(clock: FakeClock, judge: SceneModel) -> None:
    """A customer who types that they do not follow is told to be confused."""
    customer = Customer(clock, judge)
    for line in ("I don't understand what you mean", "which button do you mean? I'm lost"):
        customer.senses.typed(line)
        customer.passes(3)
    assert customer.scenes()[-1].label == "confused"


def test_a_wait_is_told_and_ends_when_somebody_speaks(clock: FakeClock, judge: SceneModel) -> None:
    """Silence becomes a scene after a while; words end it."""
    customer = Customer(clock, judge)
    customer.passes(30)
    customer.says("My number is four four one.")
    customer.passes(20)
    assert customer.scenes()[-1].label == "waiting"
    customer.says("And the other number is four four two, the one with the blue cover and the long name on it.")
    customer.passes(1)
    assert customer.scenes()[-1].label != "waiting"


def test_without_consent_to_emotion_there_is_no_scene(clock: FakeClock, judge: SceneModel) -> None:
    """The same complaint leaves no scene and no reading of the words; intents are there as before."""
    customer = Customer(clock, judge, agreed=False)
    complain(customer)
    intent = IntentValue(label="speak_to_person", out_of_scope=False)
    customer.senses.publish(
        [Finding(value=intent, confidence=0.9, valid=True, stamp=customer.senses.moment(), sources=("intent",))]
    )
    customer.passes(3)
    assert customer.scenes() == [] and not [one for one in customer.signals if isinstance(one, TextEmotionSignal)]
    assert customer.senses.last_intent == "speak_to_person"


def test_a_scene_ends_with_the_consent(clock: FakeClock, judge: SceneModel) -> None:
    """Followers learn that it is gone and why, once, and nothing comes after."""
    customer = Customer(clock, judge)
    complain(customer)
    customer.senses.follow(WITHOUT)
    told = len(customer.scenes())
    complain(customer)
    endings = [signal for signal in customer.signals if isinstance(signal, SceneSignal) and not signal.valid]
    assert [signal.reason for signal in endings][-1:] == ["consent withdrawn"]
    assert len(customer.scenes()) == told
