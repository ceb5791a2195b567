"""Reads the expression of one face, or says why this picture of it does not carry one."""

import cmath
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.types import ExpressionReading, HeadPose, read_only
from agent.inference.runtime import Runtime
from agent.perception.face_quality import light_quality, place_quality
from agent.perception.regions import Picture, Points

SIDE_PX = 48
"""Side of the grey crop that the model reads, as in FER2013."""

# Turning, scaling and shifting points of a plane is arithmetic of complex numbers, x + yi. Plain Python does it without
# code that a model's run has just driven out of the caches.
_PLACES_PX = (15.2 + 18.8j, 32.9 + 18.8j, 24.1 + 36.7j)
"""Where FER2013's faces have the middle of the right eye, of the left eye and of the mouth: medians over 475 of its
pictures, read with this same mesh. A webcam's face is laid into the same place."""
_CORNERS = [33, 133, 362, 263, 61, 291]
"""Mesh points between which those lie: corners of the right eye, the left eye, the mouth."""

_MOST_SHRINKING = 6


class ExpressionModel:
    """One thread's expression model."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open("expression")

    def read(self, picture: Picture, landmarks_px: Points, pose: HeadPose) -> ExpressionReading:
        """The expression of the face whose (468, 3) mesh lies at `landmarks_px` in the RGB picture.

        Not valid, and the model does not run, when the face is too small, turned away, too dark, too bright, blurred or
        without contrast.
        """
        right_eye, left_eye, mouth = _places(landmarks_px)
        quality = place_quality(abs((right_eye + left_eye) / 2 - mouth), pose)
        if quality.sufficient:
            crop = aligned_crop(picture, landmarks_px)
            quality *= light_quality(crop)
        if not quality.sufficient:
            return ExpressionReading(valid=False, reason=quality.weakness, probabilities=None, weight=0.0)
        probabilities = self._model.run(crop[None, None])[0][0]
        return ExpressionReading(valid=True, reason=None, probabilities=read_only(probabilities), weight=quality.weight)


def aligned_crop(picture: Picture, landmarks_px: Points) -> NDArray[np.uint8]:
    """(48, 48) grey: the face upright, its eyes and mouth where FER2013's are; edge pixels repeat beyond it."""
    factor, shift = _alignment(_places(landmarks_px))
    # Shrinking by more than a half in one step would skip pixels, so the face is cut out larger and then averaged.
    times = min(max(math.ceil(0.5 / max(abs(factor), 1e-3)), 1), _MOST_SHRINKING)
    left, top, right, bottom = _needed(picture, factor, shift)
    grey = cv2.cvtColor(picture[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    shift = times * (factor * complex(left, top) + shift) + (1 + 1j) * (times - 1) / 2
    factor *= times
    large = cv2.warpAffine(
        grey,
        np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]),
        (SIDE_PX * times, SIDE_PX * times),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(large, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _places(landmarks_px: Points) -> tuple[complex, complex, complex]:
    """Middles of the right eye, the left eye and the mouth."""
    a, b, c, d, e, f = (complex(x, y) for x, y, *_ in landmarks_px[_CORNERS].tolist())
    return (a + b) / 2, (c + d) / 2, (e + f) / 2


def _alignment(seen: tuple[complex, ...]) -> tuple[complex, complex]:
    """`factor` and `shift` of the map from picture to crop, factor · point + shift, that by least squares best brings
    eyes and mouth to their places."""
    middle, wanted_middle = sum(seen) / len(seen), sum(_PLACES_PX) / len(_PLACES_PX)
    spread = [place - middle for place in seen]
    pull = sum(one.conjugate() * (wanted - wanted_middle) for one, wanted in zip(spread, _PLACES_PX, strict=True))
    factor = pull / max(sum(abs(one) ** 2 for one in spread), 1e-9)
    return factor, wanted_middle - factor * middle


def _needed(picture: Picture, factor: complex, shift: complex) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part of the picture that the crop shows; at least its nearest pixel."""
    if abs(factor) < 1e-9 or not cmath.isfinite(shift):
        return 0, 0, picture.shape[1], picture.shape[0]
    corners = [(complex(x, y) - shift) / factor for x in (-1, SIDE_PX) for y in (-1, SIDE_PX)]
    x, y = [corner.real for corner in corners], [corner.imag for corner in corners]
    width, height = picture.shape[1], picture.shape[0]
    left, top = (min(max(math.floor(min(at)) - 1, 0), size - 1) for at, size in ((x, width), (y, height)))
    right, bottom = (min(max(math.ceil(max(at)) + 2, 1), size) for at, size in ((x, width), (y, height)))
    return left, top, max(right, left + 1), max(bottom, top + 1)
