"""Pictures in folders that are named after what they show."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected

Picture = NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})


def labelled_pictures(root: Path) -> Iterator[tuple[str, Picture]]:
    """Folder name and picture of each file one level below `root`, by name; one picture at a time is in memory.

    Raises `DataRejected` for a file that is no picture, and when there are no pictures at all.
    """
    files = [file for file in sorted(root.glob("*/*")) if file.suffix.lower() in SUFFIXES]
    if not files:
        raise DataRejected(f"{root} holds no folders with pictures ({', '.join(sorted(SUFFIXES))})")
    for file in files:
        yield file.parent.name, read_picture(file)


def read_picture(file: Path) -> Picture:
    """The picture in RGB. Raises `DataRejected` when it cannot be read."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataRejected(f"{file} is no picture that can be read; remove it or repair it")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
