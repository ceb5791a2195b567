"""Draws what was read from a picture onto it: face, mesh, hands and expression, with the frame's id."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.core.signals import ExpressionValue, FaceValue, Signal
from agent.core.types import Box, VisionReading

FACE_RGB = (64, 220, 120)
BYSTANDER_RGB = (160, 160, 160)
HAND_RGB = (255, 180, 60)
TEXT_RGB = (255, 255, 255)
FINGERS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (5, 9, 10, 11, 12), (9, 13, 14, 15, 16), (13, 17, 18, 19, 20), (0, 17))
"""Chains of the 21 hand landmarks, in MediaPipe's numbering: thumb, four fingers, edge of the palm."""

Picture = NDArray[np.uint8]


def draw(picture: Picture, reading: VisionReading, signals: tuple[Signal, ...]) -> Picture:
    """A copy of the (height, width, 3) uint8 RGB picture with everything drawn that was read from it."""
    drawn = picture.copy()
    scale = max(0.4, drawn.shape[0] / 720)
    for face in reading.bystanders:
        _box(drawn, face.box, BYSTANDER_RGB)
    for customer in reading.faces:
        _box(drawn, customer.box, FACE_RGB)
        for x, y in np.rint(customer.landmarks_px[:, :2]).astype(int):
            cv2.circle(drawn, (int(x), int(y)), 1, FACE_RGB, -1)
    for hand in reading.hands:
        points = np.rint(hand.landmarks_px[:, :2]).astype(np.int32)
        for chain in FINGERS:
            cv2.polylines(drawn, [points[list(chain)]], False, HAND_RGB, 2)
        label = f"{hand.side} {hand.gesture} {hand.gesture_prob:.2f}"
        _text(drawn, label, (int(points[0, 0]), int(points[0, 1]) + 16), scale)
    for number, line in enumerate(_lines(reading, signals)):
        _text(drawn, line, (8, round((number + 1) * 24 * scale)), scale)
    return drawn


def _lines(reading: VisionReading, signals: tuple[Signal, ...]) -> list[str]:
    lines = [f"frame {reading.stamp.frame_id}  {reading.stamp.media_ms / 1_000:.2f} s"]
    if not reading.valid and reading.reason:
        lines.append(reading.reason)
    for customer in reading.faces:
        pose = customer.pose
        lines.append(f"yaw {pose.yaw_deg:+.0f} pitch {pose.pitch_deg:+.0f} roll {pose.roll_deg:+.0f}")
    for signal in signals:
        if isinstance(signal.value, FaceValue) and signal.valid:
            lines += _face_lines(signal.value)
        elif isinstance(signal.value, ExpressionValue):
            lines += _expression_lines(signal.value, signal.reason)
    return lines


def _face_lines(face: FaceValue) -> list[str]:
    """What is known of the face over time; what is unknown is left out."""
    eyes = {True: "eyes closed", False: "eyes open", None: ""}[face.eyes_closed]
    mouth = "mouth talks" if face.mouth_talks else ""
    attention = "" if face.attention == "unknown" else f"looks at {face.attention}".replace("at away", "away")
    still = "still: a photograph?" if face.liveness == "still" else ""
    blinks = "" if face.blinks is None else f"blinks {face.blinks}"
    if blinks and face.blinks_per_min is not None:
        blinks += f" ({face.blinks_per_min:.0f} a minute)"
    away = "" if face.away_share is None else f"away {face.away_share:.0%}"
    lines = (", ".join(filter(None, line)) for line in ((attention, eyes, mouth, still), (blinks, away)))
    return [line for line in lines if line]


def _expression_lines(expression: ExpressionValue, reason: str | None) -> list[str]:
    trust = "" if expression.weight is None else f", trust {expression.weight:.2f}"
    adapted = f", adapted {expression.adapted:.0%}" if expression.adapted else ""
    best = sorted(expression.probabilities.items(), key=lambda item: -item[1])[:3]
    return [
        f"expression: {expression.label}{trust}{adapted}" + (f" ({reason})" if reason else ""),
        *(f"  {name} {probability:.2f}" for name, probability in best),
    ]


def _box(picture: Picture, box: Box, colour: tuple[int, int, int]) -> None:
    left, top = round(box.left_px), round(box.top_px)
    right, bottom = round(box.left_px + box.width_px), round(box.top_px + box.height_px)
    cv2.rectangle(picture, (left, top), (right, bottom), colour, 2)


def _text(picture: Picture, text: str, at: tuple[int, int], scale: float) -> None:
    """White on a dark shadow, so that it can be read on any picture."""
    for offset_px, colour in ((1, (0, 0, 0)), (0, TEXT_RGB)):
        place = (at[0] + offset_px, at[1] + offset_px)
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale * 0.8, colour, 1, cv2.LINE_AA)
