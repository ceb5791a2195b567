"""What is drawn over a frame is told in parts of that very frame, and names it in both ways that frames are known."""

from dataclasses import replace

import numpy as np
import pytest

from agent.app.overlay import POINT_SCALE, drawn_over, gaze_of
from agent.core.clock import NS_PER_MS
from agent.core.types import Box, Bystander, VisionReading, read_only
from agent.transport.supervisor_messages import Overlay, PictureHeader
from tests.fusion.readings import UNREADABLE, face, stamp


def seen() -> VisionReading:
    """A customer whose landmarks lie on the frame's diagonal, and a bystander."""
    diagonal = np.linspace((0, 0, 0), (640, 480, 0), 468, dtype=np.float32)
    return VisionReading(
        call_id="c",
        stamp=stamp(1_000, frame_id=7),
        width_px=640,
        height_px=480,
        valid=True,
        reason=None,
        faces=(replace(face(UNREADABLE), landmarks_px=read_only(diagonal)),),
        hands=(),
        bystanders=(Bystander(track_id=2, box=Box(left_px=480, top_px=0, width_px=160, height_px=120)),),
        stage_ms={"face_mesh": 1.0},
        finished_ns=0,
    )


@pytest.mark.parametrize("kind", [Overlay, PictureHeader])
def test_what_is_drawn_names_its_frame_and_lies_where_it_was_read(kind: type[Overlay] | type[PictureHeader]) -> None:
    """Landmarks come back to a thousandth of the picture, boxes as fractions, the pose as it was; bystanders have a box
    alone."""
    drawn = drawn_over(kind, seen(), now_ns=1_020 * NS_PER_MS, wall_ns=0)
    assert (drawn.frame_id, drawn.rtp_timestamp, drawn.age_ms) == (7, 90_000, 20.0)
    customer, bystander = drawn.faces
    points = np.array(customer.points).reshape(-1, 2) / POINT_SCALE * (640, 480)
    assert np.abs(points - seen().faces[0].landmarks_px[:, :2]).max() < 0.04
    assert (customer.box, customer.pose_deg) == ((0.1, 0.1, 0.5, 0.5), (3.0, -2.0, 0.5))
    assert (bystander.box, bystander.points, bystander.pose_deg) == ((0.75, 0.0, 0.25, 0.25), (), None)


def test_eyes_that_no_model_read_look_nowhere() -> None:
    """Without movements of the face there is no gaze, rather than one straight ahead."""
    assert drawn_over(Overlay, seen(), now_ns=0, wall_ns=0).faces[0].gaze is None


def test_both_eyes_together_say_where_someone_looks() -> None:
    """A left eye that looks outwards and a right one that looks inwards look to the picture's right."""
    assert gaze_of({"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.4}) == (0.5, 0.0)
    assert gaze_of({"eyeLookInLeft": 0.8, "eyeLookOutRight": 0.8, "eyeLookUpLeft": 0.2, "eyeLookUpRight": 0.2}) == (
        -0.8,
        0.2,
    )
