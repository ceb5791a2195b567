"""Labelled faces as people keep them: arrays of several shapes and types, or folders of pictures."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.arrays import read_arrays
from agent.training.evaluation import UNREADABLE, folder_counts, readable_pictures
from agent.training.faces import FACE_SIDE_PX, FER7, FERPLUS_COLUMNS, Faces
from agent.training.pictures import Picture
from agent.training.progress import Progress, unheard

PARTS = ("", "test_", "val_", "train_")
"""Prefixes of the arrays in an npz, in the order in which they are looked for."""

_WORDS = {
    "angry": "anger", "disgusted": "disgust", "afraid": "fear", "fearful": "fear", "happy": "happiness",
    "joy": "happiness", "sad": "sadness", "surprised": "surprise",
}  # fmt: skip
_VOTE_SCALE = 10_000
"""Votes that come as shares are kept to this precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceArrays:
    """What an npz holds of one part."""

    faces: Faces
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePictures:
    """Pictures by class, cut to faces."""

    pixels: NDArray[np.uint8]
    """(n, 48, 48) grey."""
    label: NDArray[np.int64]
    """(n,) index into `names`."""
    names: tuple[str, ...]
    """`FER7`, or `EXPRESSIONS` where one of the folders is called contempt, which only FER+ knows."""
    left_out: Counter[str] = field(default_factory=Counter)


def face_arrays(path: Path, part: str | None = None) -> FaceArrays:
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
    return FaceArrays(faces=Faces(pixels=pixels, votes=votes, fer7=fer7), part=chosen)


def face_pictures(
    root: Path, crop: Callable[[Picture], NDArray[np.uint8]], progress: Progress = unheard
) -> FacePictures:
    """Faces of a folder with one folder of pictures a class, of which `crop` makes (48, 48) grey faces.

    Folders with other names, and pictures that cannot be read, are counted in `left_out`. Raises `DataRejected` when
    no folder is named after an expression, or nothing can be read.
    """
    counts = folder_counts(root)
    words = {name: _word(name) for name in counts}
    names = EXPRESSIONS if "contempt" in words.values() else FER7
    if not set(words.values()) & set(names):
        raise DataRejected(
            f"the folders in {root} are called {', '.join(sorted(counts)[:12])}; wanted are {', '.join(EXPRESSIONS)}"
        )
    left_out = Counter({f"in the folder {name!r}": counts[name] for name, word in words.items() if word not in names})
    crops, labels = [], []
    for name, picture in readable_pictures(root, lambda name: words[name] in names, left_out, progress):
        crops.append(crop(picture))
        labels.append(names.index(words[name]))
    if not crops:
        raise DataRejected(f"none of the {left_out[UNREADABLE]} pictures in {root} can be read")
    return FacePictures(pixels=np.stack(crops), label=np.array(labels, np.int64), names=names, left_out=left_out)


def _word(name: str) -> str:
    return _WORDS.get(name.lower(), name.lower())


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
