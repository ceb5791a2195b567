"""Faces with their labels as FER2013 and FER+ give them, and what counts as the right answer for each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.pictures import Picture, labelled_pictures

FACE_SIDE_PX = 48
"""Side of a FER2013 picture."""

FER7 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER2013's seven classes in its order, in the words of `EXPRESSIONS`."""

FERPLUS_COLUMNS = (*EXPRESSIONS, "unknown", "not_a_face")
"""The ten columns of FER+ votes."""

_WORDS = {"angry": "anger", "happy": "happiness", "sad": "sadness", "surprised": "surprise", "fearful": "fear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Grey faces and the labels that are known of them."""

    pixels: NDArray[np.uint8]
    """(n, 48, 48) grey."""
    votes: NDArray[np.int64] | None = None
    """(n, 10) FER+ votes in the order of `FERPLUS_COLUMNS`."""
    fer7: NDArray[np.int64] | None = None
    """(n,) index into `FER7`."""

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: NDArray[np.int64] | slice) -> "Faces":
        """The faces of some rows."""
        return Faces(
            pixels=self.pixels[rows],
            votes=None if self.votes is None else self.votes[rows],
            fer7=None if self.fer7 is None else self.fer7[rows],
        )


def load_faces(path: Path, part: str = "", *, crop: Callable[[Picture], NDArray[np.uint8]] | None = None) -> Faces:
    """Faces of an npz with `x` and `ferplus_votes` and/or `fer7`, their names prefixed by `part` ("train_", "val_"),
    or of a folder with one folder of pictures a class, of which `crop` makes (48, 48) grey faces.

    Raises `DataRejected` when neither is found or nothing is labelled.
    """
    if path.is_dir():
        return _faces_of_folders(path, crop or whole_picture)
    try:
        with np.load(path) as archive:
            arrays = {name.removeprefix(part): archive[name] for name in archive.files if name.startswith(part)}
    except (OSError, ValueError) as error:
        raise DataRejected(f"{path} is neither a folder nor an npz file that can be read: {error}") from error
    pixels = arrays.get("x")
    if pixels is None or pixels.ndim != 3 or pixels.shape[1:] != (FACE_SIDE_PX, FACE_SIDE_PX):
        raise DataRejected(f"{path} holds no array '{part}x' of shape (n, 48, 48); see the README on evaluation data")
    votes, fer7 = arrays.get("ferplus_votes"), arrays.get("fer7")
    if votes is None and fer7 is None:
        raise DataRejected(f"{path} has neither '{part}ferplus_votes' nor '{part}fer7', so nothing can be compared")
    return Faces(
        pixels=pixels.astype(np.uint8),
        votes=None if votes is None else votes.astype(np.int64),
        fer7=None if fer7 is None else fer7.astype(np.int64),
    )


def majority(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) index into `EXPRESSIONS` of the most voted column, the lowest on ties; -1 where one of the other two won."""
    winner = votes.argmax(axis=1)
    return np.where(winner < len(EXPRESSIONS), winner, -1)


def vote_distribution(votes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(n, 8) shares of the eight expressions and (n,) whether there are any.

    A column with a single vote is taken for a slip and left out, as Barsoum et al. do (Training Deep Networks for
    Facial Expression Recognition with Crowd-Sourced Label Distribution, 2016).
    """
    counted = votes[:, : len(EXPRESSIONS)].astype(np.float32)
    counted[counted <= 1] = 0
    total = counted.sum(axis=1, keepdims=True)
    usable = (total[:, 0] > 0) & (votes.argmax(axis=1) != FERPLUS_COLUMNS.index("not_a_face"))
    return counted / np.maximum(total, 1), usable


def whole_picture(picture: Picture) -> NDArray[np.uint8]:
    """The picture as it is, in grey and small."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (FACE_SIDE_PX, FACE_SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _faces_of_folders(root: Path, crop: Callable[[Picture], NDArray[np.uint8]]) -> Faces:
    crops, labels = [], []
    for name, picture in labelled_pictures(root):
        word = _WORDS.get(name.lower(), name.lower())
        if word in FER7:
            crops.append(crop(picture))
            labels.append(FER7.index(word))
    if not crops:
        raise DataRejected(f"{root} holds no pictures in folders named after {', '.join(FER7)}")
    return Faces(pixels=np.stack(crops), fer7=np.array(labels, dtype=np.int64))
