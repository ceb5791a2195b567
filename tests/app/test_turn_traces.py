"""Turns as OpenTelemetry traces: times that are known already, nothing about persons, and nothing at all when off."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.app.server import _turn_tracer
from agent.app.turn_clock import Turn
from agent.app.turn_traces import TurnTraces
from agent.core.errors import SettingsError
from agent.core.settings import TelemetrySettings

MS = 1_000_000
TURN = Turn(
    call_id="c1",
    speech_began_ns=1_000 * MS,
    speech_ended_ns=2_000 * MS,
    final_ns=2_400 * MS,
    stage_ms={"endpoint_wait": 240.0, "encode": 80.0, "decode": 20.0},
    text_ns=2_450 * MS,
    audio_ns=2_600 * MS,
    frame_id=57,
    frame_spans=[("decode", 2_310 * MS, 2_312 * MS), ("expression", 2_312 * MS, 2_314 * MS)],
)


def _spans(turns: Sequence[Turn], *, share: float = 1.0) -> tuple[ReadableSpan, ...]:
    exporter = InMemorySpanExporter()
    traces = TurnTraces(exporter, share=share)
    for turn in turns:
        traces.trace(turn)
    traces._provider.force_flush()
    spans = exporter.get_finished_spans()
    traces.close()
    return spans


def test_a_turn_is_one_trace_with_its_own_times() -> None:
    """Speech, words, text, sound and the frame are children of the turn, as long as they really were."""
    spans = {span.name: span for span in _spans([TURN])}
    assert len({span.context.trace_id for span in spans.values() if span.context}) == 1
    took_ms = {name: ((span.end_time or 0) - (span.start_time or 0)) / MS for name, span in spans.items()}
    assert took_ms == {
        "turn": 1_600,
        "speech": 1_000,
        "until_final_words": 400,
        "until_reply_text": 50,
        "until_first_audio": 150,
        "frame": 4,
        "decode": 2,
        "expression": 2,
    }
    turn, frame, decode = spans["turn"].context, spans["frame"], spans["decode"]
    assert turn is not None and frame.parent is not None and decode.parent is not None and frame.context is not None
    assert frame.parent.span_id == turn.span_id
    assert decode.parent.span_id == frame.context.span_id


def test_attributes_are_ids_and_numbers() -> None:
    """No words, no faces, no emotions: the whole list of what is said beside times."""
    attributes = {key: value for span in _spans([TURN]) for key, value in (span.attributes or {}).items()}
    assert attributes == {"call.id": "c1", "answered": True, "encode_ms": 80.0, "decode_ms": 20.0, "frame.id": 57}


def test_a_turn_that_got_no_answer_is_traced_as_far_as_it_went() -> None:
    """Without a reply and without a camera there is still the speech and the reading of it."""
    turn = Turn(call_id="c1", speech_began_ns=MS, speech_ended_ns=2 * MS, final_ns=3 * MS, stage_ms={})
    assert {span.name for span in _spans([turn])} == {"turn", "speech", "until_final_words"}


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.25, 15, 90), (1.0, 200, 200)])
def test_only_the_share_that_is_set_is_traced(share: float, least: int, most: int) -> None:
    """Of two hundred turns about as many are sent as were asked for, whole or not at all."""
    roots = [span for span in _spans([TURN] * 200, share=share) if span.name == "turn"]
    assert least <= len(roots) <= most


async def test_a_collector_gets_them_when_the_server_stops() -> None:
    """What is set as the address receives the spans over HTTP, those that waited included."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        async with AsyncExitStack() as stack:
            tracer = await _turn_tracer(TelemetrySettings(otlp_url=url, trace_share=1.0), stack)
            assert tracer is not None
            tracer.trace(TURN)
        server.shutdown()
        thread.join()
    (batch,) = received
    spans = ExportTraceServiceRequest.FromString(batch).resource_spans[0].scope_spans[0].spans
    assert "turn" in {span.name for span in spans}


async def test_without_its_packages_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector that is set where the extra is missing is one sentence at the start, not silence."""
    monkeypatch.delitem(sys.modules, "agent.app.turn_traces")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    async with AsyncExitStack() as stack:
        with pytest.raises(SettingsError, match="uv sync --extra telemetry"):
            await _turn_tracer(TelemetrySettings(otlp_url="http://127.0.0.1:9/v1/traces"), stack)


@pytest.mark.timeout(90)
def test_when_off_nothing_of_it_is_imported() -> None:
    """The server's modules load no OpenTelemetry SDK and no exporter."""
    code = (
        "import sys, agent.app.server\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
