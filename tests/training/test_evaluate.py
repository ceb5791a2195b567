"""Evaluation runs the shipped models on data in every documented form and gives the documented figures."""

import csv
import shutil
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.evaluate_expression import evaluate_expression
from agent.training.evaluate_gesture import evaluate_gesture
from agent.training.evaluate_intent import evaluate_intent
from agent.training.lines import held_out_files
from agent.training.pack_head import model_of
from tests.perception.pictures import with_face

KEYS = {"n", "accuracy", "macro_f1", "per_class", "ece", "coverage", "coverage_accuracy", "ms_per_item"}


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pack", ["shop", "bank", "clinic"])
def test_intents_of_a_pack(pack: str, runtime: Runtime) -> None:
    """The shipped head was trained on the pack's examples as they stand, and understands our held-out lines."""
    understanding = load_understanding(pack)
    assert model_of(runtime, understanding) == f"intent_{pack}"
    report = evaluate_intent(held_out_files(pack), runtime, pack=understanding)
    assert msgspec.to_builtins(report).keys() >= KEYS
    assert report.accuracy > 0.92 and report.macro_f1 > 0.92 and report.ece < 0.05
    assert report.oos_auroc is not None and report.oos_auroc > 0.98


@pytest.mark.timeout(120)
def test_intents_with_training(runtime: Runtime, tmp_path: Path) -> None:
    """With a training file, a head for its intents is fitted first; without, unknown intents are refused."""
    find, sing = ["where is it", "find my parcel", "track it"], ["sing a song", "can you sing", "a song please"]
    rows = [*((text, "find") for text in find), *((text, "sing") for text in sing)]
    for name, some in (
        ("train.csv", rows * 4),
        ("test.csv", [("where is my parcel", "find"), ("please sing", "sing")]),
    ):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("text", "category"), *some])
    report = evaluate_intent([tmp_path / "test.csv"], runtime, train=tmp_path / "train.csv")
    assert (report.n, report.accuracy, report.oos_auroc) == (2, 1.0, None)
    with pytest.raises(DataRejected, match="--train"):
        evaluate_intent([tmp_path / "test.csv"], runtime, pack=load_understanding("shop"))


def test_lines_without_intents(runtime: Runtime, tmp_path: Path) -> None:
    """A file of out-of-scope lines alone has no accuracy, and says so."""
    (tmp_path / "oos.csv").write_text("text,category\nsing,oos\n", encoding="utf-8")
    with pytest.raises(DataRejected, match="no line"):
        evaluate_intent([tmp_path / "oos.csv"], runtime, pack=load_understanding("shop"))


def test_pictures_of_faces(runtime: Runtime, tmp_path: Path) -> None:
    """In a folder of large pictures the face is found and aligned first: the astronaut smiles."""
    (tmp_path / "happy").mkdir()
    for face_px in (120, 220):
        picture = with_face(face_px=face_px)
        cv2.imwrite(str(tmp_path / "happy" / f"{face_px}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    report = evaluate_expression(tmp_path, runtime)
    assert (report.n, report.accuracy) == (2, 1.0)
    assert set(report.per_class) == {"happiness"} and report.ferplus is None and report.fer7 is not None


def test_pictures_without_hands(runtime: Runtime, tmp_path: Path) -> None:
    """A picture in which no hand is found counts, and is answered with none."""
    for name in ("like", "no_gesture"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "grey.png"), np.full((120, 160, 3), 128, np.uint8))
    report = evaluate_gesture(tmp_path, runtime)
    assert (report.n, report.accuracy) == (2, 0.5)
    assert report.per_class["none"].recall == 1 and report.per_class["thumbs_up"].recall == 0
    assert report.remarks == [] and report.left_out == {}


def test_folders_of_hands_with_other_names(runtime: Runtime, tmp_path: Path) -> None:
    """Classes that nobody knows count as none, and are named; a folder of nothing else is refused with its names."""
    for name in ("thumbsup", "Like"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "grey.png"), np.full((120, 160), 128, np.uint8))
    (tmp_path / "Like" / "torn.png").write_bytes(b"")
    report = evaluate_gesture(tmp_path, runtime)
    assert {name: one.support for name, one in report.per_class.items()} == {"thumbs_up": 1, "none": 1}
    assert ["thumbsup" in remark for remark in report.remarks] == [True] and sum(report.left_out.values()) == 1
    shutil.rmtree(tmp_path / "Like")
    with pytest.raises(DataRejected, match="thumbsup"):
        evaluate_gesture(tmp_path, runtime)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros((2, 42)), "y": np.array([0, 5]), "names": np.array(["ok"])}, "from 0 to 0"),
        ({"x": np.full((2, 42), np.nan), "y": np.array([0, 0]), "names": np.array(["ok"])}, "finite"),
        ({"x": np.zeros((2, 42)), "y": np.array([]), "names": np.array(["ok"])}, "0 hands"),
    ],
)
def test_landmarks_that_do_not_fit(runtime: Runtime, tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    """Labels beyond the names, landmarks that are no numbers, and labels that are missing are refused in words."""
    np.savez(tmp_path / "hands.npz", **arrays)
    with pytest.raises(DataRejected, match=said):
        evaluate_gesture(tmp_path / "hands.npz", runtime)


def test_hands_of_either_side(runtime: Runtime, tmp_path: Path) -> None:
    """Hands and their mirror images get the same answers as left and right hands; without sides both are tried."""
    rng = np.random.default_rng(5)
    points = rng.normal(100, 30, (12, 21, 3))
    mirrored = points * (-1, 1, 1)
    label, names = rng.integers(0, 3, 12), np.array(["like", "fist", "no_gesture"])
    sides = {"right": np.ones(12), "left": np.zeros(12)}
    np.savez(tmp_path / "r.npz", lm=points, label=label, names=names, right=sides["right"])
    np.savez(tmp_path / "l.npz", lm=mirrored, label=label, names=names, right=sides["left"])
    np.savez(tmp_path / "u.npz", lm=points, label=label, names=names)
    right, left, unknown = (evaluate_gesture(tmp_path / f"{name}.npz", runtime) for name in "rlu")
    assert right.curves == left.curves and unknown.n == 12


@pytest.mark.timeout(60)
def test_faces_of_fer(runtime: Runtime, shared_data: Path, tmp_path: Path) -> None:
    """On faces that were not trained on, both label sets are reported, well above what always saying neutral gives."""
    with np.load(shared_data / "expression" / "fer2013_ferplus_trainval.npz") as data:
        some = {name: data[f"val_{name}"][:600] for name in ("x", "ferplus_votes", "fer7")}
    np.savez(tmp_path / "faces.npz", **some)
    report = evaluate_expression(tmp_path / "faces.npz", runtime)
    assert report.accuracy > 0.75 and report.fer7 is not None and report.fer7.accuracy > 0.57
    assert report.ferplus is not None and report.ferplus.accuracy == report.accuracy
    assert report.coverage_accuracy is not None and report.coverage_accuracy > report.accuracy
