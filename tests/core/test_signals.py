"""Signals keep their time and origin on the wire and are told apart by their kind."""

import msgspec

from agent.core.clock import NS_PER_MS, FakeClock
from agent.core.signals import ExpressionSignal, ExpressionValue, Finding, Signal, TurnValue, kind_of, signal_from
from agent.core.types import CaptureOrigin, Stamp


def _stamp(clock: FakeClock) -> Stamp:
    now_ns = clock.now_ns()
    return Stamp(
        frame_id=7,
        rtp_timestamp=90_000,
        arrived_ns=now_ns,
        captured_ns=now_ns - 20 * NS_PER_MS,
        captured_error_ns=2 * NS_PER_MS,
        captured_from=CaptureOrigin.SENDER,
        media_ms=1_000.0,
    )


def test_a_signal_survives_the_wire(clock: FakeClock) -> None:
    """What is encoded decodes to the same signal, of the type that its kind names."""
    finding = Finding(
        value=ExpressionValue(label="unknown", probabilities={}),
        confidence=None,
        valid=False,
        stamp=_stamp(clock),
        sources=("face",),
        reason="no face",
    )
    signal = signal_from(finding, call_id="c", seq=3, now_ns=clock.now_ns(), wall_ns=clock.wall_ns())
    decoded = msgspec.json.decode(msgspec.json.encode(signal), type=Signal)
    assert decoded == signal
    assert isinstance(decoded, ExpressionSignal)
    assert (kind_of(decoded), decoded.valid, decoded.reason) == ("expression", False, "no face")


def test_age_counts_from_capture_and_capture_is_told_in_unix_time(clock: FakeClock) -> None:
    """A frame captured 20 ms ago and published 5 ms later is 25 ms old, and was captured then by the wall clock."""
    finding = Finding(
        value=TurnValue(holder="agent"), confidence=None, valid=True, stamp=_stamp(clock), sources=("voice",)
    )
    captured_unix_ns = clock.wall_ns() - 20 * NS_PER_MS
    clock.advance(ms=5)
    signal = signal_from(finding, call_id="c", seq=0, now_ns=clock.now_ns(), wall_ns=clock.wall_ns())
    assert signal.age_ms == 25.0
    assert abs(signal.captured_at - captured_unix_ns / 1e9) < 1e-6
    assert signal.captured_error_ms == 2.0
