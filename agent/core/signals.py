"""Signals as they travel on the wire: what, when, how sure, from what, how old; one struct a kind, told by `kind`."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from agent.core.clock import unix_s
from agent.core.sentences import Sentence
from agent.core.types import Stamp


class FaceBox(msgspec.Struct, frozen=True, kw_only=True):
    """A face, as fractions of the picture's width and height."""

    track_id: int
    x: float
    y: float
    width: float
    height: float


class FaceValue(msgspec.Struct, frozen=True, kw_only=True):
    faces: tuple[FaceBox, ...]
    """The customer first; others are counted, never read."""
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    attention: Literal["screen", "away", "unknown"] = "unknown"
    """Where the head points, relative to where this customer's usually points; the gaze itself is not read."""
    away_share: float | None = None
    """Share of about the last minute spent looking away, 0 to 1."""
    look_aways_per_min: float | None = None
    eyes_closed: bool | None = None
    blinks: int | None = None
    """Since this face was first seen; None while pictures come too seldom to see them."""
    blinks_per_min: float | None = None
    mouth_talks: bool | None = None
    """The lips move as in speech; a mouth that is held open does not."""
    liveness: Literal["moving", "still", "unknown"] = "unknown"
    """A hint, no proof: "still" is a face that for long neither blinked nor moved within itself, like a photograph."""


class ExpressionValue(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    """Most probable expression, or "unknown" when the evidence does not carry one."""
    probabilities: dict[str, float]
    """Smoothed and calibrated, by expression; empty when unknown for lack of a readable face."""
    valence: float | None = None
    """-1 to 1, computed from the distribution: a proxy, not a measurement."""
    arousal: float | None = None
    proxy: bool = True
    weight: float | None = None
    """How far this frame's picture was trusted, 0 to 1; None without a readable face."""
    adapted: float = 0.0
    """How far the probabilities were shifted by what this customer's resting face looks like: 0 not at all, 1 fully."""


class GestureValue(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    hand: Literal["left", "right"] | None = None
    dynamic: bool = False


class VoiceValue(msgspec.Struct, frozen=True, kw_only=True):
    speaking: bool
    energy_db: float
    pitch_hz: float | None = None


class VoiceEmotionValue(msgspec.Struct, frozen=True, kw_only=True):
    """How one utterance sounded; comes once, after its final transcript."""

    utterance_id: int | None
    """None where it is about no utterance, such as when consent was withdrawn."""
    label: str
    """The likeliest emotion, or "unknown" when none is sure enough."""
    probabilities: dict[str, float]
    """By emotion, tempered to what they were worth on recordings of a kind never heard; empty when not valid."""
    proxy: bool = True
    """Learnt from actors: an impression, not a measurement."""


class TextEmotionValue(msgspec.Struct, frozen=True, kw_only=True):
    """How the words of one utterance or chat line read; comes once, beside their intent."""

    utterance_id: int | None
    """None for a chat line, and where it is about no words, such as when consent was withdrawn."""
    label: str
    """The likeliest emotion, or "unknown" when none is sure enough."""
    probabilities: dict[str, float]
    """By emotion, calibrated; empty when not valid."""


class TranscriptValue(msgspec.Struct, frozen=True, kw_only=True):
    utterance_id: int
    text: str
    final: bool
    language: str


class IntentValue(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    out_of_scope: bool
    slots: dict[str, str] = {}
    utterance_id: int | None = None
    """None for a chat line."""


class AffectValue(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    """The state over the last seconds, or "unknown"."""
    valence: float | None
    arousal: float | None
    trend: Literal["rising", "falling", "steady", "unknown"]
    """Of valence."""
    coverage: float
    """Share of the last seconds for which there was evidence, 0 to 1."""
    conflict: str | None = None
    """The emotion in the voice, or else in the words, where it is of the other sign than the face's, which `label` is;
    they are not mixed."""
    probabilities: dict[str, float] = {}
    """Of the state, by expression, from all that was seen, heard and said; empty when unknown."""
    uncertainty: float | None = None
    """Entropy of those, in parts of the largest possible: 0 is certain, 1 says nothing."""
    changed: Literal["better", "worse"] | None = None
    """The last lasting change of valence, while it is news."""
    changed_s: float | None = None
    """How long ago that change began."""
    frustration: float | None = None
    """Like the three below, 0 to 1 from declared cues of the last half minute: an index, not a probability. None where
    too little of the call was there to tell."""
    confusion: float | None = None
    engagement: float | None = None
    urgency: float | None = None


class SceneValue(msgspec.Struct, frozen=True, kw_only=True):
    """What situation the call is in, from all signals of the last half minute."""

    label: str
    """One of `agent.core.types.SCENES`, or "unknown" while none stands out."""
    probabilities: dict[str, float]
    because: tuple[str, ...] = ()
    """What speaks for the label the most, in words, the strongest first."""
    held_s: float = 0.0
    """For how long the label has held."""


class TurnValue(msgspec.Struct, frozen=True, kw_only=True):
    holder: Literal["customer", "agent", "nobody"]
    barge_in: bool = False


class RoomFault(Sentence, frozen=True, kw_only=True):
    """What is wrong with a part of the agent."""

    room: str
    """"camera", "voice", "archive", "load" …"""


class HealthValue(msgspec.Struct, frozen=True, kw_only=True):
    state: Literal["good", "degraded"]
    reasons: tuple[str, ...] = ()
    """What is wrong, each in words."""
    faults: tuple[RoomFault, ...] = ()
    """The same, by what it is wrong with, to be said in another language."""
    rung: str = "full"
    """How far the call is degraded to stay within its budget: a rung of `agent.core.budget.Rung` in small letters."""
    rung_since: float | None = None
    """Unix time at which that rung was entered; None where it was always the same."""
    analysed_fps: float | None = None
    frames: dict[str, int] = {}
    """Camera frames since the call began: "received", "analysed", and those that were not by why. What is missing to
    the sum is still on its way."""


SignalValue = (
    FaceValue
    | ExpressionValue
    | GestureValue
    | VoiceValue
    | VoiceEmotionValue
    | TextEmotionValue
    | TranscriptValue
    | IntentValue
    | AffectValue
    | SceneValue
    | TurnValue
    | HealthValue
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What fusion concludes, before it is numbered, aged and sent: a signal without its envelope."""

    value: SignalValue
    confidence: float | None
    valid: bool
    stamp: Stamp
    sources: tuple[str, ...]
    reason: str | None = None


class SignalFields(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The envelope that every signal shares."""

    call_id: str
    seq: int
    """Counts the signals of a call from 0."""
    confidence: float | None
    valid: bool
    reason: str | None = None
    """Why it is not valid."""
    frame_id: int
    """The camera frame or microphone window that this was read from."""
    captured_at: float
    """Unix time of the capture, in seconds."""
    captured_error_ms: float
    captured_from: str
    media_ms: float
    age_ms: float
    """From capture to publication."""
    sources: tuple[str, ...]


class FaceSignal(SignalFields, frozen=True, kw_only=True, tag="face"):
    value: FaceValue


class ExpressionSignal(SignalFields, frozen=True, kw_only=True, tag="expression"):
    value: ExpressionValue


class GestureSignal(SignalFields, frozen=True, kw_only=True, tag="gesture"):
    value: GestureValue


class VoiceSignal(SignalFields, frozen=True, kw_only=True, tag="voice"):
    value: VoiceValue


class VoiceEmotionSignal(SignalFields, frozen=True, kw_only=True, tag="voice_emotion"):
    value: VoiceEmotionValue


class TextEmotionSignal(SignalFields, frozen=True, kw_only=True, tag="text_emotion"):
    value: TextEmotionValue


class TranscriptSignal(SignalFields, frozen=True, kw_only=True, tag="transcript"):
    value: TranscriptValue


class IntentSignal(SignalFields, frozen=True, kw_only=True, tag="intent"):
    value: IntentValue


class AffectSignal(SignalFields, frozen=True, kw_only=True, tag="affect"):
    value: AffectValue


class SceneSignal(SignalFields, frozen=True, kw_only=True, tag="scene"):
    value: SceneValue


class TurnSignal(SignalFields, frozen=True, kw_only=True, tag="turn"):
    value: TurnValue


class HealthSignal(SignalFields, frozen=True, kw_only=True, tag="health"):
    value: HealthValue


Signal = (
    FaceSignal
    | ExpressionSignal
    | GestureSignal
    | VoiceSignal
    | VoiceEmotionSignal
    | TextEmotionSignal
    | TranscriptSignal
    | IntentSignal
    | AffectSignal
    | SceneSignal
    | TurnSignal
    | HealthSignal
)

_SIGNAL_OF: dict[type, type[SignalFields]] = {
    FaceValue: FaceSignal,
    ExpressionValue: ExpressionSignal,
    GestureValue: GestureSignal,
    VoiceValue: VoiceSignal,
    VoiceEmotionValue: VoiceEmotionSignal,
    TextEmotionValue: TextEmotionSignal,
    TranscriptValue: TranscriptSignal,
    IntentValue: IntentSignal,
    AffectValue: AffectSignal,
    SceneValue: SceneSignal,
    TurnValue: TurnSignal,
    HealthValue: HealthSignal,
}

STATE_KINDS = frozenset({"face", "expression", "voice", "affect", "scene", "turn", "health"})
"""Kinds of which only the latest matters to a slow subscriber; the others are events, of which none may be lost."""
EMOTION_KINDS = frozenset({"affect", "expression", "voice_emotion", "text_emotion", "scene"})
"""Kinds of signals that say, or rest on, how the customer feels."""


def kind_of(signal: Signal) -> str:
    """The wire name of a signal's kind."""
    tag = signal.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def signal_from(finding: Finding, *, call_id: str, seq: int, now_ns: int, wall_ns: int) -> Signal:
    """Puts a finding into its envelope. `now_ns` and `wall_ns` are one instant on the monotonic and the Unix clock."""
    stamp = finding.stamp
    age_ms = stamp.age_ms(now_ns)
    signal = _SIGNAL_OF[type(finding.value)](
        call_id=call_id,
        seq=seq,
        confidence=finding.confidence,
        valid=finding.valid,
        reason=finding.reason,
        frame_id=stamp.frame_id,
        captured_at=unix_s(stamp.captured_ns, now_ns=now_ns, wall_ns=wall_ns),
        captured_error_ms=stamp.captured_error_ns / 1e6,
        captured_from=stamp.captured_from.value,
        media_ms=stamp.media_ms,
        age_ms=age_ms,
        sources=finding.sources,
        value=finding.value,  # type: ignore[call-arg]
    )
    return signal  # type: ignore[return-value]
