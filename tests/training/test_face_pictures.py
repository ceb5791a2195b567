"""Faces in folders are read by their class, in any size and colour, and torn ones do not end it."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.evaluation import UNREADABLE
from agent.training.face_pictures import face_pictures
from agent.training.faces import FER7, whole_picture

GREY = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)


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
    put(tmp_path, "contempt", GREY)
    put(tmp_path, "sad", GREY)
    read = face_pictures(tmp_path, whole_picture)
    assert read.names == EXPRESSIONS and sorted(EXPRESSIONS[label] for label in read.label) == ["contempt", "sadness"]


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    """No pictures, no known class, or nothing but torn files: each is said, with the names that were found."""
    with pytest.raises(DataRejected, match="holds no pictures"):
        face_pictures(tmp_path, whole_picture)
    put(tmp_path, "dogs", GREY)
    with pytest.raises(DataRejected, match="called dogs; wanted are neutral"):
        face_pictures(tmp_path, whole_picture)
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "torn.png").write_bytes(b"")
    with pytest.raises(DataRejected, match="none of the 1 pictures"):
        face_pictures(tmp_path, whole_picture)
