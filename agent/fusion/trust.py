"""How far a frame's expression is trusted, from its picture, a hand before the face and a mouth that talks."""

from dataclasses import dataclass

from agent.core.types import ExpressionReading
from agent.fusion.face import FaceState

COVERED_SHARE = 0.35
HIDDEN_EYES_SHARE, HIDDEN_MOUTH_SHARE = 0.5, 0.7
"""With more than these behind a hand, a face, its eyes or its mouth are not there to be read."""
TALKING_WEIGHT = 0.6
"""Speech shapes the mouth as expressions do. A talking face is still read, but what it shows must last longer."""
LEAST_WEIGHT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    weight: float
    """0 to 1; 0 when there is a reason not to read the expression at all."""
    reason: str | None = None


def trust(expression: ExpressionReading, face: FaceState) -> Trust:
    """`face` has taken in the frame that `expression` is from."""
    if not expression.valid:
        return Trust(weight=0.0, reason=expression.reason or "expression not readable")
    hidden = face.covered
    if hidden.face > COVERED_SHARE or hidden.eyes > HIDDEN_EYES_SHARE or hidden.mouth > HIDDEN_MOUTH_SHARE:
        return Trust(weight=0.0, reason="covered by a hand")
    weight = expression.weight * (1.0 - hidden.face / COVERED_SHARE)
    if face.mouth.talks:
        weight *= TALKING_WEIGHT
    if weight < LEAST_WEIGHT:
        return Trust(weight=0.0, reason="covered by a hand" if hidden.face > 0 else "poor picture of the face")
    return Trust(weight=weight)
