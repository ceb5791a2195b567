"""Makes readings as the perception would, so that fusion is tested on timed messages."""

import numpy as np

from agent.core.clock import NS_PER_MS
from agent.core.types import (
    EXPRESSIONS,
    Box,
    CaptureOrigin,
    ExpressionReading,
    FaceReading,
    HandReading,
    HeadPose,
    Stamp,
    VisionReading,
    read_only,
)


def stamp(at_ms: float, frame_id: int = 0) -> Stamp:
    at_ns = round(at_ms * NS_PER_MS)
    return Stamp(
        frame_id=frame_id,
        rtp_timestamp=round(at_ms * 90),
        arrived_ns=at_ns,
        captured_ns=at_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.FILE,
        media_ms=at_ms,
    )


def expressed(**probabilities: float) -> ExpressionReading:
    """A readable face with these probabilities; what is left of 1 is shared by the other expressions."""
    rest = (1.0 - sum(probabilities.values())) / (len(EXPRESSIONS) - len(probabilities))
    values = np.array([probabilities.get(name, rest) for name in EXPRESSIONS], np.float32)
    return ExpressionReading(valid=True, reason=None, probabilities=read_only(values))


UNREADABLE = ExpressionReading(valid=False, reason="turned away", probabilities=None)


def face(expression: ExpressionReading) -> FaceReading:
    return FaceReading(
        track_id=1,
        box=Box(left_px=64, top_px=48, width_px=320, height_px=240),
        presence_prob=0.98,
        landmarks_px=read_only(np.zeros((468, 3), np.float32)),
        pose=HeadPose(yaw_deg=3.0, pitch_deg=-2.0, roll_deg=0.5),
        eyes_open=0.09,
        mouth_open=0.02,
        expression=expression,
    )


def hand(gesture: str, *, probability: float = 0.95, track_id: int = 1) -> HandReading:
    return HandReading(
        track_id=track_id,
        side="right",
        presence_prob=0.9,
        landmarks_px=read_only(np.zeros((21, 3), np.float32)),
        world_m=read_only(np.zeros((21, 3), np.float32)),
        gesture=gesture,
        gesture_prob=probability,
    )


def frame(
    at_ms: float,
    *,
    expression: ExpressionReading | None = None,
    hands: tuple[HandReading, ...] = (),
    skipped: str | None = None,
) -> VisionReading:
    """A frame with one face when an expression is given; `skipped` says why it was not analysed."""
    faces = (face(expression),) if expression is not None else ()
    return VisionReading(
        call_id="call",
        stamp=stamp(at_ms, frame_id=round(at_ms)),
        width_px=640,
        height_px=480,
        valid=bool(faces),
        reason=skipped or (None if faces else "no face"),
        faces=faces,
        hands=hands,
        stage_ms={} if skipped else {"convert": 0.2},
        finished_ns=round(at_ms * NS_PER_MS),
    )
