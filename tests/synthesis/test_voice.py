"""The real voice speaks so that words can be understood."""

import json
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from agent.core.errors import ModelMismatch, SynthesisError
from agent.core.speech import MIC_RATE_HZ
from agent.dialogue.mood import CALM, NEUTRAL
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


def test_the_first_piece_is_short_and_the_joints_are_not_heard(voice: PiperVoice) -> None:
    """A third of a second leaves first; where pieces meet, samples are no further apart than within them."""
    pieces = list(
        voice.stream("I have found your order and it will arrive with you tomorrow.", Style(pitch_semitones=-1))
    )
    assert len(pieces) >= 3 and len(pieces[0].samples) < 0.4 * voice.rate_hz
    assert [piece.share for piece in pieces] == sorted(piece.share for piece in pieces) and pieces[-1].share == 1.0
    joined = np.concatenate([piece.samples for piece in pieces])
    bend = np.abs(np.diff(joined, n=2))
    for end in np.cumsum([len(piece.samples) for piece in pieces[:-1]]):
        around = bend[end - 1_000 : end + 1_000]
        assert bend[end - 3 : end + 1].max() <= np.quantile(around, 0.995) + 1e-3


def test_rate_and_pitch(voice: PiperVoice) -> None:
    """Slower speech takes longer; lower speech does not."""
    clause = "It arrives on Monday at noon."
    plain, slow, low = (
        np.mean([len(voice.synthesize(clause, style)) for _ in range(2)])
        for style in (Style(), Style(rate=0.6), Style(pitch_semitones=-1))
    )
    assert slow > 1.3 * plain
    assert low == pytest.approx(plain, rel=0.2)


def _pitch_hz(samples: NDArray[np.float32], rate_hz: int) -> float:
    """Median over frames of 40 ms of the strongest period between 120 and 350 Hz, where one is strong."""
    frame, shortest, longest = rate_hz // 25, rate_hz // 350, rate_hz // 120
    pitches = []
    for start in range(0, len(samples) - frame, frame // 2):
        part = samples[start : start + frame] - samples[start : start + frame].mean()
        likeness = np.correlate(part, part, "full")[frame - 1 :]
        period = shortest + int(np.argmax(likeness[shortest:longest]))
        if likeness[0] > 0.5 and likeness[period] > 0.6 * likeness[0]:
            pitches.append(rate_hz / period)
    return float(np.median(pitches))


def test_an_upset_customer_is_spoken_to_slower_and_lower(voice: PiperVoice) -> None:
    """What sustained negative affect asks for takes about 8 % longer to say, in a lower voice."""
    clause = "I have found your order and I can send you a new one today at no cost."
    calm = Style.of(rate=CALM.rate, tone=CALM.tone)
    (seconds, pitch_hz), (calm_seconds, calm_pitch_hz) = (
        np.mean([(len(said), _pitch_hz(said, voice.rate_hz)) for said in takes], axis=0)
        for takes in ([voice.synthesize(clause, style) for _ in range(4)] for style in (Style(), calm))
    )
    assert 1.03 < calm_seconds / seconds < 1.15
    assert calm_pitch_hz < 0.985 * pitch_hz
    assert Style.of(rate=NEUTRAL.rate, tone=NEUTRAL.tone) == Style()


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
