"""The face signal says what is known of this face, null where it is not, and begins anew with another face."""

import numpy as np

from agent.core.clock import NS_PER_MS
from agent.core.signals import ExpressionValue, FaceValue, Finding
from agent.core.types import (
    Attention,
    Box,
    ExpressionReading,
    FaceReading,
    HandReading,
    HeadPose,
    VisionReading,
    read_only,
)
from agent.fusion.face import FaceState, step
from agent.fusion.fusion import FusionState, forget_emotion, go_blind, see
from tests.fusion.readings import expressed, frame, stamp
from tests.fusion.test_covering import FACE_PX, hand

FRAME_MS = 66
LOW, HIGH = FACE_PX[:, :2].min(axis=0), FACE_PX[:, :2].max(axis=0)


def seen(
    at_ms: int,
    *,
    eyes_open: float | None = 0.09,
    mouth_open: float = 0.0,
    track_id: int = 1,
    hands: tuple[HandReading, ...] = (),
    expression: ExpressionReading | None = None,
) -> VisionReading:
    """A frame with one face."""
    face = FaceReading(
        track_id=track_id,
        box=Box(left_px=LOW[0], top_px=LOW[1], width_px=HIGH[0] - LOW[0], height_px=HIGH[1] - LOW[1]),
        presence_prob=0.98,
        landmarks_px=read_only(FACE_PX.astype(np.float32)),
        pose=HeadPose(yaw_deg=0, pitch_deg=0, roll_deg=0),
        eyes_open=eyes_open,
        mouth_open=mouth_open,
        expression=expression or expressed(neutral=0.9),
    )
    return VisionReading(
        call_id="call",
        stamp=stamp(at_ms, frame_id=at_ms),
        width_px=640,
        height_px=480,
        valid=True,
        reason=None,
        faces=(face,),
        hands=hands,
        stage_ms={"convert": 0.2},
        finished_ns=at_ms * NS_PER_MS,
    )


def fused(readings: list[VisionReading], state: FusionState | None = None) -> tuple[FusionState, FaceValue, Finding]:
    """The state after all readings, and the last face value and expression finding."""
    state = state or FusionState(reads_faces=True)
    face_value, expression = FaceValue(faces=()), None
    for reading in readings:
        state, findings = see(state, reading, reading.stamp.captured_ns)
        for finding in findings:
            if isinstance(finding.value, FaceValue):
                face_value = finding.value
            elif isinstance(finding.value, ExpressionValue):
                expression = finding
    assert expression is not None
    return state, face_value, expression


def label(finding: Finding) -> str:
    assert isinstance(finding.value, ExpressionValue)
    return finding.value.label


def times(seconds: float, *, from_ms: int = 1_000) -> range:
    return range(from_ms, from_ms + round(seconds * 1_000), FRAME_MS)


def test_a_watched_face_has_all_its_facts() -> None:
    """After half a minute of blinking there are counts, rates and shares; nothing is null any more."""
    readings = [seen(at, eyes_open=0.05 if at % 3000 < 200 else 0.09) for at in times(30)]
    _, value, _ = fused(readings)
    assert value.attention == "screen" and value.away_share == 0 and value.look_aways_per_min == 0
    assert value.eyes_closed is False and value.mouth_talks is False and value.liveness == "moving"
    assert value.blinks is not None and 9 <= value.blinks <= 10
    assert value.blinks_per_min is not None and 15 < value.blinks_per_min < 25


def test_at_first_little_is_known() -> None:
    """One frame says nothing of blinks, speech or life."""
    _, value, _ = fused([seen(1000)])
    assert (value.blinks, value.blinks_per_min, value.mouth_talks, value.away_share) == (None, None, None, None)
    assert value.liveness == "unknown"


def test_another_face_begins_anew() -> None:
    """Blinks, the resting face and the last expression of one person are not another's."""
    sad = expressed(sadness=0.55, neutral=0.38)
    first = [seen(at, eyes_open=0.05 if at % 3000 < 200 else 0.09, expression=sad) for at in times(20)]
    state, value, expression = fused(first)
    assert value.blinks and label(expression) == "neutral"
    assert state.expression.baseline.strength == 1
    state, value, expression = fused([seen(at, track_id=2, expression=sad) for at in times(1, from_ms=21_000)], state)
    assert value.blinks == 0 and state.face.track_id == 2
    assert state.expression.baseline.strength == 0 and label(expression) == "sadness"
    assert state.affect.valence.weight < 0.5


def test_the_same_face_is_known_after_a_short_absence() -> None:
    """Turning round for a second forgets no resting face and no blinks."""
    sad = expressed(sadness=0.55, neutral=0.38)
    state, before, _ = fused(
        [seen(at, eyes_open=0.05 if at % 3000 < 200 else 0.09, expression=sad) for at in times(20)]
    )
    state, gone, _ = fused([frame(at) for at in times(1.5, from_ms=21_000)], state)
    assert gone.attention == "unknown" and gone.eyes_closed is None
    _, after, expression = fused([seen(at, expression=sad) for at in times(2, from_ms=22_500)], state)
    assert after.blinks == before.blinks and label(expression) == "neutral"


def test_what_was_withdrawn_is_forgotten() -> None:
    """Neither withdrawal nor a camera that goes off leaves anything of the face behind."""
    state, _, _ = fused([seen(at) for at in times(20)])
    assert state.expression.baseline.log_odds is not None
    blind, _ = go_blind(state, stamp(21_000), "camera off")
    for left in (forget_emotion(state), blind):
        assert left.face == FaceState()
        assert left.expression.baseline.log_odds is None and left.expression.probabilities is None


def test_a_hand_before_the_mouth_hides_it() -> None:
    """A hidden mouth does not talk, whatever the mesh makes up; the expression is refused with the reason."""
    talking = [seen(at, mouth_open=0.05 * (number % 4 < 2)) for number, at in enumerate(times(3))]
    state, value, _ = fused(talking)
    assert value.mouth_talks is True
    covered = [
        seen(at, mouth_open=0.05 * (number % 4 < 2), hands=(hand(322, 400),))
        for number, at in enumerate(times(1, from_ms=4_000))
    ]
    _, value, expression = fused(covered, state)
    assert value.mouth_talks is None
    assert (expression.valid, expression.reason, label(expression)) == (False, "covered by a hand", "unknown")


def test_a_talking_mouth_weighs_less() -> None:
    """While lips move, a surprised mouth must last longer before it is believed."""
    surprise = expressed(surprise=0.9)

    def first_ms(mouth_moves: bool) -> int:
        state, at_ms = FusionState(reads_faces=True), 0
        for number, at_ms in enumerate(times(6)):
            moved = 0.05 * (number % 4 < 2) if mouth_moves else 0.0
            reading = seen(at_ms, mouth_open=moved, expression=surprise if at_ms > 4_000 else None)
            state, _, expression = fused([reading], state)
            if label(expression) == "surprise":
                return at_ms - 4_000
        raise AssertionError("never surprised")

    silent, talking = first_ms(False), first_ms(True)
    assert 100 < silent < talking < 1_000


def test_attention_is_unknown_with_closed_eyes() -> None:
    """Somebody who sleeps facing the screen does not attend to it."""
    state, value, _ = fused([seen(at) for at in times(5)])
    assert value.attention == "screen"
    _, value, _ = fused([seen(at, eyes_open=0.05) for at in times(3, from_ms=6_000)], state)
    assert value.eyes_closed is True and value.attention == "unknown"


def test_a_face_that_is_gone_has_no_facts() -> None:
    """Without a face in the picture nothing is claimed of one."""
    state = step(FaceState(), seen(1_000))
    state = step(state, frame(1_066))
    assert state.eyes.closed is None and state.mouth.talks is None
    assert state.attention.attention is Attention.UNKNOWN and state.liveness.liveness == "unknown"
