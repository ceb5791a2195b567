"""How good a picture of a face is for reading its expression: a weight, or the reason why it is not good enough."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.types import HeadPose

LEAST_WEIGHT = 0.2
"""A picture whose weight would be less is not read."""

# Between two limits a factor of the weight goes from 0 to 1. Those of size, sharpness and light follow from spoiling
# 1,500 validation faces of FER2013, of which 80.7 % were read as most voters did: where a factor is 1 at most 2 to 4
# points were lost, where it is 0.2 some 15. Those of the pose are judged by eye: FER2013's faces look ahead.
EYES_TO_MOUTH_PX = (5.0, 11.0)
"""In FER2013 this is 18 pixels. Faces shrunk to 9 lost 3.5 points, to 6 they lost 12."""
SHARPNESS = (0.005, 0.06)
"""Variance of the crop's Laplacian over the variance of its grey. Blurred to 0.042 faces lost 4 points, to 0.015 15."""
DARK = (8.0, 30.0)
BRIGHT = (250.0, 215.0)
CONTRAST = (4.0, 12.0)
"""Mean of the crop's grey, of 255, from the dark and from the bright side, and its standard deviation. Darkened to a
mean of 25 under a webcam's noise faces lost 3 points, to 12 they lost 16; brightened to 213 they lost 5, to 234 14."""
YAW_DEG = (45.0, 20.0)
PITCH_DEG = (37.0, 17.0)
"""Farther out one half of the face, or the brow or the mouth, is no longer seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    weight: float
    """0 to 1."""
    weakness: str
    """What lowers the weight most, in words fit for a reason."""

    @property
    def sufficient(self) -> bool:
        return self.weight >= LEAST_WEIGHT

    def __mul__(self, other: "Quality") -> "Quality":
        """Both together."""
        worse = self if self.weight < other.weight else other
        return Quality(weight=self.weight * other.weight, weakness=worse.weakness)


def place_quality(eyes_to_mouth_px: float, pose: HeadPose) -> Quality:
    """By size, which is the distance from the middle of the eyes to the middle of the mouth, and pose."""
    return _product(
        {
            "too small": _rising(eyes_to_mouth_px, EYES_TO_MOUTH_PX),
            "turned away": _rising(abs(pose.yaw_deg), YAW_DEG) * _rising(abs(pose.pitch_deg), PITCH_DEG),
        }
    )


def light_quality(crop: NDArray[np.uint8]) -> Quality:
    """By light and sharpness of the aligned grey crop (48, 48)."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(crop))
    edges = float(cv2.meanStdDev(cv2.Laplacian(crop, cv2.CV_32F))[1][0, 0])
    return _product(
        {
            "too dark": _rising(mean, DARK),
            "too bright": _rising(mean, BRIGHT),
            "too little contrast": _rising(deviation, CONTRAST),
            "blurred": _rising((edges / max(deviation, 1.0)) ** 2, SHARPNESS),
        }
    )


def _rising(value: float, limits: tuple[float, float]) -> float:
    """0 at the first limit and beyond, 1 at the second and beyond, a straight line in between."""
    worst, best = limits
    return min(max((value - worst) / (best - worst), 0.0), 1.0)


def _product(factors: dict[str, float]) -> Quality:
    """All factors together. The first that is below a half is the weakness: dark pictures also lack contrast."""
    weakness = next((name for name, factor in factors.items() if factor < 0.5), min(factors, key=factors.__getitem__))
    return Quality(weight=math.prod(factors.values()), weakness=weakness)
