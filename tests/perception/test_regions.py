"""Turned squares are cut and mapped back exactly."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.types import Box
from agent.perception.regions import Points, Region, box_around, distance, fit_square, overlap

coordinates = st.floats(-500, 2500, allow_nan=False)
sides = st.floats(1, 900)
regions = st.builds(
    Region, x_px=coordinates, y_px=coordinates, side_px=st.floats(20, 1000), angle_rad=st.floats(-math.pi, math.pi)
)
boxes = st.builds(Box, left_px=coordinates, top_px=coordinates, width_px=sides, height_px=sides)


def points(*rows: tuple[float, ...]) -> Points:
    return np.array(rows, np.float32)


@given(regions)
def test_the_middle_of_a_crop_is_the_middle_of_its_region(region: Region) -> None:
    """Whatever the angle, crop centre and region centre are the same point, and z takes the region's scale."""
    mapped = region.to_picture(points((96, 96, 10)), 192)
    np.testing.assert_allclose(mapped[0, :2], (region.x_px, region.y_px), atol=0.05)
    assert mapped[0, 2] == pytest.approx(10 * region.side_px / 192, rel=1e-5)


@given(regions)
def test_a_region_around_its_own_corners_is_itself(region: Region) -> None:
    """Mapping the corners to the picture and drawing the smallest square about them gives the region back."""
    corners = region.to_picture(points((0, 0, 0), (192, 0, 0), (192, 192, 0), (0, 192, 0)), 192)
    again = Region.around(corners, angle_rad=region.angle_rad, scale=1.0)
    assert again.side_px == pytest.approx(region.side_px, rel=1e-2, abs=0.05)
    assert (again.x_px, again.y_px) == pytest.approx((region.x_px, region.y_px), abs=0.1)


def test_raising_moves_towards_the_top_as_the_object_sees_it() -> None:
    """An object lying on its side, its top to the right, is raised to the right."""
    lying = Region.around(points((0, 0), (100, 40)), angle_rad=math.pi / 2, scale=1.0, raise_by=0.5)
    assert (lying.x_px, lying.y_px) == pytest.approx((50 + 50, 20), abs=1e-3)


def test_cutting_brings_each_pixel_where_the_map_says() -> None:
    """A dot in the picture is found in the turned crop where mapping back leads to the dot."""
    picture = np.zeros((300, 400, 3), np.uint8)
    cv2.circle(picture, (230, 120), 4, (255, 255, 255), -1)
    region = Region(x_px=200, y_px=140, side_px=150, angle_rad=0.6)
    crop = np.zeros((224, 224, 3), np.uint8)
    region.cut(picture, crop)
    y, x = (float(values.mean()) for values in np.nonzero(crop[:, :, 0] > 127))
    np.testing.assert_allclose(region.to_picture(points((x, y, 0)), 224)[0, :2], (230, 120), atol=0.5)


@pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 360), (1, 1), (3, 2000), (128, 128)])
def test_fitting_keeps_the_whole_picture_in_shape(height: int, width: int) -> None:
    """The picture fills the square along its longer side, in the middle, and what is left is black."""
    square = np.full((128, 128, 3), 7, np.uint8)
    scale, left, top = fit_square(np.full((height, width, 3), 200, np.uint8), square)
    assert scale == 128 / max(height, width)
    filled = square[:, :, 0] == 200
    assert filled.any()
    assert not square[~filled].any()
    assert (filled.any(axis=0).argmax(), filled.any(axis=1).argmax()) == (left, top)


@given(boxes, boxes)
def test_overlap_is_a_share_and_symmetric(a: Box, b: Box) -> None:
    """Overlap lies between 0 and 1, does not depend on the order, and is 1 with oneself."""
    assert 0 <= overlap(a, b) <= 1 + 1e-9
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    assert overlap(a, a) == pytest.approx(1)
    assert distance(a, a) == pytest.approx(0, abs=1e-9) and distance(a, b) == pytest.approx(distance(b, a))


def test_box_around_points() -> None:
    """The box reaches from the smallest to the largest coordinate, whatever z is."""
    box = box_around(points((3, 9, 100), (7, 1, -100)))
    assert box == Box(left_px=3, top_px=1, width_px=4, height_px=8)
