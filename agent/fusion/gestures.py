"""All gestures of one call: signs of the hands, what hands and head do over time. Shoulders are not seen, so nobody
shrugs here."""

from dataclasses import dataclass, field, replace

from agent.core.signals import Finding
from agent.core.types import VisionReading
from agent.fusion import hand_motions, hand_over_face, hand_signs, head_gestures
from agent.fusion.hand_motions import MotionState
from agent.fusion.hand_over_face import CoverState
from agent.fusion.hand_signs import SignState
from agent.fusion.head_gestures import HeadState


@dataclass(frozen=True, slots=True, kw_only=True)
class GestureState:
    """What is known of one customer's hands, and of how the head moves."""

    signs: SignState = field(default_factory=dict)
    motions: MotionState = field(default_factory=dict)
    head: HeadState = HeadState()
    cover: CoverState = CoverState()


def step(
    state: GestureState, reading: VisionReading, *, reads_faces: bool = True
) -> tuple[GestureState, list[Finding]]:
    """One frame into the state, and an event for each gesture that has just become certain; without `reads_faces`, from
    the hands alone."""
    if not reading.hands_read:
        head, nods = head_gestures.step(state.head, reading) if reads_faces else (state.head, [])
        return replace(state, head=head), nods
    if not reads_faces:
        reading, state = replace(reading, faces=()), without_face(state)
    cover, covers = hand_over_face.step(state.cover, reading)
    signs, shown = hand_signs.step(state.signs, reading, cover.hands)
    motions, moved = hand_motions.step(state.motions, reading, cover)
    head, nods = head_gestures.step(state.head, reading)
    return GestureState(signs=signs, motions=motions, head=head, cover=cover), [*shown, *moved, *covers, *nods]


def without_face(state: GestureState) -> GestureState:
    """The same with nothing known of the face."""
    return replace(state, head=HeadState(), cover=CoverState())
