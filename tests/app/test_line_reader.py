"""What a line asks for is named by the number of its own signal, whatever else is published with it."""

from types import SimpleNamespace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from agent.app.line_reader import LineReader
from agent.app.senses import Senses
from agent.core.clock import FakeClock
from agent.core.consent import Choice, consent_for
from agent.core.signals import IntentSignal, SceneSignal, Signal
from agent.core.speech import IntentReading, TextEmotionReading
from agent.core.types import Stamp
from agent.fusion.scene import OUTCOMES, Judged
from agent.storage.calls import CallStore
from agent.transport.hub import Hub

AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0)


def escalating(features: NDArray[np.float32]) -> Judged:
    """A judge who is sure."""
    prob = np.full(len(OUTCOMES), 0.01, np.float32)
    prob[OUTCOMES.index("escalating")] = 0.9
    return Judged(prob, np.zeros((len(features), len(OUTCOMES)), np.float32))


async def read_intent(text: str, language: str) -> IntentReading:
    return IntentReading(label="speak_to_person", probability=0.9, out_of_scope=False, slots={})


async def read_emotion(text: str, language: str, stamp: Stamp, utterance_id: int | None) -> TextEmotionReading:
    raise AssertionError("nobody asked what the line felt like")


async def test_an_intent_that_changes_the_scene_keeps_its_number(clock: FakeClock) -> None:
    """The line that settles a scene publishes both; what the engine is told is the intent's number."""
    signals: list[Signal] = []
    store = cast(CallStore, SimpleNamespace(record_signal=signals.append))
    senses = Senses("call", AGREED, camera=False, clock=clock, hub=Hub(), store=store, judge=escalating)
    reader = LineReader(
        senses, read_intent=read_intent, read_emotion=read_emotion, reads=lambda language: True, locale="en"
    )
    asked = []
    for utterance_id in (1, 2, 3):
        clock.advance(ms=1_500)
        asked.append(await reader.understand("your manager!", "en", senses.moment(), utterance_id=utterance_id))
    intents = [signal for signal in signals if isinstance(signal, IntentSignal)]
    assert [intent.seq for intent in asked] == [signal.seq for signal in intents]
    assert [signal.value.label for signal in signals if isinstance(signal, SceneSignal)] == ["escalating"]
