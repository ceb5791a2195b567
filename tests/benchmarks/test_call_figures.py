"""Figures of a call from what its subscriber noted, and their picture."""

import time
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.call_figures import CallFigures, figures_of, worst_of
from benchmarks.latency import LatencyReport
from benchmarks.latency_plot import plot
from benchmarks.percentiles import Percentiles, percentiles, this_machine
from benchmarks.subscriber import CaptureTie, Subscriber


def subscriber(late_ms: float) -> Subscriber:
    """Thirty frames, every third analysed, whose signals came `late_ms` after capture."""
    now_ns, wall_ns = time.monotonic_ns(), time.time_ns()
    follower = Subscriber("call", CaptureTie(0, now_ns // 1_000))
    follower.begin()
    for number in range(30):
        captured_ns = number * 1_000_000_000 // 30
        analysed = number % 3 == 0
        follower.traces.append(
            {
                "frame_id": number,
                "rtp_timestamp": number * 3_000,
                "outcome": "analysed" if analysed else "paused",
                "stage_ms": {"face_mesh": 3.0} if analysed else {},
                "arrived_at": (wall_ns + captured_ns) / 1e9 + 0.002,
                "published_at": (wall_ns + captured_ns) / 1e9 + 0.010,
                "age_ms": 9.0,
            }
        )
        if analysed:
            follower.signal_at_ns[number] = now_ns + captured_ns + round(late_ms * 1e6)
    return follower


def test_latency_counts_from_capture_to_the_signal() -> None:
    """Of the analysed frames; the others are counted by why they were not."""
    figures = figures_of(subscriber(20.0), took_s=1.0)
    assert figures.capture_to_signal_ms is not None
    assert figures.capture_to_signal_ms.p50 == pytest.approx(20, abs=0.2)
    assert figures.stages["sent"].p50 == pytest.approx(2, abs=1) and figures.stages["face_mesh"].p50 == 3
    assert figures.analysed_fps == 10 and figures.outcomes == {"analysed": 10, "paused": 20}


def test_a_call_without_signals_is_the_worst() -> None:
    """It is worse than any that is late."""
    late, silent = figures_of(subscriber(90.0), 1.0), figures_of(Subscriber("call", CaptureTie(0, 0)), 1.0)
    assert silent.capture_to_signal_ms is None and silent.outcomes == Counter()
    assert worst_of([late, silent]) is silent
    assert worst_of([late, figures_of(subscriber(20.0), 1.0)]) is late


def test_latency_is_drawn(tmp_path: Path) -> None:
    """Every stage has its bar."""
    figures: CallFigures = figures_of(subscriber(20.0), 1.0)
    total: Percentiles = percentiles([20.0])
    report = LatencyReport(
        calls=2,
        seconds=1.0,
        fps=30.0,
        capture_to_signal_ms=total,
        stages=figures.stages,
        age_ms=total,
        analysed_fps=10.0,
        frames={"received": 30},
        cpu_s_per_call_s=0.2,
        caller_cpu_s_per_call_s=0.03,
        rss_mb=900.0,
        machine=this_machine(),
    )
    plot(report, tmp_path / "latency.svg")
    assert "face mesh" in (tmp_path / "latency.svg").read_text()
