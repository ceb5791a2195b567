"""Reads the expression of one face, or says why this picture of it does not carry one."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.types import ExpressionReading, HeadPose, read_only
from agent.inference.runtime import Runtime
from agent.perception.face_quality import light_quality, place_quality
from agent.perception.regions import Picture, Points

SIDE_PX = 48
"""Side of the grey crop that the model reads, as in FER2013."""

_PLACES_PX = np.array([[15.2, 18.8], [32.9, 18.8], [24.1, 36.7]])
"""Where FER2013's faces have the middle of the right eye, of the left eye and of the mouth: medians over 475 of its
pictures, read with this same mesh. A webcam's face is laid into the same place."""
_CORNERS = np.array([[33, 133], [362, 263], [61, 291]])
"""Mesh points whose middles those are: corners of the right eye, the left eye, the mouth."""

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
        quality = place_quality(landmarks_px[_CORNERS, :2].mean(axis=1), pose)
        if quality.sufficient:
            crop = aligned_crop(picture, landmarks_px)
            quality *= light_quality(crop)
        if not quality.sufficient:
            return ExpressionReading(valid=False, reason=quality.weakness, probabilities=None, weight=0.0)
        probabilities = self._model.run(crop[None, None])[0][0]
        return ExpressionReading(valid=True, reason=None, probabilities=read_only(probabilities), weight=quality.weight)


def aligned_crop(picture: Picture, landmarks_px: Points) -> NDArray[np.uint8]:
    """(48, 48) grey: the face upright, its eyes and mouth where FER2013's are; edge pixels repeat beyond it."""
    matrix = _alignment(landmarks_px)
    # Shrinking by more than a half in one step would skip pixels, so the face is cut out larger and then averaged.
    times = int(np.clip(np.ceil(0.5 / max(np.hypot(*matrix[:, 0]), 1e-3)), 1, _MOST_SHRINKING))
    shifted = matrix * times
    shifted[:, 2] += (times - 1) / 2
    large = cv2.warpAffine(
        picture, shifted, (SIDE_PX * times, SIDE_PX * times), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    grey = cv2.cvtColor(large, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _alignment(landmarks_px: Points) -> NDArray[np.float64]:
    """(2, 3) affine map from the picture to the crop: the turn, scale and shift that best bring eyes and mouth to their
    places (least squares; in complex numbers a turn with scale is one factor)."""
    seen = landmarks_px[_CORNERS, :2].mean(axis=1).astype(np.float64) @ (1, 1j)
    wanted = _PLACES_PX @ (1, 1j)
    spread = seen - seen.mean()
    factor = (spread.conj() @ (wanted - wanted.mean())) / max(float((spread.conj() @ spread).real), 1e-9)
    shift = wanted.mean() - factor * seen.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
