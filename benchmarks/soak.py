"""Whether an agent grows old: short calls come and go, and what stays of memory, tasks, threads and files is fitted."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import msgspec
import psutil
from websockets.asyncio.client import connect

from agent.core.errors import AgentError
from benchmarks.latency import AS_MANY_AS_COME
from benchmarks.load import LoadCallers, load_callers
from benchmarks.percentiles import Machine, this_machine
from benchmarks.processes import KEY_HEADER, cpu_seconds, resident_mb, running_agent
from benchmarks.slopes import Slope, slope

PARALLEL = 4
CALL_S = 2.0
WARM_UP_CALLS = 50
"""Until then an agent fills its caches and pools; growth counts from here."""
SAMPLE_EVERY = 20
"""Calls between two looks at an agent that has none."""
EMPTY_WITHIN_S = 20.0
SETTLES_S = 2.0
"""For the last words of the calls that ended, and their decoders' threads."""
GROWTH_ALLOWED = 0.05


class SoakSample(msgspec.Struct, frozen=True, kw_only=True):
    """An agent without calls, after so many: all its processes."""

    calls: int
    at_s: float
    rss_mb: float
    tasks: int
    threads: int
    files: int
    """Open file descriptors, sockets among them."""


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing grew with the number of calls, after warming up."""

    per_100_calls: float
    low: float
    high: float
    """The 95 % confidence interval of it."""
    first: float
    last: float


class SoakReport(msgspec.Struct, frozen=True, kw_only=True):
    calls: int
    failed: int
    """Calls that did not come about, of those tried."""
    minutes: float
    call_seconds: float
    parallel: int
    growth_percent: float | None
    """Of resident memory, from `WARM_UP_CALLS` calls to the end; None of a shorter run."""
    leaks: dict[str, Leak]
    """By rss_mb, tasks, threads and files; empty of a run too short to tell."""
    cpu_s_per_call: float
    """Processor seconds of the agent for one call from beginning to end, the looks at it included."""
    samples: list[SoakSample]
    machine: Machine

    @property
    def ok(self) -> bool:
        """Whether memory grew no more than allowed, and nothing else for certain by one or more in 100 calls."""
        grown = self.growth_percent is not None and self.growth_percent > 100 * GROWTH_ALLOWED
        return not grown and all(leak.low < 1 for name, leak in self.leaks.items() if name != "rss_mb")


async def measure(
    *,
    minutes: float,
    most_calls: int,
    call_seconds: float = CALL_S,
    tell: Callable[[SoakSample], None] = lambda sample: None,
) -> SoakReport:
    """Runs until `minutes` have passed or `most_calls` have ended, whichever comes first. Raises `AgentError`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, pid = await stack.enter_async_context(running_agent(folder, AS_MANY_AS_COME))
        load = await stack.enter_async_context(load_callers(url))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10))
        began_s, samples, failed = time.monotonic(), [await _look(client, pid, 0, 0.0)], 0
        cpu_before_s = cpu_seconds(pid)
        while time.monotonic() - began_s < 60 * minutes and load.joined < most_calls:
            failed += await _some_calls(load, min(PARALLEL, most_calls - load.joined), call_seconds)
            if load.joined - samples[-1].calls >= SAMPLE_EVERY or load.joined >= most_calls:
                samples.append(await _look(client, pid, load.joined, time.monotonic() - began_s))
                tell(samples[-1])
        cpu_s = cpu_seconds(pid) - cpu_before_s
        took_s = time.monotonic() - began_s
    if not load.joined:
        raise AgentError("not one call came about within the time; is the machine too busy?")
    return SoakReport(
        calls=load.joined,
        failed=failed,
        minutes=round(took_s / 60, 2),
        call_seconds=call_seconds,
        parallel=PARALLEL,
        growth_percent=growth_percent(samples),
        leaks=leaks(samples),
        cpu_s_per_call=round(cpu_s / load.joined, 3),
        samples=samples,
        machine=this_machine(),
    )


async def _some_calls(load: LoadCallers, count: int, call_seconds: float) -> int:
    """Customers who come one after the other, stay, and leave; how many did not get through."""
    call_ids: list[str] = []
    for _ in range(count):
        try:
            call_ids.append(await load.join(speaks=False))
        except AgentError:
            continue
    await asyncio.sleep(call_seconds)
    for call_id in call_ids:
        await load.leave(call_id)
    return count - len(call_ids)


async def _look(client: httpx.AsyncClient, pid: int, calls: int, at_s: float) -> SoakSample:
    """Waits until the agent has no calls, and looks at it. Raises `AgentError` when calls do not end."""
    address = f"{str(client.base_url).replace('http', 'ws', 1).rstrip('/')}/ws/supervisor"
    try:
        async with asyncio.timeout(EMPTY_WITHIN_S), _supervisor(address) as supervisor:
            async for message in supervisor:
                content = json.loads(message)
                if content["type"] == "calls" and not content["calls"]:
                    break
    except TimeoutError:
        raise AgentError(f"calls that hung up were still there {EMPTY_WITHIN_S:.0f} s later") from None
    await asyncio.sleep(SETTLES_S)
    metrics = (await client.get("/metrics")).text
    root = psutil.Process(pid)
    processes = (root, *root.children(recursive=True))
    return SoakSample(
        calls=calls,
        at_s=round(at_s, 1),
        rss_mb=round(resident_mb(pid), 2),
        tasks=round(_gauge(metrics, "agent_tasks")),
        threads=sum(process.num_threads() for process in processes),
        files=sum(process.num_fds() for process in processes),
    )


def _supervisor(address: str) -> connect:
    return connect(address, compression=None, additional_headers=KEY_HEADER)


def _gauge(metrics: str, name: str) -> float:
    """A metric without labels, in Prometheus's text form."""
    values = [line.split()[1] for line in metrics.splitlines() if line.startswith(f"{name} ")]
    if not values:
        raise AgentError(f"the agent's /metrics does not tell {name}")
    return float(values[0])


def growth_percent(samples: Sequence[SoakSample]) -> float | None:
    """Of resident memory since warming up."""
    warm = [sample for sample in samples if sample.calls >= WARM_UP_CALLS]
    if len(warm) < 2:
        return None
    return round(100 * (warm[-1].rss_mb / warm[0].rss_mb - 1), 2)


def leaks(samples: Sequence[SoakSample]) -> dict[str, Leak]:
    """How each thing grew after warming up."""
    warm = [sample for sample in samples if sample.calls >= WARM_UP_CALLS]
    found: dict[str, Leak] = {}
    for name in ("rss_mb", "tasks", "threads", "files"):
        fitted: Slope | None = slope([(sample.calls / 100, getattr(sample, name)) for sample in warm])
        if fitted is not None:
            first, last = getattr(warm[0], name), getattr(warm[-1], name)
            found[name] = Leak(per_100_calls=fitted.per_unit, low=fitted.low, high=fitted.high, first=first, last=last)
    return found
