"""One run of a peer, or of the agent, with one customer: how late what it read was, and what that cost."""

import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent.core.errors import AgentError
from agent.core.settings import REPOSITORY, load_settings
from agent.inference.registry import Registry
from benchmarks.latency import AS_MANY_AS_COME, observe
from benchmarks.load import load_callers
from benchmarks.peer_caller import PeerResult
from benchmarks.peer_environment import environment
from benchmarks.percentiles import percentiles
from benchmarks.processes import LAST_WORDS, cpu_seconds, ended, first_line, resident_mb, running_agent
from benchmarks.subscriber import Subscriber

WARM_UP_S = 8.0
"""Time to catch up with what came in while a call was set up."""
NS_PER_MS = 1e6


class PeerRun(msgspec.Struct, frozen=True, kw_only=True):
    p50_ms: float
    p95_ms: float
    """From a packet handed to the sender until the result of its frame is where it is wanted: with a peer's customer,
    with a supervisor of the agent."""
    finished_p95_ms: float | None
    """The same until the peer itself knew; None of the agent."""
    analysed_fps: float
    with_face: float
    """Share of analysed frames in which an expression was read."""
    cpu_s_per_call_s: float
    rss_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A way to analyse a call that is measured beside the agent."""

    name: str
    what: str
    module: str
    """Of its worker."""
    environment: str
    """Whose packages `benchmarks/NAME.txt` pins."""


async def run_peer(peer: Peer, media: Path, seconds: float) -> PeerRun:
    """Raises `AgentError` when its environment cannot be made, or it does not run."""
    python = await environment(peer.environment)
    async with _worker(python, peer.module) as (url, pid), _customer(url, media) as results:
        await asyncio.sleep(WARM_UP_S)
        cpu_before_s, began_ns = cpu_seconds(pid), time.monotonic_ns()
        await asyncio.sleep(seconds)
        cpu_s, ended_ns, rss_mb = cpu_seconds(pid) - cpu_before_s, time.monotonic_ns(), resident_mb(pid)
    took_s = (ended_ns - began_ns) / 1e9
    measured = [result for result in results.all if began_ns <= result.received_ns < ended_ns]
    if not measured:
        raise AgentError(f"{peer.name} stopped sending results")
    late = percentiles([(result.received_ns - result.handed_ns) / NS_PER_MS for result in measured])
    return PeerRun(
        p50_ms=late.p50,
        p95_ms=late.p95,
        finished_p95_ms=percentiles([(one.finished_ns - one.handed_ns) / NS_PER_MS for one in measured]).p95,
        analysed_fps=round(len(measured) / took_s, 2),
        with_face=round(sum(result.face for result in measured) / len(measured), 3),
        cpu_s_per_call_s=round(cpu_s / took_s, 3),
        rss_mb=round(rss_mb, 1),
    )


async def run_agent(media: Path, seconds: float) -> PeerRun:
    """The same of `agent serve`. Raises `AgentError` when it does not run."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with running_agent(Path(folder), AS_MANY_AS_COME) as (url, pid), load_callers(url, media) as load:
            call_id = await load.join(speaks=False)
            subscribers = [Subscriber(call_id, load.ties[call_id])]
            measured = await observe(url, pid, subscribers, warm_up_s=WARM_UP_S, seconds=seconds, load=load)
    call = measured.calls[0]
    if call.capture_to_signal_ms is None:
        raise AgentError("the agent sent no expression signal")
    analysed = call.outcomes["analysed"]
    return PeerRun(
        p50_ms=call.capture_to_signal_ms.p50,
        p95_ms=call.capture_to_signal_ms.p95,
        finished_p95_ms=None,
        analysed_fps=round(call.analysed_fps, 2),
        with_face=round(min(call.analysed_fps * measured.took_s / analysed, 1.0), 3) if analysed else 0.0,
        cpu_s_per_call_s=round(measured.cpu_s / measured.took_s, 3),
        rss_mb=round(measured.rss_mb, 1),
    )


@asynccontextmanager
async def _worker(python: Path, module: str) -> AsyncIterator[tuple[str, int]]:
    """A peer's worker; gives the address that takes offers and its process id."""
    model = Registry.load(load_settings().models.folder).path("expression")
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            str(python), "-m", module, str(model), cwd=REPOSITORY, stdin=PIPE, stdout=PIPE, stderr=log
        )
        try:
            try:
                ready = await first_line(process, module)
                yield f"{ready['url']}/offer", process.pid
            except AgentError as error:
                if process.returncode is None:
                    raise
                log.seek(0)
                last = log.read().decode(errors="replace").strip().splitlines()[-LAST_WORDS:]
                raise AgentError(f"{module} ended: {' '.join(last) or error}") from None
        finally:
            if process.returncode is None:
                process.terminate()
            with suppress(AgentError):
                await ended(process, module)


@dataclass
class _Results:
    all: list[PeerResult] = field(default_factory=list)
    """Known when the customer has hung up."""


@asynccontextmanager
async def _customer(url: str, media: Path) -> AsyncIterator[_Results]:
    """A customer in a process of its own who gets results already."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.peer_caller", url, str(media), cwd=REPOSITORY, stdin=PIPE, stdout=PIPE,
        stderr=DEVNULL,
    )  # fmt: skip
    results = _Results()
    try:
        answer = await first_line(process, "a caller")
        if "failed" in answer:
            raise AgentError(f"a caller got no results: {answer['failed']}")
        yield results
    finally:
        printed = await ended(process, "a caller")
    try:
        results.all = msgspec.json.decode(printed, type=list[PeerResult])
    except msgspec.DecodeError:
        raise AgentError("a caller broke off; run benchmarks.peer_caller by hand to see why") from None
