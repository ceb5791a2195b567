"""The real voice speaks so that words can be understood."""

import json
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel

from agent.core.errors import ModelMismatch, SynthesisError
from agent.core.types import MIC_RATE_HZ
from agent.inference.registry import Registry
from agent.synthesis.sound import resampled
from agent.synthesis.voice import PiperVoice, Style, read_configuration

pytestmark = pytest.mark.timeout(120)
"""The voice is loaded within the first of these tests, and each speaks for seconds."""


def test_speech_is_understood(voice: PiperVoice, registry: Registry) -> None:
    """A recogniser writes down what was to be said, an order id and an amount included."""
    recogniser = WhisperModel(
        str(registry.directory("speech_to_text")), device="cpu", compute_type="int8", cpu_threads=1
    )
    clauses = ("Your order A1042 was shipped yesterday.", "The refund is forty dollars.")
    samples = np.concatenate([voice.synthesize(clause, Style()) for clause in clauses])
    heard = resampled(samples, round(len(samples) * MIC_RATE_HZ / voice.rate_hz))
    segments, _ = recogniser.transcribe(heard, language="en", beam_size=5)
    text = " ".join(segment.text for segment in segments).lower()
    for word in ("order", "1042", "shipped", "yesterday", "refund", "40"):
        assert word in text.replace("forty", "40"), text


def test_samples_are_what_a_track_can_take(voice: PiperVoice) -> None:
    """Speech is float32, read-only, within full scale, and neither silent nor endless."""
    samples = voice.synthesize(" I can help with that.", Style())
    assert samples.dtype == np.float32 and samples.ndim == 1 and not samples.flags.writeable
    assert 0.1 < np.abs(samples).max() < 0.9
    assert 0.8 < len(samples) / voice.rate_hz < 4


def test_rate_and_pitch(voice: PiperVoice) -> None:
    """Slower speech takes longer; lower speech does not."""
    clause = "It arrives on Monday at noon."
    plain, slow, low = (
        np.mean([len(voice.synthesize(clause, style)) for _ in range(2)])
        for style in (Style(), Style(rate=0.6), Style(pitch_semitones=-1))
    )
    assert slow > 1.3 * plain
    assert low == pytest.approx(plain, rel=0.2)


def test_what_cannot_be_spoken_is_an_error(voice: PiperVoice) -> None:
    """A clause without anything to say is refused, not passed off as silence."""
    assert not voice.can_speak("你好 😀")
    with pytest.raises(SynthesisError, match="show it as text"):
        voice.synthesize("你好 😀", Style())
    with pytest.raises(SynthesisError, match="too long"):
        voice.synthesize("word " * 1_000, Style())


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        json.dumps({"phoneme_id_map": {"_": [0], "^": [1], "$": [2]}}),
        json.dumps(
            {
                "phoneme_id_map": {"a": [14]},
                "audio": {"sample_rate": 22050},
                "inference": {"noise_scale": 0.6, "noise_w": 0.8},
            }
        ),
    ],
)
def test_another_configuration_is_refused(tmp_path: Path, content: str) -> None:
    """A file that is no voice's configuration is named."""
    path = tmp_path / "voice.onnx.json"
    path.write_text(content)
    with pytest.raises(ModelMismatch, match=r"voice\.onnx\.json"):
        read_configuration(path)
