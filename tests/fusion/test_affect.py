"""Affect speaks only on enough evidence, of the last seconds, and knows where it is heading."""

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, Finding
from agent.core.types import ExpressionReading
from agent.fusion.fusion import FusionState, forget_emotion, go_blind, see
from tests.fusion.readings import expressed, frame, stamp


def _affects(readings: list[tuple[float, ExpressionReading | None]]) -> list[tuple[float, Finding]]:
    state, affects = FusionState(reads_faces=True), []
    for at_ms, expression in readings:
        state, findings = see(state, frame(at_ms, expression=expression), round(at_ms * NS_PER_MS))
        affects += [(at_ms, finding) for finding in findings if isinstance(finding.value, AffectValue)]
    return affects


def _value(finding: Finding) -> AffectValue:
    assert isinstance(finding.value, AffectValue)
    return finding.value


def _steadily(
    expression: ExpressionReading | None, begin_ms: int, end_ms: int
) -> list[tuple[float, ExpressionReading | None]]:
    return [(float(at), expression) for at in range(begin_ms, end_ms, 66)]


def test_the_first_seconds_are_unknown_and_then_it_knows() -> None:
    """A steady sad face is first unknown for lack of evidence, then sadness with negative valence."""
    affects = _affects(_steadily(expressed(sadness=0.9), 1000, 7000))
    assert _value(affects[0][1]).label == "unknown" and not affects[0][1].valid
    last = affects[-1][1]
    assert last.valid and _value(last).label == "sadness"
    valence = _value(last).valence
    assert valence is not None and valence < -0.4


def test_it_is_published_twice_a_second_at_most() -> None:
    """However many frames come, supervisors get a line they can read."""
    times = [at for at, _ in _affects(_steadily(expressed(neutral=0.9), 1000, 6000))]
    assert all(later - earlier >= 500 for earlier, later in zip(times, times[1:], strict=False))
    assert len(times) >= 8


def test_evidence_runs_out_when_the_face_leaves() -> None:
    """Some seconds after the customer left the picture nothing is claimed any more."""
    affects = _affects(_steadily(expressed(happiness=0.9), 1000, 8000) + _steadily(None, 8000, 16000))
    assert _value(affects[-1][1]).label == "unknown"
    assert not affects[-1][1].valid


def test_a_turn_for_the_worse_is_a_falling_trend() -> None:
    """From friendly to angry shows as falling valence, and settles to steady again."""
    affects = _affects(_steadily(expressed(happiness=0.8), 1000, 16000) + _steadily(expressed(anger=0.9), 16000, 60000))
    trends = [(at, _value(finding).trend) for at, finding in affects]
    assert "falling" in {trend for at, trend in trends if 16000 < at < 22000}
    assert trends[-1][1] == "steady"


def test_without_consent_to_emotion_no_face_signal_exists() -> None:
    """Whatever a camera shows, fusion that may not read faces gives no face, expression or affect."""
    state = forget_emotion(FusionState(reads_faces=True))
    for at_ms in range(0, 3000, 66):
        state, findings = see(state, frame(at_ms, expression=expressed(anger=0.9)), at_ms * NS_PER_MS)
        assert findings == []


def test_a_skipped_frame_leaves_what_was_known() -> None:
    """One frame given up for lack of time changes nothing; when all are, what was known does not stand for long."""
    state = FusionState(reads_faces=True)
    for at_ms in range(1000, 3000, 66):
        state, _ = see(state, frame(at_ms, expression=expressed(happiness=0.9)), at_ms * NS_PER_MS)
    _, findings = see(state, frame(3050, skipped="too old"), 3050 * NS_PER_MS)
    assert findings == []
    _, findings = see(state, frame(5000, skipped="too old"), 5000 * NS_PER_MS)
    assert [finding.reason for finding in findings[:2]] == ["too old", "too old"]


def test_a_camera_that_is_switched_off_leaves_no_feeling_behind() -> None:
    """The last smile before the camera went off is not shown on: everything about the face is unknown, with why."""
    state = FusionState(reads_faces=True)
    for at_ms in range(1000, 8000, 66):
        state, _ = see(state, frame(at_ms, expression=expressed(happiness=0.9)), at_ms * NS_PER_MS)
    state, findings = go_blind(state, stamp(8000), "camera off")
    assert [(finding.valid, finding.reason) for finding in findings] == [(False, "camera off")] * 3
    _, findings = see(state, frame(8066, expression=expressed(sadness=0.9)), 8066 * NS_PER_MS)
    assert not any(finding.valid for finding in findings if isinstance(finding.value, AffectValue))
