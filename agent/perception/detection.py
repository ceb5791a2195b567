"""Finds faces or palms anywhere in a picture with MediaPipe's single-shot detectors."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.core.types import Box
from agent.inference.runtime import Model
from agent.perception.regions import Picture, Points, fit_square
from agent.perception.trace import FrameTrace

MIN_SCORE_PROB = 0.5
SAME_OBJECT_OVERLAP = 0.3
"""Anchors whose boxes overlap more than this speak of the same object (MediaPipe's non-maximum suppression)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One face or palm in pixels of the picture."""

    score_prob: float
    box: Box
    points_px: Points = field(repr=False)
    """(k, 2): a face's right eye, left eye, nose tip, mouth, right ear, left ear; or a palm's wrist, knuckles of index,
    middle, ring and little finger, thumb base, thumb knuckle."""


class Detector:
    """One thread's detector. The model takes a square uint8 RGB picture and gives boxes and scores by anchor.

    Boxes are (anchors, 4 + 2k): centre x, y, width, height and k points, as fractions of the square's side.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._input = model.blank_input()

    def detect(self, picture: Picture, trace: FrameTrace, *, only_middle: bool = False) -> list[Detection]:
        """What is in the picture, the surest first.

        `only_middle` looks at the largest square in the middle alone, and sees things that are smaller by as much.
        """
        x, y, side_px = _middle(picture) if only_middle else (0, 0, max(picture.shape))
        scale, left, top = fit_square(picture[y : y + side_px, x : x + side_px], self._input[0])
        boxes, scores = trace.run(self._model, self._input)
        found = np.flatnonzero(scores[0] > MIN_SCORE_PROB)
        if not found.size:
            return []
        merged, probs = merge(boxes[0][found], scores[0][found])
        merged *= self._input.shape[1] / scale
        merged[:, [0, *range(4, merged.shape[1], 2)]] += x - left / scale
        merged[:, [1, *range(5, merged.shape[1], 2)]] += y - top / scale
        return [_detection(row, float(prob)) for row, prob in zip(merged, probs, strict=True)]


def merge(boxes: NDArray[np.float32], probs: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One box for each group of boxes (n, 4 + 2k) that overlap: their mean, weighted by probability.

    This is the weighted non-maximum suppression of the BlazeFace paper (arXiv 1907.05047, 4.4); it jitters less than
    keeping the best box alone. Returns (m, 4 + 2k) boxes and (m,) the best probability in each, the surest first.
    """
    low = boxes[:, :2] - boxes[:, 2:4] / 2
    high = boxes[:, :2] + boxes[:, 2:4] / 2
    area = np.prod(np.maximum(high - low, 0), axis=1)
    left = np.argsort(-probs)
    merged, best = [], []
    while left.size:
        first = left[0]
        inner = np.minimum(high[left], high[first]) - np.maximum(low[left], low[first])
        shared = np.prod(np.maximum(inner, 0), axis=1)
        same = shared > SAME_OBJECT_OVERLAP * (area[left] + area[first] - shared)
        same[0] = True
        group = left[same]
        merged.append(np.average(boxes[group], axis=0, weights=probs[group]))
        best.append(probs[first])
        left = left[~same]
    return np.array(merged, np.float32), np.array(best, np.float32)


def _middle(picture: Picture) -> tuple[int, int, int]:
    """Left, top and side of the largest square in the middle."""
    height, width = picture.shape[:2]
    side = min(height, width)
    return (width - side) // 2, (height - side) // 2, side


def _detection(row: NDArray[np.float32], prob: float) -> Detection:
    x, y, width, height = (float(value) for value in row[:4])
    return Detection(
        score_prob=prob,
        box=Box(left_px=x - width / 2, top_px=y - height / 2, width_px=width, height_px=height),
        points_px=row[4:].reshape(-1, 2),
    )
