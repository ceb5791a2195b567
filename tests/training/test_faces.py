"""Faces and their labels are read as FER2013 and FER+ give them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.face_augmentation import augment
from agent.training.faces import FER7, load_faces, majority, vote_distribution


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


def test_npz_parts(tmp_path: Path) -> None:
    """A prefix picks the part of an archive that holds several."""
    np.savez(tmp_path / "f.npz", train_x=np.zeros((2, 48, 48), np.uint8), val_x=np.ones((1, 48, 48), np.uint8),
             val_fer7=np.array([3], np.int8))  # fmt: skip
    faces = load_faces(tmp_path / "f.npz", "val_")
    assert len(faces) == 1 and faces.pixels.max() == 1 and faces.votes is None
    assert faces.fer7 is not None and FER7[faces.fer7[0]] == "happiness"
    with pytest.raises(DataRejected, match="neither"):
        load_faces(tmp_path / "f.npz", "train_")
    with pytest.raises(DataRejected, match="test_x"):
        load_faces(tmp_path / "f.npz", "test_")


def test_folders(tmp_path: Path) -> None:
    """Folders named after classes give their pictures in grey; others are not looked at."""
    for name in ("happy", "Surprise", "notes"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "one.png"), np.full((60, 80, 3), 200, np.uint8))
    faces = load_faces(tmp_path)
    assert faces.pixels.shape == (2, 48, 48) and faces.pixels.dtype == np.uint8
    assert faces.fer7 is not None and [FER7[label] for label in faces.fer7] == ["surprise", "happiness"]


def test_no_picture(tmp_path: Path) -> None:
    """A file that only looks like a picture is refused by its name."""
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DataRejected, match=r"broken\.jpg"):
        load_faces(tmp_path)


def test_augmented_faces_are_faces_still() -> None:
    """Disturbed copies keep shape and type, differ from the original, and depend on nothing but the generator."""
    faces = np.random.default_rng(0).integers(0, 256, (20, 48, 48)).astype(np.uint8)
    one, same = (augment(faces, np.random.default_rng(5)) for _ in range(2))
    assert one.shape == faces.shape and one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert (one != faces).any(axis=(1, 2)).all()
