"""How old a camera frame is when its expression signal reaches a subscriber, stage by stage, with real WebRTC callers.

The clock is the sender's. One caller encodes live, and every picture carries the microsecond of its capture as a
barcode: while warming up, the benchmark reads barcodes out of the pictures that supervisors get, which ties the
sender's RTP time to capture; then it asks for no more pictures, so that what is measured is a call that nobody watches.
Several callers send packets that were encoded beforehand, as encoding eight streams would take more than the agent
does; captured is then the moment at which a packet is handed to the sender, and each caller tells its tie itself.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from agent.core.errors import AgentError
from benchmarks.call_figures import CallFigures, figures_of, worst_of
from benchmarks.load import LoadCallers, load_callers
from benchmarks.percentiles import Machine, Percentiles, this_machine
from benchmarks.processes import cpu_seconds, resident_mb, running_agent, running_caller
from benchmarks.profiling import record_profile, require_profiler
from benchmarks.subscriber import Subscriber

WARM_UP_S = 5.0
LOAD_WARM_UP_S = 10.0
"""Under load: the ladder has time to settle."""
LOAD_FPS = 30.0
AS_MANY_AS_COME = {"AGENT_SERVER__MAX_CALLS": "100", "AGENT_SERVER__BEYOND_RATING": "true"}
"""Settings of agents that are measured: what they bear is what is sought."""


class LatencyReport(msgspec.Struct, frozen=True, kw_only=True):
    """Of the worst call where there are several."""

    calls: int
    seconds: float
    fps: float
    capture_to_signal_ms: Percentiles
    stages: dict[str, Percentiles]
    """sent: encoding and network; received: reassembly, decoding, mailbox; the analysis; published; delivered."""
    age_ms: Percentiles
    """From capture to publication as the agent itself knows it, by sender reports and clock pings."""
    analysed_fps: float
    frames: dict[str, int]
    """Over all calls: received, analysed, and those that were not by why."""
    cpu_s_per_call_s: float
    """Of the agent and its reply engine; callers are not in it."""
    caller_cpu_s_per_call_s: float | None
    """Of load callers; None of the one caller that encodes."""
    rss_mb: float
    machine: Machine


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time with some calls in it."""

    took_s: float
    calls: list[CallFigures]
    cpu_s: float
    """Of the agent."""
    caller_cpu_s: float | None
    rss_mb: float


@asynccontextmanager
async def following(url: str, subscribers: Sequence[Subscriber]) -> AsyncIterator[None]:
    """Each subscriber follows its call for as long as the context is open."""
    address = url.replace("http", "ws", 1) + "/ws/supervisor"
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(subscriber.follow(address)) for subscriber in subscribers]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def observe(
    url: str,
    pid: int,
    subscribers: Sequence[Subscriber],
    *,
    warm_up_s: float,
    seconds: float,
    load: LoadCallers | None,
    profile: Path | None = None,
) -> Measured:
    """Measures the calls of `subscribers`, which go on already, for `seconds` after warming up."""
    async with following(url, subscribers):
        await asyncio.sleep(warm_up_s)
        cpu_before_s, began_s = cpu_seconds(pid), time.monotonic()
        caller_before_s = load.cpu_s if load is not None else 0.0
        for subscriber in subscribers:
            subscriber.begin()
        if profile is None:
            await asyncio.sleep(seconds)
        else:
            await record_profile(pid, profile, seconds)
        took_s = time.monotonic() - began_s
        return Measured(
            took_s=took_s,
            calls=[figures_of(subscriber, took_s) for subscriber in subscribers],
            cpu_s=cpu_seconds(pid) - cpu_before_s,
            caller_cpu_s=load.cpu_s - caller_before_s if load is not None else None,
            rss_mb=resident_mb(pid),
        )


async def measure(*, calls: int, seconds: float, fps: float = 30.0, profile: Path | None = None) -> LatencyReport:
    """Starts an agent and callers of its own, and measures `seconds` after warming up. Raises `AgentError`.

    Several calls always send 30 frames a second, or what the agent asks them for. `profile` is written by py-spy,
    which takes some of the time that it shows.
    """
    if profile is not None:
        require_profiler()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, pid = await stack.enter_async_context(running_agent(folder, AS_MANY_AS_COME))
        if calls == 1:
            call_id = await stack.enter_async_context(running_caller(url, fps))
            subscribers = [Subscriber(call_id)]
            measured = await observe(
                url, pid, subscribers, warm_up_s=WARM_UP_S, seconds=seconds, load=None, profile=profile
            )
        else:
            load = await stack.enter_async_context(load_callers(url))
            await load.become(calls)
            subscribers = [Subscriber(call_id, tie) for call_id, tie in load.ties.items()]
            measured = await observe(
                url, pid, subscribers, warm_up_s=LOAD_WARM_UP_S, seconds=seconds, load=load, profile=profile
            )
    return _report(measured, fps if calls == 1 else LOAD_FPS)


def _report(measured: Measured, fps: float) -> LatencyReport:
    worst = worst_of(measured.calls)
    if worst.capture_to_signal_ms is None or worst.age_ms is None:
        raise AgentError("a call got no expression signal at all; is its face not seen, or are there too many calls?")
    outcomes: Counter[str] = Counter()
    for call in measured.calls:
        outcomes.update(call.outcomes)
    call_seconds = measured.took_s * len(measured.calls)
    caller_cpu_s = measured.caller_cpu_s
    return LatencyReport(
        calls=len(measured.calls),
        seconds=round(measured.took_s, 1),
        fps=fps,
        capture_to_signal_ms=worst.capture_to_signal_ms,
        stages=worst.stages,
        age_ms=worst.age_ms,
        analysed_fps=round(min(call.analysed_fps for call in measured.calls), 2),
        frames={"received": outcomes.total(), **outcomes},
        cpu_s_per_call_s=round(measured.cpu_s / call_seconds, 3),
        caller_cpu_s_per_call_s=None if caller_cpu_s is None else round(caller_cpu_s / call_seconds, 3),
        rss_mb=round(measured.rss_mb, 1),
        machine=this_machine(),
    )
