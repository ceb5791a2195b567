"""GoEmotions is read as published, and the head that is trained on it is calibrated, exported and measured."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.core.speech import TEXT_EMOTIONS
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.evaluate_text_emotion import evaluate_text_emotion
from agent.training.goemotions import LABELS, SEVERAL, load_comments, several
from agent.training.text_emotion import train

pytestmark = pytest.mark.timeout(120)

SAID = {
    "anger": "this makes me angry {}",
    "disgust": "how disgusting is {}",
    "fear": "I am afraid of {}",
    "joy": "I love {}",
    "sadness": "I cried about {}",
    "surprise": "wow I did not expect {}",
    "neutral": "the name of it is {}",
}
THINGS = (
    "rain",
    "the train",
    "my boss",
    "dogs",
    "the sea",
    "winter",
    "this town",
    "school",
    "the cook",
    "crowds",
    "war",
)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


def table(path: Path, things: tuple[str, ...]) -> Path:
    """Lines of each emotion about each thing, labels by numbers as published."""
    rows = [f"{said.format(one)}\t{LABELS.index(label)}\tid" for one in things for label, said in SAID.items()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_comments_are_grouped(tmp_path: Path) -> None:
    """Numbers and names of the 28 labels become groups; a comment may have several, and empty lines are passed over."""
    file = tmp_path / "dev.tsv"
    file.write_text("wow thanks\t15,26\tab1\r\n\r\nno\tannoyance\nwell\t27\n", encoding="utf-8")
    comments = load_comments(file)
    assert comments.texts == ("wow thanks", "no", "well")
    named = [{TEXT_EMOTIONS[each] for each in np.flatnonzero(row)} for row in comments.groups]
    assert named == [{"joy", "surprise"}, {"anger"}, {"neutral"}]
    assert comments.plain.tolist() == [False, True, True] and several(comments) == {SEVERAL: 1}
    assert len(LABELS) == 28 and LABELS[0] == "admiration"


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "no comments"), ("only text\n", "line 1"), ("a\t1\nb\t28\n", "line 2.*'28'"), ("a\trage\n", "'rage'")],
)
def test_other_tables_are_refused(tmp_path: Path, content: str, says: str) -> None:
    """The message names the line and the label."""
    file = tmp_path / "x.tsv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataRejected, match=says):
        load_comments(file)


def test_a_head_is_trained_and_measured(runtime: Runtime, tmp_path: Path) -> None:
    """It reads lines that it never saw, and its figures are those of the file that was written."""
    train_file, test_file = table(tmp_path / "train.tsv", THINGS * 10), table(tmp_path / "dev.tsv", ("hills", "cake"))
    done = train(train_file, tmp_path / "head.onnx", held_out=test_file, runtime=runtime)
    (answers,) = done.held_out.values()
    assert (answers.prob.argmax(axis=1) == answers.label).mean() > 0.9
    np.testing.assert_allclose(answers.prob.sum(axis=1), 1, atol=1e-5)
    session = ort.InferenceSession(tmp_path / "head.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].name == "features" and session.get_outputs()[0].shape[1] == len(TEXT_EMOTIONS)


def test_too_few_comments_are_refused(runtime: Runtime, tmp_path: Path) -> None:
    """Without comments of every emotion held out there is no temperature to find."""
    with pytest.raises(DataRejected, match="too few"):
        train(table(tmp_path / "train.tsv", ("rain",)), tmp_path / "head.onnx", runtime=runtime)


def test_the_shipped_head_is_measured(runtime: Runtime, tmp_path: Path) -> None:
    """Evaluation leaves comments with several emotions out of the figures, and says so."""
    file = tmp_path / "dev.tsv"
    file.write_text("Thank you so much!\t15\nI hate this so much\t2\nhappy and sad\t17,25\n", encoding="utf-8")
    found = evaluate_text_emotion(file, runtime)
    assert (found.n, found.accuracy, found.left_out) == (2, 1.0, {SEVERAL: 1})
