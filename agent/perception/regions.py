"""Squares of a picture that models look at: cutting them out turned upright, and mapping what was found there back."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.types import Box

Picture = NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""
Points = NDArray[np.float32]
"""(n, 2) or (n, 3) float32: x, y in pixels, x to the right and y down, and where there is one z in the same scale."""


SAME_SHAPE = 0.03
"""Pictures are the same in another size when width and height change alike but for this much, which is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A square of the picture, turned clockwise by `angle_rad` about its centre; may reach beyond the edges."""

    x_px: float
    y_px: float
    side_px: float
    angle_rad: float

    @classmethod
    def around(cls, points: Points, *, angle_rad: float, scale: float, raise_by: float = 0.0) -> "Region":
        """The smallest square about `points` as seen with the head tilted by `angle_rad`, enlarged by `scale`.

        Its centre is moved upwards, as seen so, by `raise_by` times the points' height.
        """
        cos, sin = math.cos(angle_rad), math.sin(angle_rad)
        upright = box_around(points[:, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32))
        width, height = upright.width_px, upright.height_px
        x, y = upright.left_px + width / 2, upright.top_px + height / 2 - raise_by * height
        return cls(
            x_px=x * cos - y * sin,
            y_px=x * sin + y * cos,
            side_px=scale * max(width, height),
            angle_rad=angle_rad,
        )

    def turned(self, angle_rad: float) -> "Region":
        """The same square turned clockwise by that much more."""
        return replace(self, angle_rad=self.angle_rad + angle_rad)

    def scaled(self, factor: float) -> "Region":
        """The same square of a picture that is `factor` times as large."""
        return replace(self, x_px=self.x_px * factor, y_px=self.y_px * factor, side_px=self.side_px * factor)

    def picture_from_crop(self, crop_px: int) -> NDArray[np.float32]:
        """(2, 3) affine map from pixels of a square crop of side `crop_px` to pixels of the picture."""
        step = self.side_px / crop_px
        cos, sin = step * math.cos(self.angle_rad), step * math.sin(self.angle_rad)
        half = crop_px / 2
        return np.array(
            [
                [cos, -sin, self.x_px - half * (cos - sin)],
                [sin, cos, self.y_px - half * (sin + cos)],
            ],
            np.float32,
        )

    def cut(self, picture: Picture, into: Picture) -> None:
        """Fills the square `into`, which is (side, side, 3), with this part of the picture; black beyond its edges."""
        side = into.shape[0]
        cv2.warpAffine(
            picture,
            self.picture_from_crop(side),
            (side, side),
            dst=into,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )

    def to_picture(self, points: Points, crop_px: int) -> Points:
        """Points (n, 3) of a crop of side `crop_px` as points of the picture; z keeps its sign and takes its scale."""
        (a, b, x), (c, d, y) = self.picture_from_crop(crop_px)
        turn = np.array([[a, c, 0], [b, d, 0], [0, 0, self.side_px / crop_px]], np.float32)
        return points @ turn + np.array((x, y, 0), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescale:
    """From pixels of one picture to those of the next, which shows the same in another size."""

    x: float
    y: float

    @property
    def same_shape(self) -> bool:
        return math.isclose(self.x, self.y, rel_tol=SAME_SHAPE)

    def box(self, box: Box) -> Box:
        return Box(
            left_px=box.left_px * self.x,
            top_px=box.top_px * self.y,
            width_px=box.width_px * self.x,
            height_px=box.height_px * self.y,
        )


def rescale(was: tuple[int, int] | None, size_px: tuple[int, int]) -> Rescale | None:
    """From pictures of width and height `was` to those of `size_px`; None where nothing changed."""
    if was is None or was == size_px:
        return None
    return Rescale(x=size_px[0] / was[0], y=size_px[1] / was[1])


def fit_square(picture: Picture, into: Picture) -> tuple[float, int, int]:
    """Scales the picture to fit the square `into` and centres it on black.

    Returns scale, left and top such that a point (x, y) of the picture lies at (x · scale + left, y · scale + top).
    """
    side = into.shape[0]
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    fitted_width, fitted_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (side - fitted_width) // 2, (side - fitted_height) // 2
    into.fill(0)
    into[top : top + fitted_height, left : left + fitted_width] = cv2.resize(picture, (fitted_width, fitted_height))
    return scale, left, top


def box_around(points: Points) -> Box:
    """The upright box about all points."""
    left, top, *_ = np.minimum.reduce(points).tolist()
    right, bottom, *_ = np.maximum.reduce(points).tolist()
    return Box(left_px=left, top_px=top, width_px=right - left, height_px=bottom - top)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.left_px + a.width_px, b.left_px + b.width_px) - max(a.left_px, b.left_px)
    height = min(a.top_px + a.height_px, b.top_px + b.height_px) - max(a.top_px, b.top_px)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width_px * a.height_px + b.width_px * b.height_px - shared)


def growth(a: Box, b: Box) -> float:
    """How many times larger the larger of two boxes is, in side length: 1 or more."""
    ratio = math.sqrt(max(a.width_px * a.height_px, 1.0) / max(b.width_px * b.height_px, 1.0))
    return max(ratio, 1 / ratio)


def distance(a: Box, b: Box) -> float:
    """Between the boxes' centres, in sides of the larger one."""
    x = a.left_px + a.width_px / 2 - b.left_px - b.width_px / 2
    y = a.top_px + a.height_px / 2 - b.top_px - b.height_px / 2
    return math.hypot(x, y) / max(a.width_px, a.height_px, b.width_px, b.height_px, 1.0)
