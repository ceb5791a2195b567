"""`agent train` and `agent evaluate` do a whole small job, print JSON and nothing else, and refuse in one sentence."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.core.errors import AgentError
from agent.dialogue.understanding import load_understanding
from agent.training.lines import held_out_files

pytestmark = pytest.mark.timeout(120)


def _agent(*words: object) -> Result:
    """The command in this process, since each new one would load everything anew."""
    arguments = [str(word) for word in words]
    with patch.object(sys, "argv", ["agent", *arguments]):
        return CliRunner().invoke(build_app(arguments), arguments)


def faces(folder: Path, count: int = 12) -> Path:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (count, 48, 48)).astype(np.float32) / 255
    votes = rng.multinomial(10, np.full(10, 0.1), count)
    votes[0] = np.eye(10, dtype=int)[9] * 10
    np.savez(folder / "faces.npz", test_x=x[..., None], test_ferplus_votes=votes, test_fer7=rng.integers(0, 7, count))
    return folder / "faces.npz"


def test_evaluating_faces(tmp_path: Path) -> None:
    """Both label sets, the promised keys, plots and a card with its figures, from floats with a prefix."""
    card = tmp_path / "card.md"
    marks = "<!-- figures: written by `agent evaluate --card` or `agent train` -->\n<!-- end of figures -->\n"
    card.write_text(marks, encoding="utf-8")
    done = _agent(
        "evaluate", "expression", "--data", faces(tmp_path), "--json", "--report", tmp_path / "pages", "--card", card
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report.keys() >= {
        "n",
        "accuracy",
        "macro_f1",
        "per_class",
        "ece",
        "coverage",
        "coverage_accuracy",
        "ms_per_item",
    }
    assert report["ferplus"]["accuracy"] == report["accuracy"] and report["fer7"]["n"] == 12
    assert report["n"] + sum(report["left_out"].values()) == 12 and report["n"] < 12
    assert all(one.keys() == {"support", "precision", "recall", "f1"} for one in report["per_class"].values())
    assert {file.name for file in (tmp_path / "pages").iterdir()} == {
        "index.html", "report.json", "confusion.png", "reliability.png", "coverage.png",
    }  # fmt: skip
    assert f"| all | {report['n']} |" in card.read_text(encoding="utf-8")


def test_evaluating_pictures_with_one_torn(tmp_path: Path) -> None:
    """A torn picture is counted and named in the table, and the others are judged."""
    (tmp_path / "pictures" / "angry").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "pictures" / "angry" / "grey.png"), np.full((90, 120), 128, np.uint8))
    (tmp_path / "pictures" / "angry" / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    done = _agent("evaluate", "expression", "--data", tmp_path / "pictures")
    assert done.exit_code == 0, done.output
    assert "1 pictures that cannot be read" in done.stdout and "anger" in done.stdout


@pytest.mark.parametrize("model", ["expression", "gesture"])
@pytest.mark.parametrize(("make", "said"), [("text", "npz"), ("empty folder", "no pictures"), ("dogs", "wanted are")])
def test_bad_data_is_refused_in_a_sentence(tmp_path: Path, model: str, make: str, said: str) -> None:
    """A text file, an empty folder and unknown classes: an error for people that names the data, and no JSON."""
    data = tmp_path / "mine"
    if make == "text":
        data.write_text("these are no arrays")
    else:
        data.mkdir()
    if make == "dogs":
        (data / "dogs").mkdir()
        cv2.imwrite(str(data / "dogs" / "rex.png"), np.zeros((9, 9), np.uint8))
    done = _agent("evaluate", model, "--data", data, "--json")
    assert done.exit_code == 1 and done.stdout == "" and isinstance(done.exception, AgentError)
    assert str(data) in str(done.exception) and said in str(done.exception)


def some_lines(source: Path, target: Path, each: int) -> Path:
    """The first lines of every intent, and of those outside, so that training is quick."""
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    few = {name: lines[:each] for name, lines in content["intents"].items()}
    text = yaml.safe_dump({"intents": few, "out_of_scope": content["out_of_scope"][: 2 * each]})
    target.write_text(text, encoding="utf-8")
    return target


def test_a_card_takes_no_figures_of_a_model_that_it_is_not_of(tmp_path: Path) -> None:
    """A head that was fitted on the spot has no card: the figures would stand beside the sha256 of another."""
    card = tmp_path / "card.md"
    card.write_text("as it was", encoding="utf-8")
    lines = held_out_files("shop")[0]
    done = _agent("evaluate", "intent", "--train", lines, "--data", lines, "--card", card)
    assert isinstance(done.exception, AgentError) and "none has a card" in str(done.exception)
    assert card.read_text(encoding="utf-8") == "as it was"


def test_training_intents(tmp_path: Path) -> None:
    """An intent head is trained in one command, which measures it and writes its card."""
    ours = tmp_path / "ours.yaml"
    shop = load_understanding("shop")
    named: dict[str, list[str]] = {intent or "": [] for intent in (*shop.intents, None)}
    for text, label in zip(shop.texts, shop.labels, strict=True):
        named[label or ""].append(text)
    ours.write_text(yaml.safe_dump({"out_of_scope": named.pop(""), "intents": named}), encoding="utf-8")
    data, held_out = (
        some_lines(source, tmp_path / name, each)
        for source, name, each in ((ours, "mine.yaml", 8), (held_out_files("shop")[0], "other.yaml", 4))
    )
    done = _agent(
        "train", "intent", "--data", data, "--held-out", held_out, "--out", tmp_path / "new" / "intent.onnx", "--json"
    )
    assert done.exit_code == 0, done.output
    trained = json.loads(done.stdout)
    assert trained["held_out"]["lines held out"]["accuracy"] > 0.7
    card = (tmp_path / "new" / "intent.md").read_text(encoding="utf-8")
    lines = 8 * len(shop.intents) + 16
    assert trained["sha256"][:12] in card and f"| mine.yaml | {lines} |" in card and str(tmp_path) not in card


@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is installed here")
def test_training_without_pytorch_says_how_to_get_it(tmp_path: Path) -> None:
    """Without PyTorch the command names the command that installs it."""
    done = _agent("train", "expression", "--data", faces(tmp_path), "--out", tmp_path / "e.onnx")
    assert isinstance(done.exception, AgentError) and "uv sync --group train" in str(done.exception)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed here")
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")  # PyTorch's own, about how it will export one day
def test_training_expressions_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """A run of a second writes model, card and checkpoint; begun again with no time left, it ends with the same."""
    rng = np.random.default_rng(3)
    parts: dict[str, Any] = {
        f"{part}{name}": values
        for part in ("train_", "val_")
        for name, values in (
            ("x", rng.integers(0, 256, (160, 48, 48)).astype(np.uint8)),
            ("ferplus_votes", rng.multinomial(10, np.r_[np.full(8, 0.12), 0.02, 0.02], 160)),
            ("fer7", rng.integers(0, 7, 160)),
        )
    }
    np.savez(tmp_path / "faces.npz", **parts)
    where = ("--data", tmp_path / "faces.npz", "--out", tmp_path / "e.onnx", "--work", tmp_path / "w")
    one, two = (_agent("train", "expression", *where, "--minutes", 0.02, "--json") for _ in range(2))
    assert one.exit_code == two.exit_code == 0, one.output + two.output
    assert json.loads(one.stdout)["sha256"] == json.loads(two.stdout)["sha256"]
    assert list((tmp_path / "w").glob("*.pt")) and (tmp_path / "e.md").exists()


def test_a_model_is_shown_with_its_card() -> None:
    """`agent models show` prints source, tensors and the card's limits; a name that is none is refused."""
    done = _agent("models", "show", "intent_shop")
    assert done.exit_code == 0, done.output
    for said in ("common.en.yaml", "in_scope_prob", "Limits", "Trained with"):
        assert said in done.stdout
    assert "<!--" not in done.stdout
    assert json.loads(_agent("models", "show", "voice_text", "--json").stdout)["commercial"] is False
    assert isinstance(_agent("models", "show", "nobody").exception, AgentError)


def test_models_are_listed() -> None:
    """Every model of the manifest is in the table, the doubtful ones marked, and in the JSON with its card."""
    listed = json.loads(_agent("models", "list", "--json").stdout)["models"]
    table = _agent("models", "list").stdout
    assert all(model["name"] in table for model in listed) and all(model["card"] for model in listed)
    assert "no, or unclear" in table
