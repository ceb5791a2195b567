"""Pictures for tests of vision: scikit-image's portrait of an astronaut (public domain), and drawn hands."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.consent import CONSENT_VERSION, Consent, Purpose
from agent.core.types import CameraFrame, CaptureOrigin, Stamp
from agent.perception.regions import Picture

FACE_X, FACE_Y, FACE_WIDTH = 225.0, 124.0, 92.0
"""Centre and width of the astronaut's face, brow to chin and cheek to cheek, in the portrait of 512 by 512 pixels."""
_BUST = (slice(10, 240), slice(130, 320))


@lru_cache(maxsize=1)
def astronaut() -> Picture:
    """The portrait, (512, 512, 3) RGB."""
    return np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]


def with_face(
    *, width: int = 640, height: int = 480, x: float = 320, y: float = 240, face_px: float = 120, turned_deg: float = 0
) -> Picture:
    """A grey picture that holds the astronaut with the face at (x, y), as wide as asked, turned clockwise."""
    return add_face(np.full((height, width, 3), 90, np.uint8), x=x, y=y, face_px=face_px, turned_deg=turned_deg)


def add_face(picture: Picture, *, x: float, y: float, face_px: float, turned_deg: float = 0) -> Picture:
    """The picture with one more astronaut in it: head and shoulders, the rest left as it is."""
    height, width = picture.shape[:2]
    bust = astronaut()[_BUST]
    centre = (FACE_X - _BUST[1].start, FACE_Y - _BUST[0].start)
    matrix = cv2.getRotationMatrix2D(centre, -turned_deg, face_px / FACE_WIDTH)
    matrix[:, 2] += np.array((x - centre[0], y - centre[1]))
    drawn = cv2.warpAffine(bust, matrix, (width, height))
    where = cv2.warpAffine(np.full(bust.shape[:2], 255, np.uint8), matrix, (width, height))
    return np.where(where[:, :, None] > 127, drawn, picture).astype(np.uint8)


_HAND = np.array(
    [
        *((0, 100), (45, 75), (75, 40), (100, 10), (120, -15)),
        *((38, -20), (46, -75), (50, -108), (52, -135)),
        *((8, -28), (9, -90), (9, -128), (9, -158)),
        *((-20, -22), (-26, -80), (-29, -114), (-31, -142)),
        *((-45, -8), (-60, -50), (-68, -76), (-74, -98)),
    ],
    np.float32,
)
"""Joints of an open right hand, palm to the camera, fingers up, in MediaPipe's order, about the palm; the palm is some
90 wide and y points down."""
_FINGERS = ((0, 1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_ARM = np.array([(50, -20), (8, -36), (-59, -8), (-36, 100), (-32, 230), (34, 230), (34, 100), (61, 75)], np.float32)
_SKIN, _OUTLINE = (224, 172, 140), (176, 120, 95)


def with_hand(
    *, width: int = 640, height: int = 480, x: float = 320, y: float = 260, scale: float = 1.0, left: bool = False
) -> Picture:
    """A grey picture with the drawing of an open hand on it, its palm at (x, y)."""
    return add_hand(np.full((height, width, 3), 125, np.uint8), x=x, y=y, scale=scale, left=left)


def add_hand(picture: Picture, *, x: float, y: float, scale: float = 1.0, left: bool = False) -> Picture:
    """The picture with the drawing of an open hand, palm to the camera; a right hand unless `left`."""
    picture = picture.copy()
    place = np.array((-scale if left else scale, scale), np.float32)
    joints = np.round(_HAND * place + (x, y)).astype(np.int32)
    arm = np.round(_ARM * place + (x, y)).astype(np.int32)
    for rim_px, colour in ((2, _OUTLINE), (0, _SKIN)):
        for finger in _FINGERS:
            cv2.polylines(picture, [joints[list(finger)]], False, colour, round(28 * scale) + 2 * rim_px, cv2.LINE_AA)
        cv2.fillPoly(picture, [arm], colour, cv2.LINE_AA)
        cv2.polylines(picture, [arm], True, colour, 1 + 2 * rim_px, cv2.LINE_AA)
    cv2.line(picture, joints[1], joints[5], _OUTLINE, 2, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 1.2).astype(np.uint8, copy=False)


@dataclass(frozen=True)
class Pixels:
    """A picture that is RGB already."""

    picture: NDArray[np.uint8]

    def rgb(self) -> NDArray[np.uint8]:
        return self.picture


class BrokenPixels:
    """A picture that cannot be converted."""

    def rgb(self) -> NDArray[np.uint8]:
        raise ValueError("no such pixel format")


def frame(picture: Picture, *, at_ms: float = 0.0, call_id: str = "call") -> CameraFrame:
    """The picture as a camera frame captured at `at_ms`."""
    at_ns = round(at_ms * NS_PER_MS)
    return CameraFrame(
        call_id=call_id,
        stamp=Stamp(
            frame_id=round(at_ms * 15 / 1000),
            rtp_timestamp=round(at_ms * 90),
            arrived_ns=at_ns,
            captured_ns=at_ns,
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=at_ms,
        ),
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        pixels=Pixels(picture),
    )


def clip_frames(path: Path, *, every: int = 1) -> list[CameraFrame]:
    """Every `every`-th frame of a video file, at its own time."""
    video = cv2.VideoCapture(str(path))
    fps = video.get(cv2.CAP_PROP_FPS)
    frames: list[CameraFrame] = []
    number = 0
    while True:
        there, bgr = video.read()
        if not there:
            return frames
        if number % every == 0:
            picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            frames.append(frame(picture, at_ms=number * 1000 / fps))
        number += 1


def consent(*purposes: Purpose) -> Consent:
    return Consent(version=CONSENT_VERSION, locale="en", given_at=0.0, purposes=frozenset(purposes))
