"""Labelled faces are read however people keep them, and what cannot be read is refused with the reason."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.evaluation import UNREADABLE
from agent.training.face_files import face_arrays, face_pictures
from agent.training.faces import FER7, majority, whole_picture

GREY = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
LABELS = np.array([0, 3, 6])


def write(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "faces.npz", **arrays)
    return folder / "faces.npz"


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x,
        lambda x: x[..., None],
        lambda x: x[:, None],
        lambda x: np.repeat(x[..., None], 3, axis=3),
        lambda x: x.reshape(len(x), -1),
        lambda x: x.astype(np.float32),
        lambda x: x.astype(np.float64) / 255,
        lambda x: x.astype(np.int64),
    ],
)
def test_every_form_gives_the_same_faces(tmp_path: Path, form: Callable[[Any], Any]) -> None:
    """Another axis, colours, flat rows, floats of either range and wide integers are the same faces."""
    read = face_arrays(write(tmp_path, x=form(GREY), fer7=LABELS))
    np.testing.assert_allclose(read.faces.pixels.astype(int), GREY, atol=1)
    assert read.faces.pixels.dtype == np.uint8 and read.part == ""
    assert read.faces.fer7 is not None and read.faces.fer7.tolist() == LABELS.tolist()


def test_other_sizes_are_scaled(tmp_path: Path) -> None:
    """Faces of 96 pixels shrink to 48."""
    large = GREY.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(face_arrays(write(tmp_path, x=large, fer7=LABELS)).faces.pixels, GREY)


def test_parts(tmp_path: Path) -> None:
    """Plain names come first, then test, val and train; a part that is asked for is taken, with or without its line."""
    every = {f"{part}{name}": values for part in ("train_", "val_", "test_")
             for name, values in (("x", GREY), ("fer7", LABELS))}  # fmt: skip
    file = write(tmp_path, **every)
    assert face_arrays(file).part == "test_"
    assert face_arrays(file, "val").part == face_arrays(file, "val_").part == "val_"
    assert face_arrays(write(tmp_path, **every, x=GREY, fer7=LABELS)).part == ""
    with pytest.raises(DataRejected, match="dev_x.*train_x"):
        face_arrays(file, "dev_")


@given(st.lists(st.lists(st.integers(0, 10), min_size=10, max_size=10), min_size=1, max_size=8))
def test_shares_of_votes_are_votes(counts: list[list[int]]) -> None:
    """Votes that were divided by their sum have the same winners, ties and faces without a vote included."""
    votes = np.array(counts)
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    with tempfile.TemporaryDirectory() as folder:
        read = face_arrays(write(Path(folder), x=np.zeros((len(votes), 48, 48), np.uint8), ferplus_votes=shares)).faces
    assert read.votes is not None
    np.testing.assert_array_equal(majority(read.votes), majority(votes))


def test_eight_columns_and_one_hot(tmp_path: Path) -> None:
    """Votes without the two last columns count none for them; one-hot labels are labels."""
    read = face_arrays(write(tmp_path, x=GREY, ferplus_votes=np.eye(8)[:3], fer7=np.eye(7)[LABELS])).faces
    assert read.votes is not None and read.votes.shape == (3, 10)
    assert read.fer7 is not None and read.fer7.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({}, "nothing"),
        ({"y": LABELS}, "no array 'x'; it holds y"),
        ({"x": GREY}, "neither 'ferplus_votes' nor 'fer7'"),
        ({"x": GREY[:2], "fer7": LABELS}, "2 faces in 'x', but 3 rows in 'fer7'"),
        ({"x": np.zeros((3, 48)), "fer7": LABELS}, r"\(3, 48\); wanted are"),
        ({"x": GREY.astype(float) - 128, "fer7": LABELS}, "0..255"),
        ({"x": np.full((3, 48, 48), np.nan), "fer7": LABELS}, "0..255"),
        ({"x": np.full((3, 48, 48), "a"), "fer7": LABELS}, "wanted are numbers"),
        ({"x": GREY, "fer7": LABELS + 1}, "from 0 to 6"),
        ({"x": GREY, "ferplus_votes": np.ones((3, 7))}, r"\(3, 7\); wanted are \(n, 10\)"),
        ({"x": GREY, "ferplus_votes": -np.ones((3, 10))}, "0 or more"),
    ],
)
def test_refused(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    """What does not fit is refused with the file's name, what is wrong, and what is wanted."""
    with pytest.raises(DataRejected, match=said) as refused:
        face_arrays(write(tmp_path, **arrays))
    assert "faces.npz" in str(refused.value)


def put(root: Path, name: str, picture: Any) -> None:
    (root / name).mkdir(exist_ok=True)
    cv2.imwrite(str(root / name / f"{len(list((root / name).iterdir()))}.png"), picture)


def test_folders(tmp_path: Path) -> None:
    """Grey and coloured pictures of any size; torn files and other folders are counted, not fatal."""
    put(tmp_path, "Happy", np.full((60, 80), 200, np.uint8))
    put(tmp_path, "surprise", np.full((30, 20, 3), 90, np.uint8))
    put(tmp_path, "notes", np.full((30, 20, 3), 90, np.uint8))
    (tmp_path / "surprise" / "torn.jpg").write_bytes(b"no picture")
    read = face_pictures(tmp_path, whole_picture)
    assert read.names == FER7 and [FER7[label] for label in read.label] == ["happiness", "surprise"]
    assert read.pixels.shape == (2, 48, 48) and read.pixels.dtype == np.uint8
    assert read.left_out == {UNREADABLE: 1, "in the folder 'notes'": 1}


def test_contempt_is_of_ferplus(tmp_path: Path) -> None:
    """A folder called contempt, which FER2013 does not know, makes the labels FER+'s."""
    put(tmp_path, "contempt", GREY[0])
    put(tmp_path, "sad", GREY[0])
    read = face_pictures(tmp_path, whole_picture)
    assert read.names == EXPRESSIONS and sorted(EXPRESSIONS[label] for label in read.label) == ["contempt", "sadness"]


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    """No pictures, no known class, or nothing but torn files: each is said, with the names that were found."""
    with pytest.raises(DataRejected, match="holds no pictures"):
        face_pictures(tmp_path, whole_picture)
    put(tmp_path, "dogs", GREY[0])
    with pytest.raises(DataRejected, match="called dogs; wanted are neutral"):
        face_pictures(tmp_path, whole_picture)
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "torn.png").write_bytes(b"")
    with pytest.raises(DataRejected, match="none of the 1 pictures"):
        face_pictures(tmp_path, whole_picture)
