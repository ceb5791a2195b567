"""One camera frame's way from capture to publication, in stages that follow one another without gaps worth naming."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from agent.core.clock import NS_PER_MS, unix_s
from agent.core.frames import FrameOutcome
from agent.core.signals import Signal, kind_of
from agent.core.types import CameraFrame, VisionReading
from agent.transport.supervisor_messages import FrameTrace, SignalRef, StageSpan

Span = tuple[str, int, int]
"""A stage, and the monotonic times at which it began and ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Monotonic times at which a call came to a frame that it had analysed."""

    taken_ns: int
    """Out of the mailbox."""
    returned_ns: int
    """Its reading was back on the event loop."""
    fused_ns: int
    published_ns: int


def coming(frame: CameraFrame, taken_ns: int) -> list[Span]:
    """The stages until somebody took the frame out of the mailbox, or threw it away."""
    passage, stamp = frame.passage, frame.stamp
    if passage is None:
        return [("waiting", stamp.arrived_ns, taken_ns)]
    spans: list[Span] = []
    if stamp.captured_ns < passage.first_packet_ns:
        spans.append(("network", stamp.captured_ns, passage.first_packet_ns))
    spans += (
        ("packets", passage.first_packet_ns, passage.whole_ns),
        ("decoder_wait", passage.whole_ns, passage.decode_began_ns),
        ("decode", passage.decode_began_ns, passage.decoded_ns),
        ("waiting", passage.decoded_ns, taken_ns),
    )
    return spans


def whole_way(frame: CameraFrame, reading: VisionReading, at: Moments) -> list[Span]:
    """All stages of a frame that was analysed. Those of the analysis run one after the other on one thread."""
    spans = coming(frame, at.taken_ns)
    now_ns = at.taken_ns
    for name, took_ms in reading.stage_ms.items():
        began_ns, now_ns = now_ns, now_ns + round(took_ms * NS_PER_MS)
        spans.append((name, began_ns, now_ns))
    spans += (
        ("handed_back", reading.finished_ns, at.returned_ns),
        ("fusion", at.returned_ns, at.fused_ns),
        ("publication", at.fused_ns, at.published_ns),
    )
    return spans


def trace_of(
    frame: CameraFrame,
    outcome: FrameOutcome,
    spans: Sequence[Span],
    *,
    stage_ms: dict[str, float] | None = None,
    signals: Sequence[Signal] = (),
    now_ns: int,
    wall_ns: int,
) -> FrameTrace:
    """What a supervisor is told of a frame. `now_ns` and `wall_ns` are one instant on the monotonic and the Unix
    clock: that of its publication, or of its end where nothing of it was published."""
    stamp = frame.stamp
    ended_ns = spans[-1][2]
    at_s = partial(unix_s, now_ns=now_ns, wall_ns=wall_ns)
    return FrameTrace(
        call_id=frame.call_id,
        frame_id=stamp.frame_id,
        rtp_timestamp=stamp.rtp_timestamp,
        outcome=outcome.value,
        stage_ms=stage_ms or {},
        spans=tuple(
            StageSpan(
                name=name,
                began_ms=(began_ns - stamp.captured_ns) / NS_PER_MS,
                took_ms=(until_ns - began_ns) / NS_PER_MS,
            )
            for name, began_ns, until_ns in spans
        ),
        signals=tuple(SignalRef(seq=signal.seq, kind=kind_of(signal)) for signal in signals),
        captured_at=at_s(stamp.captured_ns),
        captured_error_ms=stamp.captured_error_ns / NS_PER_MS,
        captured_from=stamp.captured_from.value,
        arrived_at=at_s(stamp.arrived_ns),
        published_at=at_s(ended_ns),
        age_ms=stamp.age_ms(ended_ns),
    )
