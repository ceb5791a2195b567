"""What Prometheus may know of this process: every metric, its unit and its buckets; never who, never what was felt."""

import hmac
import os
import threading
from asyncio import all_tasks, to_thread
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from agent.core.identity import Role
from agent.core.settings import TelemetrySettings
from agent.transport.auth import Access, bearer_token, checked_by
from agent.transport.desk import Archive, Occupancy

AGES_S = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15, 0.25, 0.5, 1, 2.5)
"""The budget's own steps (20, 40 and 100 ms) are among them."""
STAGES_S = (0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512)
TURNS_S = (0.1, 0.2, 0.35, 0.5, 0.6, 0.75, 0.9, 1.1, 1.3, 1.6, 2, 3, 5)
GIVING_WAY_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1, 2)
SYNTHESIS_S = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 4)

HISTOGRAMS: dict[str, tuple[str, str | None, tuple[float, ...]]] = {
    "agent_frame_age_seconds": (
        "From a frame's capture to the publication of its signals, by how its capture time is known.",
        "captured_from",
        AGES_S,
    ),
    "agent_frame_stage_seconds": ("Time of an analysed frame in each stage of its way.", "stage", STAGES_S),
    "agent_delivery_seconds": (
        "From the publication of a message until a subscriber's connection had taken it.",
        None,
        STAGES_S,
    ),
    "agent_turn_seconds": (
        "From the customer's last voiced sample until the final words, the reply's text, its first sound.",
        "until",
        TURNS_S,
    ),
    "agent_interruption_seconds": (
        "From the first voiced sample over the agent's speech until the agent fell silent.",
        None,
        GIVING_WAY_S,
    ),
    "agent_synthesis_seconds": (
        "From asking for a part of a reply until its first speech was there.",
        None,
        SYNTHESIS_S,
    ),
    "agent_loop_lag_seconds": ("How late the event loop wakes up a task that asked for a time.", None, STAGES_S),
}
"""Meaning, label and buckets of each histogram."""

GAUGES: dict[str, tuple[str, str | None]] = {
    "agent_calls": ("Live calls by state.", "state"),
    "agent_calls_by_rung": ("Calls with a camera by rung of the ladder.", "rung"),
    "agent_calls_rated": ("Calls that this machine bears at a time.", None),
    "agent_calls_reserved": ("Calls that go on or were admitted and are awaited.", None),
    "agent_customers_in_line": ("Customers who wait for a free line.", None),
    "agent_subscribers": ("Supervisors that are connected.", None),
    "agent_frames_in_flight": ("Frames that wait for the decoder or for analysis, or are at it.", None),
    "agent_archive_spooled_bytes": ("What waits on disk, as the database did not take it.", None),
    "agent_tasks": ("Tasks of the event loop.", None),
    "agent_threads": ("Threads of the process, those of libraries included.", None),
}
"""Meaning and label of each gauge."""

COUNTERS: dict[str, tuple[str, str | None]] = {
    "agent_frames_received": ("Camera frames of which anything arrived.", None),
    "agent_frames": ("Those frames by what became of them.", "outcome"),
    "agent_video_packets": ("RTP packets received on cameras' tracks.", None),
    "agent_video_packets_lost": ("RTP packets of cameras' tracks that never came.", None),
    "agent_keyframes_requested": ("Requests for a keyframe after a loss.", None),
    "agent_model_runs": ("Runs of each model.", "model"),
    "agent_transcripts": ("Utterances read, by kind: final, partial, or empty of words.", "kind"),
    "agent_hearing_failures": ("Times that sound could not be read.", None),
    "agent_guesses": ("Pauses taken early for the end of a turn, so that a reply could be made ready.", None),
    "agent_guesses_right": ("Of these, the ones that proved right.", None),
    "agent_engine_connections": ("Connections made to the reply engine; all but the first of a call are again.", None),
    "agent_engine_losses": ("Connections to the reply engine lost, or not to be had.", None),
    "agent_dropped": ("What was thrown away because its receiver did not keep up, by what it was.", "what"),
    "agent_sound_dropped_seconds": ("Customers' sound thrown away because it came faster than it was heard.", None),
    "agent_ladder_steps": ("Steps that calls took down or up the ladder of what is read of them.", "direction"),
    "agent_perception_threads_lost": ("Threads that read pictures and hung or died.", None),
    "agent_archive_rows": ("Rows that the archive's database or, while that takes none, the disk has taken.", None),
    "agent_calls_ended": ("Calls that ended, by why.", "reason"),
}
"""Meaning and label of each counter. OpenMetrics adds `_total` to the names."""

Totals = Mapping[tuple[str, str], float]
"""Counts since something began, by name in `COUNTERS` and value of its label ("" where it has none)."""


class Metrics:
    """All metrics in a registry of their own. Updated on the event loop; reading them out happens on another thread.

    What the program counts for itself is not counted twice: `tally` takes its totals when somebody looks.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        self.refresh: Callable[[], None] = lambda: None
        """Called on the event loop before metrics are read out, to `tally` what is counted elsewhere."""
        self.occupancy: Callable[[], Occupancy] | None = None
        """Asked on the event loop when metrics are read out."""
        self.archive: Callable[[], Archive] | None = None
        """Asked then, too."""
        histograms = {
            name: Histogram(name, meaning, _names(label), buckets=buckets, registry=registry)
            for name, (meaning, label, buckets) in HISTOGRAMS.items()
        }
        self._age, self._stage = histograms["agent_frame_age_seconds"], histograms["agent_frame_stage_seconds"]
        self.delivery = histograms["agent_delivery_seconds"]
        self.turn = histograms["agent_turn_seconds"]
        self.interruption = histograms["agent_interruption_seconds"]
        self.synthesis = histograms["agent_synthesis_seconds"]
        self.loop_lag = histograms["agent_loop_lag_seconds"]
        self._gauges = {
            name: Gauge(name, meaning, _names(label), registry=registry) for name, (meaning, label) in GAUGES.items()
        }
        self._gauges["agent_threads"].set_function(_threads)
        self._counted: dict[str, set[str]] = {}
        """Values of its label that a gauge has had."""
        ProcessCollector(registry=registry)
        self._counters = {
            name: Counter(name, meaning, _names(label), registry=registry)
            for name, (meaning, label) in COUNTERS.items()
        }
        self._seen: dict[str, dict[tuple[str, str], float]] = {}
        self._stages: dict[str, Histogram] = {}
        self._ages: dict[str, Histogram] = {}

    def frame(self, age_s: float, captured_from: str, stages: Iterable[tuple[str, float]]) -> None:
        """One analysed frame: its age at publication, and seconds by stage."""
        age = self._ages.get(captured_from)
        if age is None:
            age = self._ages[captured_from] = self._age.labels(captured_from)
        age.observe(age_s)
        known = self._stages
        for name, took_s in stages:
            stage = known.get(name)
            if stage is None:
                stage = known[name] = self._stage.labels(name)
            stage.observe(took_s)

    def tally(self, source: str, totals: Totals) -> None:
        """Adds what `totals` have grown by since the last time that `source` told them."""
        seen = self._seen.setdefault(source, {})
        for key, total in totals.items():
            grown = total - seen.get(key, 0)
            if grown > 0:
                name, label = key
                counter = self._counters[name]
                (counter.labels(label) if label else counter).inc(grown)
                seen[key] = total

    def forget(self, source: str) -> None:
        """`source` will tell no more; what it told stays counted."""
        self._seen.pop(source, None)

    def follow_process(self, name: str, process_id: Callable[[], int | None]) -> None:
        """Tells of one more process what is told of this one, as `agent_{name}_process_…`."""
        ProcessCollector(namespace=f"agent_{name}", pid=lambda: str(process_id()), registry=self.registry)

    def now(
        self, *, states: Mapping[str, int], subscribers: int, in_flight: int, rungs: Mapping[str, int] | None = None
    ) -> None:
        """How things stand: live calls by state, connected supervisors, frames under way, calls by rung."""
        self._count("agent_calls", states)
        self._count("agent_calls_by_rung", rungs or {})
        self._gauges["agent_subscribers"].set(subscribers)
        self._gauges["agent_frames_in_flight"].set(in_flight)

    def _count(self, gauge: str, counts: Mapping[str, int]) -> None:
        """What is not counted any more is zero, and does not stay what it was."""
        known = self._counted.setdefault(gauge, set())
        known.update(counts)
        for value in known:
            self._gauges[gauge].labels(value).set(counts.get(value, 0))

    async def text(self) -> bytes:
        """Everything in OpenMetrics text. Formatting takes milliseconds and is done on another thread."""
        self.refresh()
        if self.occupancy is not None:
            full = self.occupancy()
            self._gauges["agent_calls_rated"].set(full.rated)
            self._gauges["agent_calls_reserved"].set(full.in_use)
            self._gauges["agent_customers_in_line"].set(full.in_line)
        if self.archive is not None:
            kept = self.archive()
            self._gauges["agent_archive_spooled_bytes"].set(kept.spooled_bytes)
            rows = {("agent_archive_rows", ""): kept.kept_rows, ("agent_dropped", "archive_row"): kept.dropped_rows}
            self.tally("archive", rows)
        self._gauges["agent_tasks"].set(len(all_tasks()))
        return await to_thread(generate_latest, self.registry)


def metrics_router(metrics: Metrics, settings: TelemetrySettings) -> APIRouter:
    """The route `/metrics`: for engineers; for who shows the token, if one is set; else for this machine."""
    engineers = Access(frozenset({Role.ENGINEER}))

    async def may_read(request: Request) -> None:
        token, shown = settings.metrics_token, bearer_token(request)
        if token is None and shown is None and _from_this_machine(request):
            return
        if token is None or not hmac.compare_digest((shown or "").encode(), token.get_secret_value().encode()):
            await engineers(request)

    router = APIRouter(dependencies=[checked_by("telemetry.metrics_token, this machine, or an engineer")])

    @router.get("/metrics", include_in_schema=False, dependencies=[Depends(may_read)])
    async def get_metrics() -> Response:
        return Response(await metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return router


def _from_this_machine(request: Request) -> bool:
    """A request that a proxy passed on only seems to come from here."""
    if request.client is None or any(name in request.headers for name in ("forwarded", "x-forwarded-for", "via")):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _names(label: str | None) -> tuple[str, ...]:
    return () if label is None else (label,)


def _threads() -> float:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()
