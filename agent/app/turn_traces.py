"""Spoken turns as OpenTelemetry traces. Imported only when a collector is set; the packages are an optional extra."""

import time
from collections.abc import Mapping
from typing import Self

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Span, set_span_in_context

from agent import __version__
from agent.app.turn_clock import Turn

FLUSH_WITHIN_MS = 3_000
WORK = ("features", "encode", "decode", "end_of_turn")
"""Stages of a transcript that are work; the others are waits."""


class TurnTraces:
    """Makes each turn that is sampled a trace, after it is over, with the times that are known by then.

    Attributes are ids, numbers and names of stages; never words, faces or emotions. Spans are sent in batches on a
    thread of OpenTelemetry's; a collector that does not answer costs spans, nothing else.
    """

    def __init__(self, exporter: SpanExporter, *, share: float) -> None:
        """`share` of the turns are traced, 0 to 1."""
        resource = Resource({"service.name": "attentive-agent", "service.version": __version__})
        self._provider = TracerProvider(sampler=TraceIdRatioBased(share), resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("agent")
        self._ahead_ns = 0
        """Of the Unix clock before the monotonic one, when the present turn ended."""

    @classmethod
    def to_collector(cls, url: str, *, share: float) -> Self:
        """Sends to a collector that speaks OTLP over HTTP at `url`."""
        return cls(OTLPSpanExporter(endpoint=url), share=share)

    def trace(self, turn: Turn) -> None:
        """A turn that is over."""
        self._ahead_ns = time.time_ns() - time.monotonic_ns()
        frame = turn.frame_spans
        began_ns = min(turn.speech_began_ns, frame[0][1]) if frame else turn.speech_began_ns
        root = self._tracer.start_span(
            "turn",
            start_time=began_ns + self._ahead_ns,
            attributes={"call.id": turn.call_id, "answered": turn.audio_ns is not None},
        )
        if root.is_recording():
            self._trace_parts(turn, root)
        root.end((turn.audio_ns or turn.text_ns or turn.final_ns) + self._ahead_ns)

    def close(self) -> None:
        """Sends what waits, for a few seconds at most; blocks meanwhile."""
        self._provider.force_flush(FLUSH_WITHIN_MS)
        self._provider.shutdown()

    def _trace_parts(self, turn: Turn, root: Span) -> None:
        reading = {f"{stage}_ms": round(turn.stage_ms[stage], 2) for stage in WORK if stage in turn.stage_ms}
        self._span("speech", turn.speech_began_ns, turn.speech_ended_ns, root)
        self._span("until_final_words", turn.speech_ended_ns, turn.final_ns, root, reading)
        if turn.text_ns is not None:
            self._span("until_reply_text", turn.final_ns, turn.text_ns, root)
            if turn.audio_ns is not None:
                self._span("until_first_audio", turn.text_ns, turn.audio_ns, root)
        spans = turn.frame_spans
        if turn.frame_id is not None and spans:
            frame = self._span("frame", spans[0][1], spans[-1][2], root, {"frame.id": turn.frame_id})
            for name, stage_began_ns, stage_ended_ns in spans:
                self._span(name, stage_began_ns, stage_ended_ns, frame)

    def _span(
        self, name: str, began_ns: int, ended_ns: int, parent: Span, attributes: Mapping[str, float] | None = None
    ) -> Span:
        """A finished span, from monotonic times."""
        context = set_span_in_context(parent)
        span = self._tracer.start_span(name, context, attributes=attributes, start_time=began_ns + self._ahead_ns)
        span.end(ended_ns + self._ahead_ns)
        return span
