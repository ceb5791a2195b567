"""Pictures that people bring, in one form."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected

Picture = NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})


def read_picture(file: Path) -> Picture:
    """The picture in RGB. Raises `DataRejected` when it cannot be read."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataRejected(f"{file} is no picture that can be read; remove it or repair it")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
