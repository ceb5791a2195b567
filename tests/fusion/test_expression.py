"""Expression follows the face in measured time, and says "unknown" rather than guess."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS
from agent.core.signals import ExpressionValue, Finding
from agent.core.types import EXPRESSIONS, ExpressionReading
from agent.fusion import face
from agent.fusion.expression import ExpressionState, step
from agent.fusion.face import FaceState
from tests.fusion.readings import UNREADABLE, expressed, frame


def _value(finding: Finding) -> ExpressionValue:
    assert isinstance(finding.value, ExpressionValue)
    return finding.value


def _run(readings: Sequence[tuple[float, ExpressionReading | None]]) -> list[Finding]:
    state, seen, findings = ExpressionState(), FaceState(), []
    for at_ms, expression in readings:
        reading = frame(at_ms, expression=expression)
        seen = face.step(seen, reading)
        state, finding = step(state, reading, seen, round(at_ms * NS_PER_MS))
        assert finding is not None
        findings.append(finding)
    return findings


def test_a_single_misread_frame_does_not_change_the_label() -> None:
    """One angry frame among happy ones, 33 ms long, is smoothed away."""
    happy, angry = expressed(happiness=0.9), expressed(anger=0.9)
    findings = _run([(at, happy) for at in range(0, 1000, 33)] + [(1000, angry), (1033, happy)])
    assert {_value(finding).label for finding in findings} == {"happiness"}


@pytest.mark.parametrize("frame_ms", [33, 66, 200])
def test_a_change_shows_after_the_same_time_at_any_frame_rate(frame_ms: int) -> None:
    """Smoothing is by time: from happy to angry takes about as long at 5 as at 30 frames a second."""
    before = [(float(at), expressed(happiness=0.95)) for at in range(0, 2000, frame_ms)]
    after = [(float(at), expressed(anger=0.95)) for at in range(2000, 4000, frame_ms)]
    findings = _run([*before, *after])
    changed_ms = next(f.stamp.media_ms for f in findings if _value(f).label == "anger") - 2000
    assert 150 <= changed_ms <= 600


def test_no_face_is_never_neutral() -> None:
    """Without a face there is no distribution, no valence and no label, and the reason is given."""
    (finding,) = _run([(0, None)])
    value = _value(finding)
    assert (finding.valid, finding.reason, finding.confidence) == (False, "no face", None)
    assert (value.label, value.probabilities, value.valence) == ("unknown", {}, None)


def test_an_unreadable_face_gives_its_reason_and_leaves_the_state() -> None:
    """A turned head for a moment does not wipe out what was seen before it."""
    findings = _run([(0, expressed(sadness=0.9)), (33, UNREADABLE), (66, expressed(sadness=0.9))])
    assert [finding.reason for finding in findings] == [None, "turned away", None]
    assert _value(findings[2]).label == "sadness"


def test_old_evidence_is_forgotten() -> None:
    """A face that returns after two seconds is read afresh, not mixed with what it showed before."""
    findings = _run([(0, expressed(anger=0.95)), (2000, None), (2033, expressed(happiness=0.8))])
    assert _value(findings[2]).probabilities["anger"] < 0.1


def test_an_undecided_face_is_unknown() -> None:
    """When no expression stands out the label is "unknown", though the distribution is still shown."""
    (finding,) = _run([(0, expressed(neutral=0.3, sadness=0.3))])
    assert finding.valid
    assert _value(finding).label == "unknown"
    assert len(_value(finding).probabilities) == len(EXPRESSIONS)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 500),
            st.one_of(st.none(), st.lists(st.floats(0.01, 1), min_size=8, max_size=8)),
        ),
        max_size=40,
    )
)
def test_whatever_comes_the_signal_is_a_distribution_or_unknown(steps: list[tuple[float, list[float] | None]]) -> None:
    """Any order of frames, gaps and lost faces gives probabilities that sum to one, or none at all."""
    at_ms = 0.0
    readings: list[tuple[float, ExpressionReading | None]] = []
    for gap_ms, weights in steps:
        at_ms += gap_ms
        if weights is None:
            readings.append((at_ms, None))
        else:
            values = np.array(weights, np.float32)
            reading = ExpressionReading(valid=True, reason=None, probabilities=values / values.sum())
            readings.append((at_ms, reading))
    for finding in _run(readings):
        value = _value(finding)
        if finding.valid:
            assert sum(value.probabilities.values()) == pytest.approx(1.0, abs=0.01)
            assert value.valence is not None and -1 <= value.valence <= 1
        else:
            assert value.probabilities == {} and value.label == "unknown"
