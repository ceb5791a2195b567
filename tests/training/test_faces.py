"""Faces and their labels are read as FER2013 and FER+ give them, in every form that people keep them in."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.face_augmentation import augment
from agent.training.faces import fully_labelled, load_faces, majority, vote_distribution

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
    read = load_faces(write(tmp_path, x=form(GREY), fer7=LABELS))
    np.testing.assert_allclose(read.pixels.astype(int), GREY, atol=1)
    assert read.pixels.dtype == np.uint8
    assert read.fer7 is not None and read.fer7.tolist() == LABELS.tolist()


def test_other_sizes_are_scaled(tmp_path: Path) -> None:
    """Faces of 96 pixels shrink to 48."""
    large = GREY.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(load_faces(write(tmp_path, x=large, fer7=LABELS)).pixels, GREY)


def test_parts(tmp_path: Path) -> None:
    """Plain names come first, then test, val and train; a part that is asked for is taken, with or without its line."""
    every: dict[str, Any] = {"fer7": LABELS[:1], "x": GREY[:1]}
    for count, part in ((2, "test_"), (3, "val_")):
        every |= {f"{part}x": GREY[:count], f"{part}fer7": LABELS[:count]}
    file = write(tmp_path, **every)
    assert [len(load_faces(file, part)) for part in (None, "", "test", "val_", "val")] == [1, 1, 2, 3, 3]
    prefixed = write(tmp_path, **{name: values for name, values in every.items() if "_" in name})
    assert len(load_faces(prefixed)) == 2
    with pytest.raises(DataRejected, match="dev_x.*test_x"):
        load_faces(prefixed, "dev_")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 10), min_size=10, max_size=10), min_size=1, max_size=8))
def test_shares_of_votes_are_votes(counts: list[list[int]]) -> None:
    """Votes that were divided by their sum have the same winners, ties and faces without a vote included."""
    votes = np.array(counts)
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    with tempfile.TemporaryDirectory() as folder:
        read = load_faces(write(Path(folder), x=np.zeros((len(votes), 48, 48), np.uint8), ferplus_votes=shares))
    assert read.votes is not None
    np.testing.assert_array_equal(majority(read.votes), majority(votes))


def test_eight_columns_and_one_hot(tmp_path: Path) -> None:
    """Votes without the two last columns count none for them; one-hot labels are labels."""
    read = load_faces(write(tmp_path, x=GREY, ferplus_votes=np.eye(8)[:3], fer7=np.eye(7)[LABELS]))
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
        load_faces(write(tmp_path, **arrays))
    assert "faces.npz" in str(refused.value)


def test_training_needs_both_labels(tmp_path: Path) -> None:
    """Faces to train on have votes and FER2013's labels; what is missing is named."""
    file = write(
        tmp_path, train_x=GREY, train_fer7=LABELS, val_x=GREY, val_fer7=LABELS, val_ferplus_votes=np.ones((3, 10))
    )
    assert len(fully_labelled(file, "val_")) == 3
    with pytest.raises(DataRejected, match="train_ferplus_votes"):
        fully_labelled(file, "train_")


def test_majority() -> None:
    """The most voted column wins, the lowest on ties; faces that voters did not know or that are none are left out."""
    votes = np.zeros((4, 10), np.int64)
    votes[0, [1, 3]] = 5
    votes[1, 8] = 6
    votes[2, [0, 9]] = (4, 6)
    votes[3, [4, 8]] = (5, 5)
    assert majority(votes).tolist() == [EXPRESSIONS.index("happiness"), -1, -1, EXPRESSIONS.index("anger")]


def test_vote_distribution() -> None:
    """Single votes are slips; what has only such, or is no face, has no distribution."""
    votes = np.zeros((3, 10), np.int64)
    votes[0, [0, 3, 5]] = (6, 3, 1)
    votes[1, [0, 1]] = 1
    votes[2, [2, 9]] = (4, 6)
    shares, usable = vote_distribution(votes)
    np.testing.assert_allclose(shares[0, [0, 3, 5]], [2 / 3, 1 / 3, 0])
    assert usable.tolist() == [True, False, False]


def test_augmented_faces_are_faces_still() -> None:
    """Disturbed copies keep shape and type, differ from the original, and depend on nothing but the generator."""
    faces = np.random.default_rng(0).integers(0, 256, (20, 48, 48)).astype(np.uint8)
    one, same = (augment(faces, np.random.default_rng(5)) for _ in range(2))
    assert one.shape == faces.shape and one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert (one != faces).any(axis=(1, 2)).all()
