"""A real face that moves, from a photograph that a package carries: the camera of benchmarks and tests."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 15
FACE_CENTRE_PX = (224, 118)
"""Of the face in the astronaut's photograph (NASA, public domain; carried by scikit-image)."""


def face_picture(index: int, *, fps: float = FPS) -> NDArray[np.uint8]:
    """Picture number `index` of a face that sways and comes nearer: (480, 640, 3) uint8 RGB."""
    at_s = index / fps
    zoom = 1.6 + 0.25 * np.sin(2 * np.pi * at_s / 7)
    x = FACE_CENTRE_PX[0] + 12 * np.sin(2 * np.pi * at_s / 5)
    y = FACE_CENTRE_PX[1] + 20 + 8 * np.sin(2 * np.pi * at_s / 3)
    shift = np.array([[zoom, 0, WIDTH_PX / 2 - zoom * x], [0, zoom, HEIGHT_PX / 2 - zoom * y]], np.float32)
    picture = cv2.warpAffine(_photograph(), shift, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8)


@lru_cache(maxsize=1)
def _photograph() -> NDArray[np.uint8]:
    return np.asarray(astronaut(), np.uint8)  # type: ignore[no-untyped-call]
