"""What is drawn over a picture: faces, landmarks and hands as fractions of the very frame they were read from."""

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.types import Box, VisionReading
from agent.transport.messages import FaceOverlay, HandOverlay, PictureHeader

POINT_SCALE = 10_000
"""Landmarks travel as ten-thousandths of the picture's width and height."""


def picture_header(reading: VisionReading, *, now_ns: int, wall_ns: int) -> PictureHeader:
    """The overlay of one frame. `now_ns` and `wall_ns` are one instant on the monotonic and the Unix clock."""
    stamp, width_px, height_px = reading.stamp, reading.width_px, reading.height_px
    faces = tuple(
        FaceOverlay(
            track_id=face.track_id,
            box=_fractions(face.box, width_px, height_px),
            points=_points(face.landmarks_px, width_px, height_px),
        )
        for face in reading.faces
    )
    bystanders = tuple(
        FaceOverlay(track_id=face.track_id, box=_fractions(face.box, width_px, height_px), points=())
        for face in reading.bystanders
    )
    hands = tuple(
        HandOverlay(
            side=hand.side,
            gesture=hand.gesture,
            probability=round(hand.gesture_prob, 3),
            points=_points(hand.landmarks_px, width_px, height_px),
        )
        for hand in reading.hands
    )
    return PictureHeader(
        call_id=reading.call_id,
        frame_id=stamp.frame_id,
        captured_at=(wall_ns - (now_ns - stamp.captured_ns)) / NS_PER_S,
        media_ms=stamp.media_ms,
        age_ms=round(stamp.age_ms(now_ns), 1),
        width_px=width_px,
        height_px=height_px,
        faces=faces + bystanders,
        hands=hands,
        stage_ms={name: round(ms, 2) for name, ms in reading.stage_ms.items()},
    )


def _fractions(box: Box, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    return (
        round(box.left_px / width_px, 4),
        round(box.top_px / height_px, 4),
        round(box.width_px / width_px, 4),
        round(box.height_px / height_px, 4),
    )


def _points(landmarks_px: NDArray[np.float32], width_px: int, height_px: int) -> tuple[int, ...]:
    scale = np.array([POINT_SCALE / width_px, POINT_SCALE / height_px], np.float32)
    return tuple(np.rint(landmarks_px[:, :2] * scale).astype(np.int32).ravel().tolist())
