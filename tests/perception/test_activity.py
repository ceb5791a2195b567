"""Voice is told from noise, and the gate over it does not flutter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inference.runtime import Runtime
from agent.perception.activity import PAUSE_WINDOWS, START_WINDOWS, WINDOW_SAMPLES, VoiceActivity, VoiceGate
from tests.perception.sound import Say, noises, silence


@pytest.fixture
def activity(runtime: Runtime) -> VoiceActivity:
    return VoiceActivity(runtime.open("voice_activity"))


def probabilities(activity: VoiceActivity, sound: np.ndarray) -> np.ndarray:
    starts = range(0, len(sound) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES)
    return np.array([activity.probability(sound[start : start + WINDOW_SAMPLES]) for start in starts])


def test_a_voice_is_heard_and_the_silence_around_it_is_not(activity: VoiceActivity, say: Say) -> None:
    """Most windows of a spoken line are above one half, none of the second before it."""
    line = say("Where is my order?")
    probs = probabilities(activity, np.concatenate([silence(1.0), line]))
    before = len(silence(1.0)) // WINDOW_SAMPLES
    assert probs[:before].max() < 0.5
    assert (probs[before:] > 0.5).mean() > 0.5


@pytest.mark.parametrize("name", [name for name, _ in noises(0.1)])
def test_noise_is_no_voice(activity: VoiceActivity, name: str) -> None:
    """Ten seconds of noise never open the gate."""
    gate = VoiceGate(0.5)
    for prob in probabilities(activity, dict(noises(10.0))[name]):
        gate.step(float(prob))
        assert not gate.open


def test_reset_forgets_the_stream(activity: VoiceActivity, say: Say) -> None:
    """After a reset the same sound gives the same probabilities as at first."""
    line = say("Where is my order?")
    first = probabilities(activity, line)
    activity.reset()
    np.testing.assert_array_equal(probabilities(activity, line), first)


def test_sound_that_is_no_number_is_refused_and_forgotten(activity: VoiceActivity, say: Say) -> None:
    """NaN raises instead of passing for silence, and after a reset the voice model works as before."""
    with pytest.raises(ArithmeticError):
        activity.probability(np.full(WINDOW_SAMPLES, np.nan, np.float32))
    activity.reset()
    assert probabilities(activity, say("Where is my order?")).max() > 0.9


def test_gate_opens_for_what_is_surely_voice_and_closes_after_three_silent_ones() -> None:
    """One sure window or two likely ones are a voice, one likely window is a click; a gap of two is a consonant."""
    gate = VoiceGate(0.5)
    opened = []
    for prob in [0.5, 0.1, 0.5, 0.5, 0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.9]:
        gate.step(prob)
        opened.append(gate.open)
    assert opened == [False, False, False, True, True, True, True, True, True, False, True]


def test_an_open_gate_holds_on_to_a_weaker_voice() -> None:
    """A probability that would not open the gate keeps it open."""
    gate = VoiceGate(0.5)
    for prob in [0.4, 0.4, 0.6, 0.6]:
        gate.step(prob)
    assert gate.open
    for _ in range(10):
        gate.step(0.4)
    assert gate.open and gate.voiced


@given(st.lists(st.floats(0, 1)))
def test_gate_changes_only_for_runs(probs: list[float]) -> None:
    """Opening takes a sure window or `START_WINDOWS` likely ones in a row, closing `PAUSE_WINDOWS` silent ones; how
    long the voice has lasted is counted from its first window.
    """
    gate = VoiceGate(0.5)
    for index, prob in enumerate(probs):
        was_open = gate.open
        gate.step(prob)
        if gate.open and not was_open:
            assert prob >= 0.6 or min(probs[index + 1 - START_WINDOWS : index + 1]) >= 0.4
            assert 1 <= gate.voiced_windows <= START_WINDOWS
        if was_open and not gate.open:
            assert max(probs[index + 1 - PAUSE_WINDOWS : index + 1]) < 0.5
