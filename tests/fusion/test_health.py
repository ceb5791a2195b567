"""Health says what is degraded and why in words, at once when it changes and every few seconds otherwise."""

from dataclasses import replace

from agent.core.budget import LadderState, Rung
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.sentences import tell
from agent.core.signals import HealthValue
from agent.core.types import VisionReading
from agent.fusion.health import HealthMonitor
from tests.fusion.readings import frame, stamp


def _read(at_ms: float) -> VisionReading:
    return frame(at_ms)


def _failed(at_ms: float, reason: str = "models failed: RuntimeError") -> VisionReading:
    return replace(frame(at_ms, skipped=reason), valid=False)


def _concluded(monitor: HealthMonitor, at_ms: float) -> HealthValue | None:
    findings = monitor.conclude(stamp(at_ms), now_ns=round(at_ms * NS_PER_MS))
    assert len(findings) <= 1
    if not findings:
        return None
    value = findings[0].value
    assert isinstance(value, HealthValue)
    return value


def _monitor() -> HealthMonitor:
    return HealthMonitor(camera_expected=False, started_ns=0)


def test_a_rung_is_said_with_its_reasons_and_since_when() -> None:
    """At once when it is entered, and no more once the call is at the top again."""
    monitor = _monitor()
    first = _concluded(monitor, 4_000)
    assert first is not None
    assert (first.state, first.rung, first.rung_since) == ("good", "full", None)
    assert _concluded(monitor, 4_100) is None
    because = ("pictures are read too late", "listening falls behind")
    monitor.stands(LadderState(rung=Rung.SKIPPED_FRAMES, because=because), 1_800_000_000.0)
    down = _concluded(monitor, 4_200)
    assert down is not None
    assert (down.state, down.rung, down.rung_since) == ("degraded", "skipped_frames", 1_800_000_000.0)
    assert down.reasons == (
        "load: some frames are not read, because pictures are read too late and listening falls behind",
    )
    monitor.stands(LadderState(), 1_800_000_009.0)
    up = _concluded(monitor, 4_300)
    assert up is not None
    assert (up.state, up.rung, up.rung_since, up.reasons) == ("good", "full", 1_800_000_009.0, ())


def test_models_that_fail_again_and_again_are_a_fault_and_a_single_failure_is_none() -> None:
    """Every tenth frame failing leaves the call healthy; three in a row do not, until one is read."""
    monitor = _monitor()
    for number in range(40):
        monitor.saw(_failed(number) if number % 10 == 9 else _read(number))
        value = _concluded(monitor, 4_000 * (number + 1))
        assert value is not None and value.state == "good"
    for number in range(3):
        monitor.saw(_failed(number, "models failed: no answer"))
    value = _concluded(monitor, 400_000)
    assert value is not None and value.reasons == ("camera: the models that read pictures fail",)
    monitor.saw(_read(1))
    value = _concluded(monitor, 400_100)
    assert value is not None and value.state == "good"


def test_a_paused_camera_is_not_blamed_for_few_frames() -> None:
    """While no picture is to be read, none is missed; when they are to be read again, they are given time to come."""
    monitor = HealthMonitor(camera_expected=True, started_ns=0)
    value = _concluded(monitor, 10_000)
    assert value is not None and value.state == "degraded"
    monitor.expect_camera(False, 10 * NS_PER_S)
    value = _concluded(monitor, 11_000)
    assert value is not None and (value.state, value.analysed_fps) == ("good", None)
    monitor.expect_camera(True, 12 * NS_PER_S)
    value = _concluded(monitor, 14_500)
    assert value is not None and value.state == "good"


def test_no_more_frames_are_missed_than_are_wanted() -> None:
    """Seven frames a second are few for a call that is read in full, and enough where eight are read."""
    monitor = HealthMonitor(camera_expected=True, started_ns=0)
    for number in range(70):
        monitor.saw(_read(number * 1_000 / 7))
    value = _concluded(monitor, 10_000)
    assert value is not None and value.reasons == ("camera: few frames are analysed (fewer than 8 a second)",)
    monitor.stands(LadderState(rung=Rung.SLOWER_EXPRESSION, because=("pictures are read too late",)), 0.0)
    value = _concluded(monitor, 10_001)
    assert value is not None and [reason.partition(":")[0] for reason in value.reasons] == ["load"]


def test_what_is_wrong_is_told_with_its_code_beside_the_words() -> None:
    """So that a page says it in another language; words of others come as they are."""
    monitor = HealthMonitor(camera_expected=True, started_ns=0)
    monitor.report("voice", tell("no_voice", language="fr"))
    monitor.report("archive", "who knows")
    value = _concluded(monitor, 10_000)
    assert value is not None and len(value.reasons) == 3
    assert value.reasons == tuple(f"{fault.room}: {fault.words}" for fault in value.faults)
    assert [(fault.room, fault.code, fault.values) for fault in value.faults] == [
        ("archive", "", {}),
        ("voice", "no_voice", {"language": "fr"}),
        ("camera", "few_frames", {"count": "8"}),
    ]
