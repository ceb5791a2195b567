"""What one call's subscriber measured, as figures: latencies by stage, analysed frames, and what became of the rest."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.percentiles import Percentiles, percentiles
from benchmarks.subscriber import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    capture_to_signal_ms: Percentiles | None
    """None where no expression signal came."""
    stages: dict[str, Percentiles]
    age_ms: Percentiles | None
    analysed_fps: float
    """Of frames whose expression signal came."""
    outcomes: Counter[str]
    """Frames by what became of them."""


def figures_of(subscriber: Subscriber, took_s: float) -> CallFigures:
    """Of the frames since `Subscriber.begin`, `took_s` ago. Raises `AgentError` where their capture is not known."""
    stages = _stages(subscriber, time.time_ns() - time.monotonic_ns())
    total = stages.pop("capture_to_signal", [])
    ages_ms = [trace["age_ms"] for trace in subscriber.traces if trace["outcome"] == "analysed"]
    return CallFigures(
        capture_to_signal_ms=percentiles(total) if total else None,
        stages={name: percentiles(samples) for name, samples in stages.items() if samples},
        age_ms=percentiles(ages_ms) if ages_ms else None,
        analysed_fps=len(total) / took_s,
        outcomes=_outcomes(subscriber),
    )


def worst_of(calls: Sequence[CallFigures]) -> CallFigures:
    """The call with the highest 95th percentile; one without any signal is worse than all others."""
    return max(calls, key=lambda call: call.capture_to_signal_ms.p95 if call.capture_to_signal_ms else float("inf"))


def _outcomes(subscriber: Subscriber) -> Counter[str]:
    """Frames without a trace of their own were replaced by a newer one before analysis."""
    outcomes = Counter(trace["outcome"] for trace in subscriber.traces)
    if subscriber.traces:
        numbers = {trace["frame_id"] for trace in subscriber.traces}
        if replaced := max(numbers) - min(numbers) + 1 - len(numbers):
            outcomes["newer arrived"] += replaced
    return outcomes


def _stages(subscriber: Subscriber, wall_minus_monotonic_ns: int) -> dict[str, list[float]]:
    """Milliseconds of every measured frame by stage, and of the whole way under "capture_to_signal"."""
    tie = subscriber.capture_clock()
    stages: dict[str, list[float]] = defaultdict(list)
    for trace in subscriber.traces:
        arrived_ns = subscriber.signal_at_ns.get(trace["frame_id"])
        if trace["outcome"] != "analysed" or arrived_ns is None:
            continue
        captured_ns = tie.captured_ns(trace["rtp_timestamp"], arrived_ns)
        stages["capture_to_signal"].append((arrived_ns - captured_ns) / 1e6)
        stages["sent"].append((trace["arrived_at"] * 1e9 - wall_minus_monotonic_ns - captured_ns) / 1e6)
        for name, took_ms in trace["stage_ms"].items():
            stages[name].append(took_ms)
        stages["delivered"].append((arrived_ns - trace["published_at"] * 1e9 + wall_minus_monotonic_ns) / 1e6)
    return stages
