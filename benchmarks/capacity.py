"""How many calls one agent bears: calls are added step by step until the budget is missed, then the edge is sought."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.call_figures import worst_of
from benchmarks.latency import AS_MANY_AS_COME, LOAD_WARM_UP_S, Measured, observe
from benchmarks.load import load_callers
from benchmarks.percentiles import Machine, this_machine
from benchmarks.processes import resident_mb, running_agent
from benchmarks.slopes import Slope, slope
from benchmarks.subscriber import Subscriber

BUDGET_P95_MS = 100.0
LEAST_FPS = 10.0
LADDER = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Calls at each step until one misses the budget; between the last two the edge is sought by halving."""


class CapacityStep(msgspec.Struct, frozen=True, kw_only=True):
    """So many calls at a time: figures of the worst call, processor and memory of the agent."""

    calls: int
    p95_ms: float | None
    """None where a call got no signal at all."""
    analysed_fps: float
    cpu_cores: float
    """Processor seconds a second, of the agent and its reply engine."""
    caller_cores: float
    """The same of the load callers, which run on the same machine."""
    rss_mb: float
    outcomes: dict[str, int]
    """Frames by what became of them, over all calls."""

    @property
    def within_budget(self) -> bool:
        return self.p95_ms is not None and self.p95_ms <= BUDGET_P95_MS and self.analysed_fps >= LEAST_FPS


class CapacityReport(msgspec.Struct, frozen=True, kw_only=True):
    rated_calls: int
    """The most calls at which the worst call kept the budget; 0 if not even one did."""
    steps: list[CapacityStep]
    """By number of calls, medians where a number was measured more than once."""
    idle_rss_mb: float
    """Before the first call."""
    cpu_cores_fit: Slope | None
    """None of fewer than three steps. Only steps within the budget count: beyond it, calls are degraded."""
    rss_mb_fit: Slope | None
    seconds: float
    repeats: int
    budget_p95_ms: float = BUDGET_P95_MS
    least_fps: float = LEAST_FPS
    machine: Machine


async def measure(
    *, seconds: float, most_calls: int, repeats: int = 1, tell: Callable[[CapacityStep], None] = lambda step: None
) -> CapacityReport:
    """Starts an agent of its own and calls it ever more often. `tell` gets each step as it is measured.

    Raises `AgentError` when the agent or its callers do not run.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, pid = await stack.enter_async_context(running_agent(folder, AS_MANY_AS_COME))
        idle_rss_mb = resident_mb(pid)
        load = await stack.enter_async_context(load_callers(url))

        async def at(calls: int) -> CapacityStep:
            taken = []
            for _ in range(repeats):
                await load.become(calls)
                subscribers = [Subscriber(call_id, tie) for call_id, tie in load.ties.items()]
                measured = await observe(url, pid, subscribers, warm_up_s=LOAD_WARM_UP_S, seconds=seconds, load=load)
                taken.append(step_of(measured))
            step = middle(taken)
            tell(step)
            return step

        rated, steps = await climb(at, most_calls)
    good = [step for step in steps if step.within_budget]
    return CapacityReport(
        rated_calls=rated,
        steps=steps,
        idle_rss_mb=round(idle_rss_mb, 1),
        cpu_cores_fit=slope([(step.calls, step.cpu_cores) for step in good]),
        rss_mb_fit=slope([(step.calls, step.rss_mb) for step in good]),
        seconds=seconds,
        repeats=repeats,
        machine=this_machine(),
    )


async def climb(at: Callable[[int], Awaitable[CapacityStep]], most_calls: int) -> tuple[int, list[CapacityStep]]:
    """The rated number of calls, and every step measured, by number of calls.

    Up the `LADDER` until a step misses the budget, then halving between the last that kept it and that one.
    """
    steps: dict[int, CapacityStep] = {}
    good, bad = 0, most_calls + 1
    for calls in (*(rung for rung in LADDER if rung < most_calls), most_calls):
        steps[calls] = await at(calls)
        if not steps[calls].within_budget:
            bad = calls
            break
        good = calls
    while bad - good > 1:
        calls = (good + bad) // 2
        steps[calls] = await at(calls)
        if steps[calls].within_budget:
            good = calls
        else:
            bad = calls
    return good, [steps[calls] for calls in sorted(steps)]


def step_of(measured: Measured) -> CapacityStep:
    worst = worst_of(measured.calls).capture_to_signal_ms
    outcomes: dict[str, int] = {}
    for call in measured.calls:
        for outcome, count in call.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    return CapacityStep(
        calls=len(measured.calls),
        p95_ms=None if worst is None else worst.p95,
        analysed_fps=round(min(call.analysed_fps for call in measured.calls), 2),
        cpu_cores=round(measured.cpu_s / measured.took_s, 3),
        caller_cores=round((measured.caller_cpu_s or 0.0) / measured.took_s, 3),
        rss_mb=round(measured.rss_mb, 1),
        outcomes=outcomes,
    )


def middle(steps: Sequence[CapacityStep]) -> CapacityStep:
    """Medians of the same number of calls measured several times; a run without signals counts as the slowest."""
    p95_ms = median([float("inf") if step.p95_ms is None else step.p95_ms for step in steps])
    return CapacityStep(
        calls=steps[0].calls,
        p95_ms=None if p95_ms == float("inf") else p95_ms,
        analysed_fps=median([step.analysed_fps for step in steps]),
        cpu_cores=median([step.cpu_cores for step in steps]),
        caller_cores=median([step.caller_cores for step in steps]),
        rss_mb=median([step.rss_mb for step in steps]),
        outcomes=steps[0].outcomes if len(steps) == 1 else _summed(steps),
    )


def _summed(steps: Sequence[CapacityStep]) -> dict[str, int]:
    kinds = {outcome for step in steps for outcome in step.outcomes}
    return {outcome: sum(step.outcomes.get(outcome, 0) for step in steps) for outcome in sorted(kinds)}
