"""What a hand hides of a face is measured from both landmarks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.settings import ModelSettings
from agent.core.types import Box, FaceReading, HandReading, HeadPose, read_only
from agent.fusion.covering import Covered, covered
from agent.inference.registry import Registry

with np.load(Registry.load(ModelSettings().folder).path("canonical_face")) as _file:
    FACE_PX: NDArray[np.float64] = _file["points_cm"].astype(np.float64) * (12, -12, -12) + (320, 240, 0)
_SPREAD = np.array([-44, -18, 6, 30])
FINGERS = [(x * (1 + up / 250), -85 - up) for x in _SPREAD for up in (0, 40, 65, 90)]
HAND_PX = np.array([(0, 0), (40, -25), (70, -55), (90, -80), (105, -100), *FINGERS])
"""An open hand with the wrist at the origin and the fingers up, some 175 pixels long."""


def face() -> FaceReading:
    low, high = FACE_PX[:, :2].min(axis=0), FACE_PX[:, :2].max(axis=0)
    return FaceReading(
        track_id=1,
        box=Box(left_px=low[0], top_px=low[1], width_px=high[0] - low[0], height_px=high[1] - low[1]),
        presence_prob=0.99,
        landmarks_px=read_only(FACE_PX.astype(np.float32)),
        pose=HeadPose(yaw_deg=0, pitch_deg=0, roll_deg=0),
        eyes_open=0.09,
        mouth_open=0.0,
        expression=None,
    )


def hand(x: float, y: float) -> HandReading:
    points = np.zeros((21, 3), np.float32)
    points[:, :2] = HAND_PX + (x, y)
    return HandReading(
        track_id=1,
        side="right",
        presence_prob=0.9,
        landmarks_px=read_only(points),
        world_m=read_only(np.zeros((21, 3), np.float32)),
        gesture="none",
        gesture_prob=1.0,
    )


@pytest.mark.parametrize("x", [80, 560])
def test_a_hand_beside_the_face_covers_nothing(x: float) -> None:
    """Hands in view cost a face nothing until they are before it."""
    assert covered(face(), (hand(x, 300),)) == Covered()
    assert covered(face(), ()) == Covered()


def test_a_hand_before_the_mouth_covers_the_mouth() -> None:
    """A hand whose knuckles are at the lips hides them and not the eyes."""
    hidden = covered(face(), (hand(322, 410),))
    assert hidden.mouth > 0.7 and hidden.eyes < 0.4 and hidden.face > 0.2


def test_hands_before_the_eyes_cover_the_eyes() -> None:
    """Two palms over the eyes hide them, and together more of the face than one."""
    one, both = covered(face(), (hand(270, 260),)), covered(face(), (hand(270, 260), hand(370, 260)))
    assert both.eyes > 0.8 and both.mouth < 0.3
    assert both.face > one.face > 0.05
