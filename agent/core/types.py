"""The values that cross from one room to the next: frames, windows of sound, and what was read from them."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MicWindow:
    """A short run of a customer's microphone: (n,) float32 mono in [-1, 1] at 16 kHz, read-only."""

    call_id: str
    stamp: Stamp
    """Of the first sample."""
    samples: NDArray[np.float32] = field(repr=False)
    start_sample: int
    """Position of the first sample since the track began, gaps counted."""
    gap_samples: int = 0
    """Samples that are missing between the previous window and this one; recurrent model state must be reset."""


MIC_RATE_HZ = 16_000

UNSPACED_LANGUAGES = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
"""Written without spaces between words; ISO 639-1 where there is a code."""


EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The eight classes of FER+, in its order."""

GESTURES = ("thumbs_up", "thumbs_down", "open_palm", "fist", "victory", "pointing", "ok", "call_me", "none")
"""Static hand signs; `none` is any hand that shows none of the others."""

VOICE_EMOTIONS = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise", "boredom")
"""The classes of RAVDESS and EmoDB together."""

TEXT_EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
"""Ekman's six, which GoEmotions' 27 are grouped into (Demszky and others, 2020), and none of them."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStarted:
    """The customer began to speak."""

    call_id: str
    stamp: Stamp
    """Of the first voiced window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStopped:
    """The customer fell silent; not yet the end of a turn."""

    call_id: str
    stamp: Stamp
    """Of the end of the last voiced window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceLevel:
    """How loud the microphone is and whether someone speaks, a few times a second."""

    call_id: str
    stamp: Stamp
    speech_prob: float
    energy_db: float
    """Root mean square relative to full scale."""
    pitch_hz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Words of one utterance. Several partial ones may come before the one that is final."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the first voiced sample."""
    speech_end_ns: int
    """Monotonic capture time of the last voiced sample known."""
    text: str = field(repr=False)
    """Empty when the sound held no words."""
    final: bool
    language: str
    mean_token_logprob: float
    stage_ms: dict[str, float]
    """Milliseconds by stage: endpoint_wait, features, encode, decode, end_of_turn; in a final one also guessed_ahead,
    how long before it a partial one held the same words, where that was so."""
    finished_ns: int
    paused: bool = False
    """Whether the customer has fallen silent after these words: a partial one may prove to be final as it stands."""
    answer_from_ns: int = 0
    """Monotonic time before which an answer to final words had better not be heard: they may yet be taken up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceEmotionReading:
    """What emotion is heard in the end of one utterance, however it was worded; comes once, after its final words."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the last voiced sample."""
    valid: bool
    reason: str | None
    """Why it is not valid, e.g. "too little speech", "too noisy"."""
    label: str
    """One of `VOICE_EMOTIONS`; "unknown" when none is sure enough."""
    probabilities: NDArray[np.float32] | None = field(repr=False)
    """(9,) calibrated on the model's own corpora, in the order of `VOICE_EMOTIONS`; None when not valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEmotionReading:
    """What emotion the words of one final utterance or chat line tell of."""

    stamp: Stamp
    utterance_id: int | None
    """None for a chat line."""
    label: str
    """One of `TEXT_EMOTIONS`; "unknown" when none is sure enough."""
    probabilities: NDArray[np.float32] | None = field(repr=False)
    """(7,) calibrated, in the order of `TEXT_EMOTIONS`; None when not valid."""
    reason: str | None = None
    """Why it is not valid, e.g. "another language"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingFailed:
    """Sound could not be read; says so instead of passing silence off as a fact."""

    call_id: str
    stamp: Stamp
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechTranslated:
    """An utterance as the recogniser heard it in English; comes once, after its final words in their own language."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the first voiced sample."""
    text: str = field(repr=False)


HearingEvent = (
    VoiceStarted | VoiceStopped | VoiceLevel | Transcript | SpeechTranslated | VoiceEmotionReading | HearingFailed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentReading:
    """What an utterance or chat line asks for."""

    label: str
    """The best in-scope intent, even when out of scope."""
    probability: float
    out_of_scope: bool
    slots: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChunk:
    """Synthesized speech: (n,) float32 mono in [-1, 1], read-only."""

    samples: NDArray[np.float32] = field(repr=False)
    rate_hz: int
    text: str = field(repr=False)
    """The clause that these samples speak."""
    last: bool
    """True for the final clause of an utterance."""


def read_only(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, refusing writes from here on."""
    array.setflags(write=False)
    return array
