"""How old a camera frame is when its expression signal reaches a subscriber, stage by stage, with real WebRTC callers.

The clock is the sender's: every picture carries the microsecond of its capture as a barcode. While warming up, the
benchmark reads barcodes out of the pictures that supervisors get, which ties the sender's RTP time to capture; then it
asks for no more pictures, so that what is measured is a call that nobody watches, and takes each frame's capture from
its RTP timestamp.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import msgspec
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from agent.core.errors import AgentError
from agent.media.barcode import BITS, read_barcode
from benchmarks.percentiles import Machine, Percentiles, percentiles, this_machine
from benchmarks.processes import cpu_seconds, resident_mb, running_agent, running_caller

WARM_UP_S = 5.0
TIES_WANTED = 20
"""Barcodes that are read before measuring begins."""
TIE_ERROR_US = 5_000
"""How far the median barcode may lie behind the earliest: the time until a busy sender writes it, not more."""
TICKS_PER_SECOND = 90_000
RTP_WRAP = 1 << 32


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
    rss_mb: float
    machine: Machine


@dataclass
class Subscriber:
    """One call's traces and signals as a supervisor gets them."""

    call_id: str
    measuring: bool = False
    captured_us_of_frame: dict[int, int] = field(default_factory=dict)
    """Capture time of frames whose barcode was read."""
    rtp_of_frame: dict[int, int] = field(default_factory=dict)
    signal_at_ns: dict[int, int] = field(default_factory=dict)
    """Monotonic time at which the expression signal of a frame arrived."""
    traces: list[dict[str, Any]] = field(default_factory=list)

    async def follow(self, url: str) -> None:
        """Reads until cancelled."""
        async with connect(url, max_size=None, compression=None) as socket:
            await self._watch(socket, pictures=True)
            while len(self.ties()) < TIES_WANTED:
                self._take(await socket.recv())
            await self._watch(socket, pictures=False)
            while True:
                self._take(await socket.recv())

    async def _watch(self, socket: ClientConnection, *, pictures: bool) -> None:
        wish = {"type": "watch", "call_id": self.call_id, "pictures": pictures, "traces": True}
        await socket.send(json.dumps(wish))

    def _take(self, message: str | bytes) -> None:
        now_ns = time.monotonic_ns()
        if isinstance(message, bytes):
            self._tie(message)
            return
        content = json.loads(message)
        if content["type"] == "trace":
            self.rtp_of_frame[content["frame_id"]] = content["rtp_timestamp"]
            if self.measuring:
                self.traces.append(content)
        elif content["type"] == "signal" and content["signal"]["kind"] == "expression":
            self.signal_at_ns[content["signal"]["frame_id"]] = now_ns

    def _tie(self, message: bytes) -> None:
        """Reads the barcode of a picture."""
        head_bytes = int.from_bytes(message[:4], "big")
        frame_id = json.loads(message[4 : 4 + head_bytes])["frame_id"]
        luma = cv2.imdecode(np.frombuffer(message[4 + head_bytes :], np.uint8), cv2.IMREAD_GRAYSCALE)
        captured_us = read_barcode(luma) if luma is not None else None
        if captured_us is not None:
            self.captured_us_of_frame[frame_id] = captured_us

    def ties(self) -> list[tuple[int, int]]:
        """RTP timestamp and capture in microseconds of the frames of which both are known."""
        known = self.captured_us_of_frame.keys() & self.rtp_of_frame.keys()
        return [(self.rtp_of_frame[frame_id], self.captured_us_of_frame[frame_id]) for frame_id in sorted(known)]

    def capture_clock(self) -> "CaptureTie":
        """Raises `AgentError` when too few barcodes could be read."""
        ties = self.ties()
        if len(ties) < TIES_WANTED:
            raise AgentError(f"only {len(ties)} barcodes could be read; is the picture too small or too coarse?")
        return CaptureTie.through(ties)


@dataclass(frozen=True)
class CaptureTie:
    """Maps a sender's RTP timestamps to its monotonic clock, which callers on this machine share with us."""

    rtp_timestamp: int
    captured_us: int

    @classmethod
    def through(cls, ties: list[tuple[int, int]]) -> "CaptureTie":
        """A barcode is written at or after the moment that the RTP time stands for, so the earliest is the truest.

        Raises `AgentError` when the barcodes do not lie on one line.
        """
        first_rtp, first_us = ties[0]
        errors = [us - first_us - _ticks_between(first_rtp, rtp) * 1e6 / TICKS_PER_SECOND for rtp, us in ties]
        earliest = min(errors)
        if median(errors) - earliest > TIE_ERROR_US:
            raise AgentError("the barcodes' times do not fit the RTP times; this measurement would not be one")
        return cls(first_rtp, round(first_us + earliest))

    def captured_ns(self, rtp_timestamp: int, now_ns: int) -> int:
        """Monotonic capture time; `now_ns` tells which turn of the 38-bit barcode clock it was."""
        turn = 1 << BITS
        captured_us = self.captured_us + _ticks_between(self.rtp_timestamp, rtp_timestamp) * 1e6 / TICKS_PER_SECOND
        turns = round((now_ns / 1_000 - captured_us) / turn)
        return round((captured_us + turns * turn) * 1_000)


def _ticks_between(earlier: int, later: int) -> int:
    """Signed difference of 32-bit RTP timestamps."""
    return (later - earlier + RTP_WRAP // 2) % RTP_WRAP - RTP_WRAP // 2


async def measure(*, calls: int, seconds: float, fps: float = 30.0) -> LatencyReport:
    """Starts an agent and callers of its own, and measures `seconds` after warming up. Raises `AgentError`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, pid = await stack.enter_async_context(running_agent(folder))
        call_ids = [await stack.enter_async_context(running_caller(url, fps)) for _ in range(calls)]
        subscribers = [Subscriber(call_id) for call_id in call_ids]
        async with asyncio.TaskGroup() as tasks:
            address = url.replace("http", "ws", 1) + "/ws/supervisor"
            following = [tasks.create_task(subscriber.follow(address)) for subscriber in subscribers]
            await asyncio.sleep(WARM_UP_S)
            cpu_before_s, began_s = cpu_seconds(pid), time.monotonic()
            for subscriber in subscribers:
                subscriber.measuring = True
            await asyncio.sleep(seconds)
            took_s = time.monotonic() - began_s
            cpu_s, memory_mb = cpu_seconds(pid) - cpu_before_s, resident_mb(pid)
            for task in following:
                task.cancel()
    return _report(subscribers, took_s, fps, cpu_s, memory_mb)


def _report(subscribers: list[Subscriber], took_s: float, fps: float, cpu_s: float, memory_mb: float) -> LatencyReport:
    wall_minus_monotonic_ns = time.time_ns() - time.monotonic_ns()
    outcomes: Counter[str] = Counter()
    worst: tuple[Percentiles, dict[str, list[float]]] | None = None
    slowest_fps = float("inf")
    ages_ms: list[float] = []
    for subscriber in subscribers:
        stages = _stages(subscriber, wall_minus_monotonic_ns)
        if not stages["capture_to_signal"]:
            raise AgentError(f"no expression signal of call {subscriber.call_id} arrived; is the face not seen?")
        total = percentiles(stages["capture_to_signal"])
        analysed = [trace for trace in subscriber.traces if trace["outcome"] == "analysed"]
        if worst is None or total.p95 > worst[0].p95:
            worst, ages_ms = (total, stages), [trace["age_ms"] for trace in analysed]
        slowest_fps = min(slowest_fps, len(analysed) / took_s)
        outcomes.update(_outcomes(subscriber))
    assert worst is not None
    return LatencyReport(
        calls=len(subscribers),
        seconds=round(took_s, 1),
        fps=fps,
        capture_to_signal_ms=worst[0],
        stages={
            name: percentiles(samples) for name, samples in worst[1].items() if samples and name != "capture_to_signal"
        },
        age_ms=percentiles(ages_ms),
        analysed_fps=round(slowest_fps, 2),
        frames={"received": outcomes.total(), **outcomes},
        cpu_s_per_call_s=round(cpu_s / took_s / len(subscribers), 3),
        rss_mb=round(memory_mb, 1),
        machine=this_machine(),
    )


def _outcomes(subscriber: Subscriber) -> Mapping[str, int]:
    """Frames by what became of them; those without a trace were replaced by a newer one before analysis."""
    outcomes = Counter(trace["outcome"] for trace in subscriber.traces)
    if subscriber.traces:
        numbers = [trace["frame_id"] for trace in subscriber.traces]
        if replaced := max(numbers) - min(numbers) + 1 - len(numbers):
            outcomes["newer arrived"] = replaced
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
