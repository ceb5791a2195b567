"""Twice as many callers as the agent is rated for: who is taken is served in time, who is not is told to wait."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import msgspec

from agent.core.errors import AtCapacity
from benchmarks.call_figures import worst_of
from benchmarks.capacity import BUDGET_P95_MS, LEAST_FPS
from benchmarks.latency import LOAD_WARM_UP_S, Measured, observe
from benchmarks.load import SPEAKS_EVERY, LoadCallers, load_callers
from benchmarks.percentiles import Machine, Percentiles, this_machine
from benchmarks.processes import running_agent
from benchmarks.subscriber import Subscriber

TIMES_RATED = 2


class OverloadReport(msgspec.Struct, frozen=True, kw_only=True):
    """Latency and frames are those of the worst call that was taken."""

    rated_calls: int
    """What the agent says that it bears, by its own calibration."""
    tried: int
    admitted: int
    refused: int
    """Turned away with 503, `Retry-After` and a place in line; any other refusal ends the benchmark."""
    capture_to_signal_ms: Percentiles | None
    """None where a call got no signal at all."""
    p95_ms_by_call: list[float | None]
    analysed_fps: float
    cpu_cores: float
    """Of the agent and its children."""
    seconds: float
    budget_p95_ms: float = BUDGET_P95_MS
    least_fps: float = LEAST_FPS
    machine: Machine

    @property
    def ok(self) -> bool:
        """Whether every call that was taken kept the budget, and no more were taken than there is room for."""
        late = self.capture_to_signal_ms
        in_time = late is not None and late.p95 <= self.budget_p95_ms and self.analysed_fps >= self.least_fps
        return in_time and self.admitted == self.rated_calls


async def measure(*, seconds: float) -> OverloadReport:
    """Starts an agent that keeps to its rating, and calls it. Raises `AgentError` when a call fails in another way."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, pid = await stack.enter_async_context(running_agent(folder))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10))
        rated: int = (await client.get("/api/health")).json()["capacity"]["rated"]
        load = await stack.enter_async_context(load_callers(url))
        refused = await _crowd(load, TIMES_RATED * rated)
        subscribers = [Subscriber(call_id, tie) for call_id, tie in load.ties.items()]
        measured = await observe(url, pid, subscribers, warm_up_s=LOAD_WARM_UP_S, seconds=seconds, load=load)
    return report_of(measured, rated=rated, tried=TIMES_RATED * rated, refused=refused)


async def _crowd(load: LoadCallers, callers: int) -> int:
    """Customers who come one after the other, whether there is room or not; how many were turned away."""
    refused = 0
    for caller in range(callers):
        try:
            await load.join(speaks=caller % SPEAKS_EVERY == 0)
        except AtCapacity:
            refused += 1
    return refused


def report_of(measured: Measured, *, rated: int, tried: int, refused: int) -> OverloadReport:
    """The figures of the calls that were taken."""
    return OverloadReport(
        rated_calls=rated,
        tried=tried,
        admitted=len(measured.calls),
        refused=refused,
        capture_to_signal_ms=worst_of(measured.calls).capture_to_signal_ms,
        p95_ms_by_call=[
            None if call.capture_to_signal_ms is None else call.capture_to_signal_ms.p95 for call in measured.calls
        ],
        analysed_fps=round(min(call.analysed_fps for call in measured.calls), 2),
        cpu_cores=round(measured.cpu_s / measured.took_s, 3),
        seconds=round(measured.took_s, 1),
        machine=this_machine(),
    )
