"""The customer's face over time: attention, eyes, mouth and a hint of life; all of it begins anew with a new face."""

from dataclasses import dataclass, replace

from agent.core.signals import FaceBox, FaceValue, Finding
from agent.core.types import Bystander, FaceReading, Stamp, VisionReading
from agent.fusion import attention, eyes, liveness, mouth
from agent.fusion.attention import AttentionState
from agent.fusion.covering import Covered, covered
from agent.fusion.eyes import EyesState
from agent.fusion.liveness import LivenessState
from agent.fusion.mouth import MouthState

HIDDEN_SHARE = 0.2
"""Eyes or a mouth of which a hand covers more than this are not measured: the mesh invents what it cannot see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceState:
    """What is known of the face with this id."""

    track_id: int | None = None
    covered: Covered = Covered()
    """In the last picture with this face."""
    eyes: EyesState = EyesState()
    mouth: MouthState = MouthState()
    attention: AttentionState = AttentionState()
    liveness: LivenessState = LivenessState()


def step(state: FaceState, reading: VisionReading) -> FaceState:
    """One frame's reading. A face that is out of sight stays known until another one takes its place."""
    now_ns = reading.stamp.captured_ns
    if not reading.faces:
        return replace(
            state,
            covered=Covered(),
            eyes=eyes.step(state.eyes, None, now_ns),
            mouth=mouth.step(state.mouth, None, now_ns),
            attention=attention.step(state.attention, None, now_ns),
            liveness=LivenessState(),
        )
    customer = reading.faces[0]
    if customer.track_id != state.track_id:
        state = FaceState(track_id=customer.track_id)
    hidden = covered(customer, reading.hands) if reading.hands_read else state.covered
    seen_eyes = eyes.step(state.eyes, None if hidden.eyes > HIDDEN_SHARE else customer.eyes_open, now_ns)
    seen_mouth = mouth.step(state.mouth, None if hidden.mouth > HIDDEN_SHARE else customer.mouth_open, now_ns)
    return replace(
        state,
        covered=hidden,
        eyes=seen_eyes,
        mouth=seen_mouth,
        attention=attention.step(state.attention, customer.pose, now_ns, eyes_closed_ms=seen_eyes.closed_ms(now_ns)),
        liveness=liveness.step(
            state.liveness,
            customer.landmarks_px,
            now_ns,
            blinked=seen_eyes.blinks > state.eyes.blinks,
            talks=seen_mouth.talks is True,
            blinks_can_be_seen=seen_eyes.blinks_seen is not None and bool(seen_eyes.lids),
        ),
    )


def conclude(state: FaceState, reading: VisionReading) -> Finding:
    """The face signal of a frame that `state` has taken in already."""
    if not reading.faces:
        return unknown(reading.stamp, reading.reason or "no face")
    customer = reading.faces[0]
    located: tuple[FaceReading | Bystander, ...] = (customer, *reading.bystanders)
    value = FaceValue(
        faces=tuple(_box(face, reading) for face in located),
        yaw_deg=round(customer.pose.yaw_deg, 1),
        pitch_deg=round(customer.pose.pitch_deg, 1),
        roll_deg=round(customer.pose.roll_deg, 1),
        attention=state.attention.attention.value,
        away_share=_rounded(state.attention.away_share, 3),
        look_aways_per_min=_rounded(state.attention.look_aways_per_min, 1),
        eyes_closed=state.eyes.closed,
        blinks=state.eyes.blinks_seen,
        blinks_per_min=_rounded(state.eyes.blinks_per_min, 1),
        mouth_talks=state.mouth.talks,
        liveness=state.liveness.liveness,
    )
    return Finding(value=value, confidence=customer.presence_prob, valid=True, stamp=reading.stamp, sources=("face",))


def unknown(stamp: Stamp, reason: str) -> Finding:
    """The signal that says that no face was read, and why."""
    return Finding(
        value=FaceValue(faces=()), confidence=None, valid=False, stamp=stamp, sources=("face",), reason=reason
    )


def _box(face: FaceReading | Bystander, reading: VisionReading) -> FaceBox:
    return FaceBox(
        track_id=face.track_id,
        x=round(face.box.left_px / reading.width_px, 4),
        y=round(face.box.top_px / reading.height_px, 4),
        width=round(face.box.width_px / reading.width_px, 4),
        height=round(face.box.height_px / reading.height_px, 4),
    )


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
