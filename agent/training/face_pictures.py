"""Faces in folders of pictures that are named after what they express."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.types import EXPRESSIONS
from agent.training.evaluation import UNREADABLE, folder_counts, readable_pictures
from agent.training.faces import FER7
from agent.training.pictures import Picture
from agent.training.progress import Progress, unheard

_WORDS = {
    "angry": "anger", "disgusted": "disgust", "afraid": "fear", "fearful": "fear", "happy": "happiness",
    "joy": "happiness", "sad": "sadness", "surprised": "surprise",
}  # fmt: skip


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
