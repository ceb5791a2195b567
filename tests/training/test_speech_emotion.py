"""Training of the model of emotion in the voice."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from agent.core.speech import VOICE_EMOTIONS
from agent.perception.voice_emotion import FEATURES
from agent.training.softmax import Linear, softmax
from agent.training.speech_emotion import Head, best_temper, export_head, fit_discriminant, held_out_logits
from agent.training.speech_emotions import Recordings

EMOTIONS = [VOICE_EMOTIONS.index(name) for name in ("neutral", "sadness", "anger")]
WIDTH, BY_SPEAKER = 40, 20


@pytest.fixture(scope="module")
def heard() -> Recordings:
    """Six speakers of EmoDB who differ from each other in some features and by emotion in others."""
    rng = np.random.default_rng(3)
    speaker, emotion = np.repeat(np.arange(6), 15), np.tile(np.repeat(EMOTIONS, 5), 6)
    features = rng.normal(size=(90, WIDTH)).astype(np.float32)
    features[:, :BY_SPEAKER] += 3 * rng.normal(size=(6, BY_SPEAKER))[speaker]
    features[np.arange(90), BY_SPEAKER + emotion] += 3
    return Recordings(
        features=features,
        emotion=emotion,
        corpus=np.full(90, "EmoDB"),
        speaker=np.array([f"EmoDB {number:02}" for number in speaker]),
    )


def test_unknown_speakers_are_understood(heard: Recordings) -> None:
    """Each speaker is judged by a head that did not hear them, and by what emotions have in common."""
    logits = held_out_logits(heard)
    assert (logits.argmax(axis=1) == heard.emotion).mean() > 0.8


def test_held_out_means_held_out(heard: Recordings) -> None:
    """Where a speaker's recordings say nothing but who speaks, no emotion is found in them: chance is a third."""
    blank = Recordings(
        features=np.where(np.arange(WIDTH) < BY_SPEAKER, heard.features, 0).astype(np.float32),
        emotion=heard.emotion,
        corpus=heard.corpus,
        speaker=heard.speaker,
    )
    assert (held_out_logits(blank).argmax(axis=1) == heard.emotion).mean() < 0.6


def test_the_file_says_what_the_head_says(tmp_path: Path) -> None:
    """Scaling, cutting and temperature are inside the exported model."""
    rng = np.random.default_rng(5)
    linear = Linear(weights=rng.normal(size=(FEATURES, 9)) / 50, bias=rng.normal(size=9))
    head = Head(mean=rng.normal(size=FEATURES), deviation=rng.uniform(1, 3, FEATURES), linear=linear)
    sha256 = export_head(head, 1.7, tmp_path / "new" / "head.onnx")
    session = ort.InferenceSession(tmp_path / "new" / "head.onnx", providers=["CPUExecutionProvider"])
    features = (rng.normal(size=(8, FEATURES)) * np.repeat([1, 50], 4)[:, None]).astype(np.float32)
    (prob,) = session.run(None, {"features": features})
    np.testing.assert_allclose(prob, softmax(head.logits(features) / 1.7), atol=1e-4)
    assert len(sha256) == 64


def test_an_emotion_without_examples_is_never_answered() -> None:
    """A class that nothing was learnt of stays out of reach."""
    rng = np.random.default_rng(0)
    label = np.repeat([0, 2], 20)
    features = rng.normal(size=(40, 4)) + label[:, None]
    linear = fit_discriminant(features, label, 3)
    answers = linear.logits(rng.normal(size=(100, 4)) * 3).argmax(axis=1)
    assert set(answers) == {0, 2}
    assert (linear.logits(features).argmax(axis=1) == label).mean() > 0.9


@pytest.mark.parametrize(("boast", "temper"), [(1.0, 1.0), (2.0, 0.5), (4.0, 0.25)])
def test_what_claims_too_much_is_tempered_by_as_much(boast: float, temper: float) -> None:
    """The exponent that undoes a boast is found, and classes that no label has do not disturb it."""
    rng = np.random.default_rng(7)
    honest = softmax(rng.normal(size=(6000, 6)))
    label = np.array([rng.choice(6, p=row) for row in honest])
    claimed = np.zeros((6000, 9))
    claimed[:, 2:8] = honest**boast / (honest**boast).sum(axis=1, keepdims=True)
    assert best_temper(claimed, label + 2) == pytest.approx(temper, abs=0.08)


def test_what_tells_nothing_is_worth_nothing() -> None:
    """Probabilities that have nothing to do with the labels are best not heard at all."""
    rng = np.random.default_rng(8)
    claimed, label = softmax(3 * rng.normal(size=(3000, 6))), rng.integers(0, 6, 3000)
    assert best_temper(claimed, label) < 0.05
