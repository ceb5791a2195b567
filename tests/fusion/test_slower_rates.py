"""Frames of which hands or expression were not read, to save time, change nothing that is known of either."""

from collections.abc import Iterable
from dataclasses import replace

from agent.core.clock import NS_PER_MS
from agent.core.signals import AffectValue, ExpressionValue, Finding, GestureValue
from agent.core.types import ExpressionReading, VisionReading
from agent.fusion.fusion import FusionState, see, shows_palm
from tests.fusion.readings import expressed, frame, hand


def _frames(expression: ExpressionReading, from_ms: int, until_ms: int, *, one_in: int = 1) -> list[VisionReading]:
    """Eight frames a second with a face, of which one in `one_in` has its expression read."""
    frames = []
    for number, at_ms in enumerate(range(from_ms, until_ms, 125)):
        reading = frame(at_ms, expression=expression)
        face = reading.faces[0] if number % one_in == 0 else replace(reading.faces[0], expression=None)
        frames.append(replace(reading, faces=(face,)))
    return frames


def _seen(readings: Iterable[VisionReading], state: FusionState | None = None) -> tuple[FusionState, list[Finding]]:
    state, findings = state or FusionState(reads_faces=True), []
    for reading in readings:
        state, new = see(state, reading, reading.stamp.captured_ns + 20 * NS_PER_MS)
        findings += new
    return state, findings


def _last(findings: list[Finding], kind: type) -> Finding:
    return next(finding for finding in reversed(findings) if isinstance(finding.value, kind))


def test_an_expression_that_is_read_half_as_often_is_felt_as_much() -> None:
    """The same label and the same coverage as with every frame, and no signal that claims there was no face."""
    happy = expressed(happiness=0.9)
    _, always = _seen(_frames(happy, 1_000, 16_000))
    _, seldom = _seen(_frames(happy, 1_000, 16_000, one_in=2))
    expressions = [finding for finding in seldom if isinstance(finding.value, ExpressionValue)]
    assert len(expressions) == 60
    assert all(finding.valid for finding in expressions)
    felt, felt_always = _last(seldom, AffectValue).value, _last(always, AffectValue).value
    assert isinstance(felt, AffectValue) and isinstance(felt_always, AffectValue)
    assert felt.label == felt_always.label == "happiness"
    assert abs(felt.coverage - felt_always.coverage) < 0.05


def test_a_face_that_leaves_is_noticed_however_seldom_its_expression_is_read() -> None:
    """Evidence ages as soon as there is no face."""
    state, _ = _seen(_frames(expressed(happiness=0.9), 1_000, 8_000, one_in=2))
    _, findings = _seen([frame(at_ms) for at_ms in range(8_000, 16_000, 125)], state)
    assert not _last(findings, AffectValue).valid
    assert not _last(findings, ExpressionValue).valid


def test_a_hand_that_is_not_looked_for_has_not_gone() -> None:
    """A palm held up and read five times a second of fifteen frames is one open palm, shown all the while."""
    happy, state, gestures = expressed(happiness=0.9), FusionState(reads_faces=True), []
    for number in range(60):
        read = number % 3 == 0
        reading = frame(1_000 + 66 * number, expression=happy, hands=(hand("open_palm"),) if read else ())
        state, findings = _seen([replace(reading, hands_read=read)], state)
        gestures += [finding.value.name for finding in findings if isinstance(finding.value, GestureValue)]
        if number >= 15:
            assert shows_palm(state)
    assert gestures.count("open_palm") == 1
