"""Hands as landmarks with the signs that they show, in the words of HaGRID or of a data set that names fewer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import GESTURES
from agent.training.arrays import read_arrays

NONE = len(GESTURES) - 1

SIGN_OF = {
    "like": "thumbs_up", "dislike": "thumbs_down", "palm": "open_palm", "stop": "open_palm", "open": "open_palm",
    "close": "fist", "peace": "victory", "one": "pointing", "mute": "pointing", "point": "pointing",
    "pointer": "pointing", "call": "call_me", **{name: name for name in GESTURES},
}  # fmt: skip
"""Our name for a data set's; whatever is not here shows none of our signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Hands as the picture shows them."""

    points: NDArray[np.float32]
    """(n, 21, 3) x, y and depth in one scale; the depth is 0 where it is not known."""
    left: NDArray[np.bool_] | None
    """(n,) whether it is a left hand; None where the data does not tell."""
    sign: NDArray[np.int64]
    """(n,) index into `GESTURES`."""
    source: NDArray[np.int64]
    """(n,) number of the picture that each hand comes from, so that the hands of one picture stay together."""

    def __len__(self) -> int:
        return len(self.points)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Hands":
        """The hands of some rows."""
        left = None if self.left is None else self.left[rows]
        return Hands(points=self.points[rows], left=left, sign=self.sign[rows], source=self.source[rows])


def load_hands(path: Path) -> Hands:
    """Hands of an npz with `lm` (n, 21, 2 or 3) or `x` (n, 42 or 63), `label` or `y`, and `names`; `right` (n,) and
    `image_id` (n,) are used where they exist.

    Raises `DataRejected` when the arrays are not there or do not fit each other.
    """
    arrays = read_arrays(path, list)
    points, label = arrays.get("lm", arrays.get("x")), arrays.get("label", arrays.get("y"))
    if points is None or label is None or "names" not in arrays:
        raise DataRejected(f"{path} needs the arrays lm or x, label or y, and names; it has {', '.join(arrays)}")
    label = np.atleast_1d(label)
    if (
        points.size == 0
        or not len(label)
        or points.size % (21 * len(label))
        or points.size // (21 * len(label)) not in (2, 3)
    ):
        raise DataRejected(f"{path}: {points.shape} is not 21 points in two or three dimensions for {len(label)} hands")
    if points.dtype.kind not in "uif" or not np.isfinite(points).all():
        raise DataRejected(f"{path}: landmarks must be finite numbers")
    names = [str(name) for name in np.atleast_1d(arrays["names"])]
    if label.dtype.kind not in "uif" or not np.isin(label, range(len(names))).all():
        raise DataRejected(f"{path}: labels must be numbers from 0 to {len(names) - 1}, places in {', '.join(names)}")
    points = points.reshape(len(label), 21, -1).astype(np.float32)
    if points.shape[2] == 2:
        points = np.concatenate([points, np.zeros_like(points[..., :1])], axis=2)
    signs = np.array([sign_of(name) for name in names], dtype=np.int64)
    source = np.unique(arrays["image_id"], return_inverse=True)[1] if "image_id" in arrays else np.arange(len(label))
    left = arrays["right"] <= 0.5 if "right" in arrays else None
    return Hands(points=points, left=left, sign=signs[label.astype(np.int64)], source=source.astype(np.int64))


def sign_of(name: str) -> int:
    """Index into `GESTURES` of a data set's class name; none for those that are not among our signs."""
    return GESTURES.index(SIGN_OF.get(name.lower(), "none"))
