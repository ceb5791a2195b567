"""The climb to an agent's capacity: up until a step misses the budget, then halving to the edge."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.capacity import LADDER, CapacityReport, CapacityStep, climb, middle
from benchmarks.capacity_plot import plot
from benchmarks.percentiles import this_machine
from benchmarks.slopes import slope


def step(calls: int, *, p95_ms: float | None = 40.0, fps: float = 12.0, cores: float = 0.5) -> CapacityStep:
    return CapacityStep(
        calls=calls, p95_ms=p95_ms, analysed_fps=fps, cpu_cores=cores, caller_cores=0.1, rss_mb=800.0, outcomes={}
    )


@given(st.integers(0, 64), st.integers(1, 64))
async def test_the_edge_is_found(bears: int, most_calls: int) -> None:
    """Whatever an agent bears, the climb finds it, with few steps and none of them twice."""
    tried: list[int] = []

    async def at(calls: int) -> CapacityStep:
        tried.append(calls)
        return step(calls, p95_ms=40.0 if calls <= bears else 140.0)

    rated, steps = await climb(at, most_calls)
    assert rated == min(bears, most_calls)
    assert sorted(tried) == [one.calls for one in steps] and len(set(tried)) == len(tried) <= len(LADDER) + 4
    assert max(tried) <= most_calls


def test_a_step_keeps_the_budget_only_with_signals_in_time_and_often_enough() -> None:
    """A call that is read too seldom, too late or not at all misses it."""
    assert step(1).within_budget
    assert not step(1, p95_ms=101.0).within_budget
    assert not step(1, fps=9.9).within_budget
    assert not step(1, p95_ms=None).within_budget


def test_medians_of_runs() -> None:
    """A run without signals counts as the slowest; where most have none, neither has the middle."""
    assert middle([step(2, p95_ms=30.0), step(2, p95_ms=None), step(2, p95_ms=50.0)]).p95_ms == 50.0
    assert middle([step(2, p95_ms=None), step(2, p95_ms=None), step(2, p95_ms=50.0)]).p95_ms is None


def test_capacity_is_drawn(tmp_path: Path) -> None:
    """A step without signals has no point in the picture, and breaks nothing."""
    path = tmp_path / "capacity.svg"
    steps = [step(1, cores=0.3), step(2, cores=0.5), step(4, cores=0.9), step(8, p95_ms=None, fps=0.0)]
    report = CapacityReport(
        rated_calls=4,
        steps=steps,
        idle_rss_mb=700.0,
        cpu_cores_fit=slope([(one.calls, one.cpu_cores) for one in steps[:3]]),
        rss_mb_fit=None,
        seconds=10.0,
        repeats=1,
        machine=this_machine(),
    )
    plot(report, path)
    assert path.stat().st_size > 1_000
