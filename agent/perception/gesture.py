"""Names the sign that a hand shows, from where its landmarks lie in the picture."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.inference.runtime import Runtime
from agent.perception.hand_features import gesture_features

NONE = len(GESTURES) - 1


class GestureModel:
    """One thread's gesture model."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._model = runtime.open("gesture")
        self._confident_prob = runtime.registry.entry("gesture").confident_prob or 0.5

    def classify(self, landmarks_px: NDArray[np.float32], side: Literal["left", "right"]) -> tuple[str, float]:
        """The sign of one hand, one of `GESTURES`, and its probability, as `probabilities` takes it. A hand that shows
        no sign for certain is "none"."""
        return name_sign(self.probabilities(landmarks_px, side), self._confident_prob)

    def probabilities(self, landmarks_px: NDArray[np.float32], side: Literal["left", "right"]) -> NDArray[np.float32]:
        """(9,) calibrated, in the order of `GESTURES`, for one hand.

        `landmarks_px` is (21, 2 or 3) in pixels, x to the right and y down, upright as the camera sees it, as a thumb
        is up or down in the picture; depth in the same scale.
        """
        (prob,) = self._model.run(gesture_features(landmarks_px[None], np.array([side == "left"])))
        return np.asarray(prob[0], np.float32)


def name_sign(prob: NDArray[np.floating], confident_prob: float) -> tuple[str, float]:
    """The sign for (9,) probabilities in the order of `GESTURES`; "none", its last, unless one is sure enough."""
    best = int(prob[:NONE].argmax())
    best_prob = float(prob[best])
    return (GESTURES[best], best_prob) if best_prob >= confident_prob else (GESTURES[NONE], 1 - best_prob)
