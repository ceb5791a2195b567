"""Draws a face that the models take for one: what it costs to read a customer can be measured without any customer."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 640, 480
NOISE = 3.0
_WALL, _COAT, _HAIR, _SKIN, _SHADE = (150, 160, 170), (60, 80, 120), (60, 40, 30), (215, 175, 150), (178, 135, 114)
_WHITE, _IRIS, _BROW, _LIPS, _MOUTH = (245, 245, 245), (70, 50, 40), (70, 45, 35), (185, 90, 90), (120, 50, 50)


def drawn_face(index: int) -> NDArray[np.uint8]:
    """Picture number `index` of a face that sways a little: (480, 640, 3) uint8 RGB."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), _WALL, np.uint8)
    x, y = WIDTH_PX // 2 + round(6 * np.sin(index / 5)), 230 + round(4 * np.cos(index / 7))
    for centre, axes, colour in (
        ((x, y + 260), (210, 150), _COAT),
        ((x, y + 130), (50, 90), _SHADE),
        ((x, y - 15), (118, 150), _HAIR),
        ((x, y + 15), (100, 132), _SKIN),
    ):
        cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1)
    for eye_x in (x - 40, x + 40):
        cv2.ellipse(picture, (eye_x, y - 10), (20, 9), 0, 0, 360, _WHITE, -1)
        cv2.circle(picture, (eye_x, y - 10), 8, _IRIS, -1)
        cv2.ellipse(picture, (eye_x, y - 12), (22, 11), 0, 180, 360, _BROW, 3)
        cv2.ellipse(picture, (eye_x, y - 26), (26, 9), 0, 190, 350, _BROW, 5)
    cv2.line(picture, (x - 4, y - 5), (x - 12, y + 38), _SHADE, 4)
    cv2.ellipse(picture, (x, y + 42), (18, 8), 0, 0, 180, _SHADE, 4)
    cv2.ellipse(picture, (x, y + 82), (34, 10), 0, 0, 360, _LIPS, -1)
    cv2.line(picture, (x - 34, y + 82), (x + 34, y + 82), _MOUTH, 2)
    soft = cv2.GaussianBlur(picture, (7, 7), 0)
    # Without a sensor's noise a picture is too easy to encode and decode.
    noise = np.random.default_rng(index).normal(0, NOISE, (HEIGHT_PX, WIDTH_PX, 1)).astype(np.int16)
    return np.asarray(np.clip(soft + noise, 0, 255), np.uint8)
