"""The values of sight that cross rooms: where a moment comes from, frames, and what was read from them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS


class CaptureOrigin(StrEnum):
    """How the capture time of a frame is known, from best to worst."""

    SENDER = "sender"
    """RTCP sender report mapped through data-channel clock pings."""
    SENDER_REPORT = "sender_report"
    """RTCP sender report alone; the two machines' clocks are assumed to agree as far as the first arrival shows."""
    FILE = "file"
    """Presentation time inside a recorded file."""
    ARRIVAL = "arrival"
    """Nothing better than the time the frame came out of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where and when a frame or window of sound comes from. Everything read from it carries the same stamp.

    `arrived_ns` and `captured_ns` are on this process's monotonic clock, shared by sound and picture.
    """

    frame_id: int
    """Counts this track's frames from 0, as decoded."""
    rtp_timestamp: int
    """In ticks of the track's RTP clock (90 kHz for video, 48 kHz for Opus)."""
    arrived_ns: int
    captured_ns: int
    captured_error_ns: int
    """Half-width of the interval in which the capture truly lies; 0 for files."""
    captured_from: CaptureOrigin
    media_ms: float
    """Position in the track since its first frame."""

    def age_ms(self, now_ns: int) -> float:
        """Milliseconds from capture until `now_ns`."""
        return (now_ns - self.captured_ns) / NS_PER_MS


class PixelSource(Protocol):
    """A decoded picture that is converted only when somebody analyses it."""

    def rgb(self) -> NDArray[np.uint8]:
        """The picture upright as (height, width, 3) uint8 RGB, read-only."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How a frame came in: monotonic times, in order."""

    first_packet_ns: int
    whole_ns: int
    """When its last missing packet had come."""
    decode_began_ns: int
    decoded_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFrame:
    """One picture of a customer's camera."""

    call_id: str
    stamp: Stamp
    width_px: int
    height_px: int
    pixels: PixelSource = field(repr=False)
    passage: Passage | None = None
    """None for frames that came over no network."""


EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The eight classes of FER+, in its order."""

GESTURES = ("thumbs_up", "thumbs_down", "open_palm", "fist", "victory", "pointing", "ok", "call_me", "none")
"""Static hand signs; `none` is any hand that shows none of the others."""

SCENES = (
    "first_contact",
    "explaining",
    "searching",
    "showing",
    "confused",
    "waiting",
    "anxious",
    "escalating",
    "agreeing",
    "leaving",
    "company",
)
"""Situations of a call: the first words, the customer explains, looks for something, shows something to the camera,
does not follow, waits, fears for a deadline, complains ever more, agrees, is about to leave, is not alone."""


class Attention(StrEnum):
    SCREEN = "screen"
    AWAY = "away"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """Orientation of a head, in degrees, as the camera sees it, not mirrored.

    yaw > 0: the face turns to the right edge of the picture. pitch > 0: it looks up. roll > 0: it tilts clockwise in
    the picture.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle in pixels of the frame; may reach beyond its edges."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionReading:
    """What one face expresses in one frame, before smoothing and fusion."""

    valid: bool
    reason: str | None
    """Why it is not valid, e.g. "too small", "turned away"."""
    probabilities: NDArray[np.float32] | None = field(repr=False)
    """(8,) calibrated, in the order of `EXPRESSIONS`; None when not valid."""
    weight: float = 1.0
    """How far the picture of this face can be trusted, 0 to 1, by size, pose, sharpness and light. Only when valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceReading:
    """One face in one frame."""

    track_id: int
    """Stays the same for as long as this face is followed."""
    box: Box
    presence_prob: float | None
    """None where the backend keeps it to itself."""
    landmarks_px: NDArray[np.float32] = field(repr=False)
    """(468, 3) x, y in pixels of the frame, z in the same scale, smaller nearer the camera; MediaPipe's topology."""
    pose: HeadPose
    eyes_open: float | None
    """Gap between the lids over the distance of the eyes' outer corners, mean of both; None when turned or small."""
    mouth_open: float
    """Inner-lip gap over face height."""
    expression: ExpressionReading | None
    """None where it was not to be read of this frame."""
    blendshapes: dict[str, float] | None = field(default=None, repr=False)
    """MediaPipe's 52 movements of the face by name, such as "jawOpen", 0 to 1; None from backends without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bystander:
    """A face other than the customer's: followed and counted, never read."""

    track_id: int
    """Stays the same for as long as this face is followed; of the same series as `FaceReading.track_id`."""
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class HandReading:
    """One hand in one frame."""

    track_id: int
    side: Literal["left", "right"]
    """The person's own hand, in a picture that is not mirrored."""
    presence_prob: float
    landmarks_px: NDArray[np.float32] = field(repr=False)
    """(21, 3) x, y in pixels of the frame, z in the same scale relative to the wrist."""
    world_m: NDArray[np.float32] = field(repr=False)
    """(21, 3) metres about the hand's centre; axes as in the picture, z away from the camera."""
    gesture: str
    """One of `GESTURES`, from this frame alone."""
    gesture_prob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionReading:
    """Everything read from one camera frame."""

    call_id: str
    stamp: Stamp
    width_px: int
    height_px: int
    valid: bool
    """False when the frame was not analysed, the models failed, or a face was looked for and none could be read.
    Hands may have been read all the same."""
    reason: str | None
    """Why it is not valid, e.g. "no face", "budget"."""
    faces: tuple[FaceReading, ...]
    """The customer's face, when it is in view."""
    hands: tuple[HandReading, ...]
    stage_ms: dict[str, float]
    """Milliseconds by stage that ran: queued, convert, face_detection, face_mesh, expression, palm_detection, hand,
    gesture, preview."""
    finished_ns: int
    bystanders: tuple[Bystander, ...] = ()
    hands_read: bool = True
    """False where hands are looked for in other frames and not in this one, so that none in `hands` says nothing."""
    preview_jpeg: bytes | None = field(default=None, repr=False)
    """The analysed picture itself, when somebody watches: what is drawn over it belongs to exactly this frame."""


def read_only(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, refusing writes from here on."""
    array.setflags(write=False)
    return array
