"""Faces with their labels as FER2013 and FER+ give them, and what counts as the right answer for each."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.arrays import read_arrays
from agent.training.pictures import Picture

FACE_SIDE_PX = 48
"""Side of a FER2013 picture."""

FER7 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER2013's seven classes in its order, in the words of `EXPRESSIONS`."""

FERPLUS_COLUMNS = (*EXPRESSIONS, "unknown", "not_a_face")
"""The ten columns of FER+ votes."""

PARTS = ("", "test_", "val_", "train_")
"""Prefixes of the arrays in an npz, in the order in which they are looked for."""

_VOTE_SCALE = 10_000
"""Votes that come as shares are kept to this precision."""


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


def load_faces(path: Path, part: str | None = None) -> Faces:
    """Faces of an npz: `x` (n, 48, 48) in 0..255 or 0..1, with `ferplus_votes` (n, 10) and/or `fer7` (n,).

    `x` may have an axis of one or three colours and another size; votes may be shares, of eight or ten columns; `fer7`
    may be one-hot. Names may begin with `part`; without it, the plain names are taken, else "test_", "val_", "train_".
    Raises `DataRejected`, with what is wrong and what is wanted.
    """
    chosen = ""

    def choose(have: list[str]) -> list[str]:
        nonlocal chosen
        chosen = _part(path, have, part)
        return [chosen + name for name in ("x", "ferplus_votes", "fer7") if chosen + name in have]

    arrays = {name.removeprefix(chosen): values for name, values in read_arrays(path, choose).items()}
    if len(arrays) == 1:
        raise DataRejected(f"{path} has neither '{chosen}ferplus_votes' nor '{chosen}fer7', so nothing can be compared")
    pixels = _grey(path, arrays.pop("x"))
    for name, labels in arrays.items():
        if len(labels) != len(pixels):
            raise DataRejected(f"{path}: {len(pixels)} faces in '{chosen}x', but {len(labels)} rows in '{name}'")
    votes = _votes(path, arrays["ferplus_votes"]) if "ferplus_votes" in arrays else None
    fer7 = _fer7(path, arrays["fer7"]) if "fer7" in arrays else None
    return Faces(pixels=pixels, votes=votes, fer7=fer7)


def fully_labelled(path: Path, part: str) -> Faces:
    """The faces of a part that has both FER+ votes and FER2013 labels. Raises `DataRejected` as `load_faces` does."""
    faces = load_faces(path, part)
    for name, labels in (("ferplus_votes", faces.votes), ("fer7", faces.fer7)):
        if labels is None:
            raise DataRejected(f"{path} has no '{part}{name}'; training needs votes and FER2013's labels of each face")
    return faces


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


def _part(path: Path, have: list[str], part: str | None) -> str:
    candidates = PARTS if part is None else (part, part.rstrip("_") + "_")
    found = next((prefix for prefix in candidates if prefix + "x" in have), None)
    if found is None:
        wanted = "x" if part is None else f"{part}x"
        raise DataRejected(f"{path} holds no array '{wanted}'; it holds {', '.join(have[:12]) or 'nothing'}")
    return found


def _grey(path: Path, pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(n, 48, 48) of any shape and type that can be told."""
    given = pixels.shape
    if pixels.ndim == 4 and given[1] in (1, 3) and given[3] not in (1, 3):
        pixels = np.moveaxis(pixels, 1, 3)
    if pixels.ndim == 2 and given[1] == FACE_SIDE_PX**2:
        pixels = pixels.reshape(-1, FACE_SIDE_PX, FACE_SIDE_PX)
    if pixels.ndim not in (3, 4) or pixels.size == 0 or (pixels.ndim == 4 and pixels.shape[3] not in (1, 3)):
        raise DataRejected(f"{path}: faces of shape {given}; wanted are (n, 48, 48), or one or three colours a pixel")
    if pixels.dtype.kind not in "uifb":
        raise DataRejected(f"{path}: faces of type {pixels.dtype}; wanted are numbers, 0..255 in uint8 best of all")
    values = _as_bytes(path, pixels)
    if values.ndim == 4:
        colours = values.astype(np.float32) @ np.array([0.299, 0.587, 0.114] if values.shape[3] == 3 else [1.0])
        values = np.rint(colours).astype(np.uint8)
    if values.shape[1:] != (FACE_SIDE_PX, FACE_SIDE_PX):
        side = (FACE_SIDE_PX, FACE_SIDE_PX)
        values = np.stack([cv2.resize(face, side, interpolation=cv2.INTER_AREA) for face in values]).astype(np.uint8)
    return np.ascontiguousarray(values)


def _as_bytes(path: Path, pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    numbers = np.asarray(pixels, dtype=np.float64)
    low, high = float(np.min(numbers)), float(np.max(numbers))
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > 255:
        raise DataRejected(f"{path}: grey values from {low:g} to {high:g}; wanted are 0..255, or 0..1 as floats")
    scale = 255.0 if high <= 1 and pixels.dtype.kind == "f" else 1.0
    return np.rint(numbers * scale).astype(np.uint8)


def _votes(path: Path, votes: NDArray[np.generic]) -> NDArray[np.int64]:
    if votes.ndim != 2 or votes.shape[1] not in (len(EXPRESSIONS), len(FERPLUS_COLUMNS)):
        raise DataRejected(f"{path}: votes of shape {votes.shape}; wanted are (n, 10): {', '.join(FERPLUS_COLUMNS)}")
    counts = np.asarray(votes, dtype=np.float64)
    if not np.isfinite(counts).all() or counts.min() < 0:
        raise DataRejected(f"{path}: votes must be numbers of 0 or more")
    if not (counts == np.rint(counts)).all():
        counts = counts * _VOTE_SCALE
    wide = np.zeros((len(votes), len(FERPLUS_COLUMNS)), dtype=np.int64)
    wide[:, : votes.shape[1]] = np.rint(counts)
    return wide


def _fer7(path: Path, label: NDArray[np.generic]) -> NDArray[np.int64]:
    if label.ndim == 2 and label.shape[1] == len(FER7):
        return np.asarray(label.argmax(axis=1), dtype=np.int64)
    numbers = np.asarray(label).reshape(len(label), -1)
    if numbers.shape[1] != 1 or numbers.dtype.kind not in "uif" or not np.isin(numbers, range(len(FER7))).all():
        raise DataRejected(f"{path}: 'fer7' must hold numbers from 0 to 6, for {', '.join(FER7)}")
    return numbers[:, 0].astype(np.int64)
