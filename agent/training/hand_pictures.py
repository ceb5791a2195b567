"""Reads the hand of a single picture, which may be a small one that is cut tightly around it."""

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.settings import VisionSettings
from agent.inference.runtime import Runtime
from agent.perception.detection import Detector
from agent.perception.gesture import NONE, GestureModel
from agent.perception.hands import HandReader, Look, hand_region, palm_region
from agent.perception.regions import Picture, Region
from agent.perception.trace import FrameTrace

SIDE_PX = 320
"""Smaller pictures are enlarged to this before anything is looked for."""
MARGINS = (0.3, 0.0, 0.8, 1.5)
"""Looked at one after another, in parts of the longer side: a palm detector is made for hands with something around
them, not for hands that fill the picture."""
SURE_PROB = 0.9
"""From a hand this sure on, no further view is tried."""
FOUND_PROB = 0.5
GUESSED_PROB = 0.8
"""How sure the hand model must be where a palm was found, and where none was and the whole picture is taken for one."""
GUESSED_TURNS_DEG = (0, -45, 45, 90, -90)
GUESSED_SIDE = 1.1
"""How much of the picture is taken for the hand then, in parts of its longer side."""


class PictureHandReader:
    """One thread's models for single pictures."""

    def __init__(self, runtime: Runtime) -> None:
        """Raises `ModelError` as `Runtime.open` does."""
        self._detector = Detector(runtime.open("palm_detection"))
        self._hands = HandReader(runtime, VisionSettings())
        self._signs = GestureModel(runtime)

    def read(self, picture: Picture) -> NDArray[np.float32] | None:
        """(9,) probabilities of the signs in the order of `GESTURES` for the hand that the picture shows, or None where
        there is none. Of several hands that lie over the picture's middle, or else of all, the surest sign counts."""
        picture = _enlarged(picture)
        hands = self._found(picture) or self._guessed(picture)
        if not hands:
            return None
        central = [hand for hand in hands if _over_the_middle(hand, picture)]
        signs = [
            self._signs.probabilities(hand.landmarks_px, "right" if hand.right_prob > 0.5 else "left")
            for hand in central or hands
        ]
        return max(signs, key=lambda prob: float(prob[:NONE].max()))

    def _found(self, picture: Picture) -> list[Look]:
        """The hands of the margin around which they are seen most surely."""
        best: list[Look] = []
        for margin in MARGINS:
            margin_px = round(margin * max(picture.shape[:2]))
            view = _with_margin(picture, margin_px)
            palms = self._detector.detect(view, FrameTrace())
            looks = [self._look_twice(view, palm_region(palm), margin_px) for palm in palms]
            best = max(best, [look for look in looks if look.presence_prob >= FOUND_PROB], key=_surest)
            if _surest(best) >= SURE_PROB:
                break
        return best

    def _guessed(self, picture: Picture) -> list[Look]:
        """The hand that fills the picture although no palm was found in it."""
        looks = [self._look_twice(picture, region, 0) for region in _whole(picture)]
        sure = [[look] for look in looks if look.presence_prob >= GUESSED_PROB]
        return max(sure, key=_surest, default=[])

    def _look_twice(self, view: Picture, region: Region, margin_px: int) -> Look:
        """What is seen at the second look, around what the first one found, where that is as sure; landmarks are in the
        picture without its margin."""
        first = self._hands.look(view, region, FrameTrace())
        second = self._hands.look(view, hand_region(first.landmarks_px), FrameTrace())
        better = second if second.presence_prob >= min(first.presence_prob, SURE_PROB) else first
        return replace(better, landmarks_px=better.landmarks_px - np.array([margin_px, margin_px, 0], np.float32))


def _surest(looks: list[Look]) -> float:
    return max((look.presence_prob for look in looks), default=0.0)


def _enlarged(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = SIDE_PX / max(height, width)
    if scale <= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _with_margin(picture: Picture, px: int) -> Picture:
    """The picture framed in the mean colour of its edge: fingertips drawn out into the frame, or a black one, are read
    less well."""
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).mean(axis=0)
    framed = cv2.copyMakeBorder(picture, px, px, px, px, cv2.BORDER_CONSTANT, value=edge.tolist())
    return np.asarray(framed, np.uint8)


def _whole(picture: Picture) -> list[Region]:
    height, width = picture.shape[:2]
    side_px = GUESSED_SIDE * max(height, width)
    return [
        Region(x_px=width / 2, y_px=height / 2, side_px=side_px, angle_rad=math.radians(turn_deg))
        for turn_deg in GUESSED_TURNS_DEG
    ]


def _over_the_middle(look: Look, picture: Picture) -> bool:
    height, width = picture.shape[:2]
    low, high = look.landmarks_px[:, :2].min(axis=0), look.landmarks_px[:, :2].max(axis=0)
    return bool(low[0] <= width / 2 <= high[0] and low[1] <= height / 2 <= high[1])
