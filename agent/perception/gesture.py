"""Names the sign that a hand shows, from where its landmarks lie in the picture."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.inference.runtime import Runtime

FEATURES = 59
_WRIST = 0
_KNUCKLES = (5, 9, 13, 17)
_THUMB_BASE, _THUMB_TIP = 2, 4
_TIPS = (4, 8, 12, 16, 20)
_TIP_PAIRS = tuple((one, other) for place, one in enumerate(_TIPS) for other in _TIPS[place + 1 :])
_SMALLEST_PALM_PX = 1e-3


class GestureModel:
    """One thread's gesture model."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open("gesture")
        self._confident_prob = runtime.registry.entry("gesture").confident_prob or 0.5

    def classify(self, landmarks_px: NDArray[np.float32], side: Literal["left", "right"]) -> tuple[str, float]:
        """The sign of one hand, one of `GESTURES`, and its probability.

        `landmarks_px` is (21, 2 or 3) in pixels, x to the right and y down, upright as the camera sees it, as a thumb
        is up or down in the picture. A hand that shows no sign for certain is "none".
        """
        points = landmarks_px[None, :, :2]
        (prob,) = self._model.run(gesture_features(points, np.array([side == "left"])))
        return name_sign(prob[0], self._confident_prob)


def name_sign(prob: NDArray[np.floating], confident_prob: float) -> tuple[str, float]:
    """The sign for (9,) probabilities in the order of `GESTURES`; "none", its last, unless one is sure enough."""
    best = int(prob[:-1].argmax())
    best_prob = float(prob[best])
    return (GESTURES[best], best_prob) if best_prob >= confident_prob else (GESTURES[-1], 1 - best_prob)


def gesture_features(points: NDArray[np.floating], left: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, 59) for hands (n, 21, 2): the same wherever the hand is, however large, and for the mirrored other hand.

    The landmarks with the palm upright, in palm lengths from the wrist (40); where palm and thumb point in the picture
    (4), which tells thumbs up from thumbs down; distances between fingertips and from the wrist to each (15).
    """
    placed = points - points[:, _WRIST : _WRIST + 1]
    placed = _mirrored(placed, left)
    palm = placed[:, _KNUCKLES, :]
    size = np.linalg.norm(palm, axis=2).mean(axis=1)
    placed = placed / np.maximum(size, _SMALLEST_PALM_PX)[:, None, None]
    up = _unit(placed[:, _KNUCKLES, :].mean(axis=1))
    tips = [np.linalg.norm(placed[:, one] - placed[:, other], axis=1) for one, other in _TIP_PAIRS]
    reach = np.linalg.norm(placed[:, _TIPS, :], axis=2)
    thumb = placed[:, _THUMB_TIP] - placed[:, _THUMB_BASE]
    upright = _turned_upright(placed, up)[:, 1:].reshape(len(points), -1)
    return np.concatenate([upright, up, thumb, np.stack(tips, axis=1), reach], axis=1).astype(np.float32)


def _mirrored(placed: NDArray[np.floating], left: NDArray[np.bool_]) -> NDArray[np.float64]:
    sign = np.where(left, -1.0, 1.0)
    return np.asarray(placed * np.stack([sign, np.ones_like(sign)], axis=1)[:, None, :])


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6))


def _turned_upright(placed: NDArray[np.floating], up: NDArray[np.floating]) -> NDArray[np.floating]:
    """The points turned so that `up` (n, 2) shows to the picture's top, which is -y."""
    right = np.stack([-up[:, 1], up[:, 0]], axis=1)
    return np.stack([np.einsum("npi,ni->np", placed, right), -np.einsum("npi,ni->np", placed, up)], axis=2)
