"""What is drawn over a picture: faces, landmarks and hands as fractions of the very frame they were read from."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import unix_s
from agent.core.types import Box, FaceReading, VisionReading
from agent.transport.supervisor_messages import AnalysedFrame, FaceOverlay, HandOverlay

Frame = TypeVar("Frame", bound=AnalysedFrame)

POINT_SCALE = 10_000
"""Landmarks travel as ten-thousandths of the picture's width and height."""
_EYES_LOOK = tuple(f"{way}{eye}" for way in ("In", "Out", "Up", "Down") for eye in ("Left", "Right"))


def drawn_over(kind: type[Frame], reading: VisionReading, *, now_ns: int, wall_ns: int) -> Frame:
    """What was read of one frame. `now_ns` and `wall_ns` are one instant on the monotonic and the Unix clock."""
    stamp, width_px, height_px = reading.stamp, reading.width_px, reading.height_px
    faces = tuple(_face(face, width_px, height_px) for face in reading.faces)
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
    return kind(
        call_id=reading.call_id,
        frame_id=stamp.frame_id,
        rtp_timestamp=stamp.rtp_timestamp,
        captured_at=unix_s(stamp.captured_ns, now_ns=now_ns, wall_ns=wall_ns),
        media_ms=stamp.media_ms,
        age_ms=round(stamp.age_ms(now_ns), 1),
        width_px=width_px,
        height_px=height_px,
        faces=faces + bystanders,
        hands=hands,
        stage_ms={name: round(ms, 2) for name, ms in reading.stage_ms.items()},
    )


def _face(face: FaceReading, width_px: int, height_px: int) -> FaceOverlay:
    pose = face.pose
    return FaceOverlay(
        track_id=face.track_id,
        box=_fractions(face.box, width_px, height_px),
        points=_points(face.landmarks_px, width_px, height_px),
        pose_deg=(round(pose.yaw_deg, 1), round(pose.pitch_deg, 1), round(pose.roll_deg, 1)),
        gaze=None if face.blendshapes is None else gaze_of(face.blendshapes),
    )


def gaze_of(blendshapes: Mapping[str, float]) -> tuple[float, float]:
    """Where both eyes look within the head: to the right edge of the picture and upwards, each -1 to 1.

    From MediaPipe's movements of the face, whose left and right are the person's own: a left eye that looks outwards
    looks to the right edge of a picture that is not mirrored.
    """
    move = {name: blendshapes.get(f"eyeLook{name}", 0.0) for name in _EYES_LOOK}
    right = (move["OutLeft"] - move["InLeft"] + move["InRight"] - move["OutRight"]) / 2
    up = (move["UpLeft"] - move["DownLeft"] + move["UpRight"] - move["DownRight"]) / 2
    return round(right, 3), round(up, 3)


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
