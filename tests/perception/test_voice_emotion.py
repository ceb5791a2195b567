"""Emotion in a voice."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.types import MIC_RATE_HZ, VOICE_EMOTIONS
from agent.inference.runtime import Runtime
from agent.media.sound_files import read_sound
from agent.perception.transcript import SpeechToText
from agent.perception.voice_emotion import FEATURES, STATES, VoiceEmotionModel, voice_features
from agent.perception.whisper import open_english
from tests.perception.sound import Say, silence


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
