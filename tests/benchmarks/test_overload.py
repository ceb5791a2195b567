"""Twice the rated load: what counts as kept, and the whole of it with a real agent."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.call_figures import CallFigures
from benchmarks.latency import Measured
from benchmarks.overload import OverloadReport, measure, report_of
from benchmarks.overload_plot import plot
from benchmarks.percentiles import percentiles


def report(*p95_ms: float | None, rated: int = 2, fps: float = 12.0) -> OverloadReport:
    calls = [
        CallFigures(
            capture_to_signal_ms=None if late is None else percentiles([late]),
            stages={},
            age_ms=None,
            analysed_fps=fps,
            outcomes=Counter(),
        )
        for late in p95_ms
    ]
    measured = Measured(took_s=10.0, calls=calls, cpu_s=12.0, caller_cpu_s=1.0, rss_mb=900.0)
    return report_of(measured, rated=rated, tried=2 * rated, refused=2 * rated - len(calls))


def test_kept_is_every_call_in_time_and_no_more_than_rated() -> None:
    """One late call, one that is read too seldom, one without signals, or one more than rated: each misses it."""
    assert report(40.0, 80.0).ok
    assert not report(40.0, 120.0).ok
    assert not report(40.0, 80.0, fps=9.0).ok
    assert not report(40.0, None).ok
    assert not report(40.0, 40.0, 40.0).ok


def test_overload_is_drawn(tmp_path: Path) -> None:
    """A call without signals is drawn as nothing, and breaks nothing."""
    path = tmp_path / "overload.svg"
    plot(report(40.0, None), path)
    assert path.stat().st_size > 1_000


@pytest.mark.timeout(180)
async def test_who_is_too_many_is_turned_away() -> None:
    """A real agent that keeps to its rating takes that many of twice as many callers, and tells the others to wait."""
    found = await measure(seconds=2.0)
    assert (found.admitted, found.refused) == (found.rated_calls, found.tried - found.rated_calls)
    assert len(found.p95_ms_by_call) == found.rated_calls
