"""Faces, voices and lines are put together by what they show, and asked with the weights that calls take."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.core.speech import TEXT_EMOTIONS, VOICE_EMOTIONS
from agent.core.types import EXPRESSIONS
from agent.fusion.text_emotion import NAMES
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training import evaluate_fusion as measured
from agent.training.aligned_emotions import Read, read_lines, together

ALL_KNOW = ("neutral", "happiness", "sadness", "anger", "fear", "disgust")


def read(classes: tuple[str, ...], shown: list[str], *, right: float, seed: int) -> Read:
    """A model of these classes that is right about so large a share of what is shown, and fairly sure each time."""
    rng = np.random.default_rng(seed)
    prob = np.full((len(shown), len(classes)), 0.4 / (len(classes) - 1))
    for row, emotion in enumerate(shown):
        others = [at for at, name in enumerate(classes) if name != emotion]
        answer = classes.index(emotion) if rng.random() < right else int(rng.choice(others))
        prob[row, answer] = 0.6
    return Read(prob, np.array(shown))


@pytest.fixture
def sets() -> tuple[Read, Read, Read]:
    """Faces, voices and lines of six emotions, a hundred each, and surprise that no voice shows."""
    six = [name for name in ALL_KNOW for _ in range(100)]
    faces = read(EXPRESSIONS, [*six, *["surprise"] * 50, *["contempt"] * 20], right=0.7, seed=1)
    voices = read(VOICE_EMOTIONS, six, right=0.6, seed=2)
    lines = read(NAMES, [*six, *["surprise"] * 50], right=0.7, seed=3)
    return faces, voices, lines


def test_what_is_put_together_shows_the_same(sets: tuple[Read, Read, Read]) -> None:
    """Each face of an emotion that lines show meets a voice and a line of that emotion, or no voice."""
    faces, voices, lines = sets
    triples = together(faces, voices, lines, seed=0)
    shown = faces.emotion[triples.face]
    assert len(shown) == 650 and "contempt" not in shown
    assert (lines.emotion[triples.words] == shown).all()
    spoken = triples.voice >= 0
    assert (voices.emotion[triples.voice[spoken]] == shown[spoken]).all()
    assert set(shown[~spoken]) == {"surprise"}


def test_the_same_seed_puts_the_same_together(sets: tuple[Read, Read, Read]) -> None:
    """And another seed others."""
    first, again, other = (together(*sets, seed=seed) for seed in (4, 4, 5))
    assert (first.words == again.words).all() and (first.words != other.words).any()


def test_witnesses_that_err_apart_are_better_together(
    sets: tuple[Read, Read, Read], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The report holds every set of witnesses, what all of them gain, and how often contradiction was told."""
    for name, found in zip(("read_faces", "read_voices", "read_lines"), sets, strict=True):
        monkeypatch.setattr(measured, name, lambda *_, found=found: found)
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    report = measured.evaluate_fusion(tmp_path, tmp_path, tmp_path, runtime, work=tmp_path)
    assert report.n == 650 and len(report.witnesses) == 7
    accuracy = {name: scores.accuracy for name, scores in report.witnesses.items()}
    assert accuracy["face and voice and words"] > accuracy["face"] + 0.03
    assert report.gain == pytest.approx(
        accuracy["face and voice and words"] - max(accuracy[name] for name in ("face", "voice", "words"))
    )
    assert report.conflicts.told_of_contradicting > 5 * report.conflicts.told_of_agreeing
    assert report.conflicts.n == 500
    assert all(0 < exponent <= 1.3 for exponent in report.best_exponents.values())


def test_lines_of_another_form_are_refused(tmp_path: Path) -> None:
    """Naming the line, as wherever comments are read."""
    (tmp_path / "dev.tsv").write_text("only words\n", encoding="utf-8")
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    with pytest.raises(DataRejected, match="line 1"):
        read_lines(tmp_path / "dev.tsv", runtime, lambda *_: None)


def test_lines_are_read_by_the_model_that_ships(tmp_path: Path) -> None:
    """One emotion each, in the names of all signals; lines with several are left out."""
    rows = ["Thank you so much, I love it!\t17", "I am furious about this\t2", "Good and bad\t17,2"]
    (tmp_path / "dev.tsv").write_text("\n".join(rows), encoding="utf-8")
    runtime = Runtime(Registry.load(ModelSettings().folder), "cpu")
    lines = read_lines(tmp_path / "dev.tsv", runtime, lambda *_: None)
    assert list(lines.emotion) == ["happiness", "anger"]
    assert lines.prob.shape == (2, len(TEXT_EMOTIONS))
    assert [NAMES[best] for best in lines.prob.argmax(axis=1)] == ["happiness", "anger"]
