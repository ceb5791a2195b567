"""What the supervisors' page costs its browser: the main thread's time a frame, and memory over a working day.

The real page in a real Chromium, fed by the real hub over the real WebSocket with made-up traffic (`console_traffic`):
one call is watched, with its analysed pictures, and the wall shows the others with small pictures.
"""

import asyncio
import json
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import uvicorn
from playwright.async_api import CDPSession, Page, async_playwright

from agent.app.staff import opened_staff_door
from agent.core.clock import SystemClock
from agent.core.errors import AgentError
from agent.core.settings import Settings, StorageSettings
from agent.transport.api import build_app
from agent.transport.desk import CallDesk
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from agent.transport.record import nothing_recorded
from agent.transport.scribe import Scribe
from benchmarks.console_traffic import TICK_S, WATCHED, Traffic
from benchmarks.percentiles import Machine, Percentiles, percentiles, this_machine

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRAME_MS = 1_000 / 60
SETTLE_S = 5.0
BEAT_S = 0.05
HEAP_SAMPLES = 12
FILLING_SHARE = 1 / 3
"""Of the day, in which what is bounded fills up; memory counts from then on."""
MB = 1024 * 1024


class ConsoleReport(msgspec.Struct, frozen=True, kw_only=True):
    calls: int
    """On the wall, beside the one that is watched."""
    frame_ms: Percentiles
    """Time that the page's main thread was busy within each sixtieth of a second, idle ones among them."""
    frame_cpu_ms: Percentiles
    """The same in processor time, which other programs of the machine do not add to."""
    busy_share: float
    """Of the main thread's time."""
    seconds: float
    replayed_hours: float
    replayed_in_s: float
    messages: int
    """Published in the replay; states that the page was too slow for are replaced by newer ones."""
    heap_mb: list[float]
    """JavaScript's heap after collecting garbage, evenly through the replay."""
    nodes: list[int]
    """DOM nodes at the same times."""
    growth_mb: float
    """Median of the last third of `heap_mb` above that of the third before."""
    machine: Machine


async def measure(*, calls: int, seconds: float, hours: float, minutes: float) -> ConsoleReport:
    """Frames for `seconds`, then `hours` of traffic within `minutes`. Raises `AgentError` without a Chromium."""
    async with _serving() as (hub, url), _browsing(url) as (page, cdp):
        traffic = Traffic(hub, calls, began_s=time.time())
        async with asyncio.TaskGroup() as tasks:
            live = tasks.create_task(_play(traffic, speed=1.0))
            await _set_up(page)
            await asyncio.sleep(SETTLE_S)
            busy_ms, cpu_ms = await _traced(cdp, seconds)
            live.cancel()
        before = traffic.messages
        began_s = time.monotonic()
        heap, nodes = await _replayed(traffic, cdp, hours=hours, minutes=minutes)
        third = len(heap) // 3
        return ConsoleReport(
            calls=calls,
            frame_ms=percentiles(busy_ms),
            frame_cpu_ms=percentiles(cpu_ms),
            busy_share=round(float(np.mean(busy_ms)) / FRAME_MS, 3),
            seconds=seconds,
            replayed_hours=hours,
            replayed_in_s=round(time.monotonic() - began_s, 1),
            messages=traffic.messages - before,
            heap_mb=heap,
            nodes=nodes,
            growth_mb=round(float(np.median(heap[-third:]) - np.median(heap[third:-third])), 2),
            machine=this_machine(),
        )


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[Hub, str]]:
    """A hub behind the real pages, and the address by which a browser is let in."""
    hub = Hub()
    with socket.create_server(("127.0.0.1", 0)) as listening, TemporaryDirectory() as folder:
        settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{Path(folder) / 'staff.sqlite3'}"))
        async with opened_staff_door(settings, SystemClock(), nothing_recorded) as door, asyncio.TaskGroup() as tasks:
            # No customer calls, and nobody asks for words or metrics: neither a desk nor a scribe is ever asked.
            desk = cast(CallDesk, SimpleNamespace(occupancy=None, archive=None))
            app = build_app(desk, hub, cast(Scribe, None), Metrics(), settings, door.sign_in)
            server = uvicorn.Server(
                uvicorn.Config(app, log_level="error", ws="websockets-sansio", lifespan="off", access_log=False)
            )
            tasks.create_task(server._serve(sockets=[listening]))
            try:
                yield hub, f"http://127.0.0.1:{listening.getsockname()[1]}/supervisor#link={door.link}"
            finally:
                server.should_exit = True


@asynccontextmanager
async def _browsing(url: str) -> AsyncIterator[tuple[Page, CDPSession]]:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        raise AgentError("no Chromium on this machine; run `sh tests/install_browser.sh`")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=flags)
        try:
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(60_000)
            await page.goto(url)
            yield page, await page.context.new_cdp_session(page)
        finally:
            await browser.close()


async def _set_up(page: Page) -> None:
    """One call is watched, and the others are seen small."""
    await page.click(f".call-row[data-call-id='{WATCHED}']")
    await page.click("#small-pictures")
    await page.wait_for_selector(".glimpse[data-drawn]")


async def _play(traffic: Traffic, *, speed: float, for_s: float = float("inf")) -> None:
    """Traffic of `for_s` seconds, at `speed` times its own pace or as fast as it goes; until cancelled by default."""
    began_s = time.monotonic()
    done = 0
    while done * TICK_S < for_s:
        while done * TICK_S < min(for_s, (time.monotonic() - began_s) * speed):
            traffic.tick()
            done += 1
            # Lets the page have each message, not only the last of a beat.
            await asyncio.sleep(0)
        await asyncio.sleep(BEAT_S)


async def _replayed(
    traffic: Traffic, cdp: CDPSession, *, hours: float, minutes: float
) -> tuple[list[float], list[int]]:
    heap: list[float] = []
    nodes: list[int] = []
    day_s, speed = hours * 3_600, hours * 60 / minutes
    part_s = (1 - FILLING_SHARE) * day_s / HEAP_SAMPLES
    await _play(traffic, speed=speed, for_s=FILLING_SHARE * day_s)
    for _ in range(HEAP_SAMPLES):
        await _play(traffic, speed=speed, for_s=part_s)
        for _ in range(2):
            # What the first round lets go of, such as decoded pictures, is garbage only then.
            await cdp.send("HeapProfiler.collectGarbage")
        found = await cdp.send("Performance.getMetrics")
        metrics = {metric["name"]: metric["value"] for metric in found["metrics"]}
        heap.append(round(metrics["JSHeapUsedSize"] / MB, 2))
        nodes.append(int(metrics["Nodes"]))
    return heap, nodes


async def _traced(cdp: CDPSession, seconds: float) -> tuple[list[float], list[float]]:
    """Milliseconds that the main thread was busy, by the clock and on the processor, in each frame of `seconds`."""
    await cdp.send("Performance.enable")
    events: list[dict[str, Any]] = []
    over = asyncio.Event()
    cdp.on("Tracing.dataCollected", lambda found: events.extend(found["value"]))
    cdp.on("Tracing.tracingComplete", lambda _: over.set())
    categories = ["disabled-by-default-devtools.timeline", "__metadata"]
    await cdp.send("Tracing.start", {"traceConfig": {"includedCategories": categories}})
    await asyncio.sleep(seconds)
    await cdp.send("Tracing.end")
    async with asyncio.timeout(60):
        await over.wait()
    return busy_by_frame(events)


def busy_by_frame(events: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """Of Chromium's trace events: how long its page's main thread ran tasks in each sixtieth of a second.

    Times of the trace are microseconds; `tdur` is a task's processor time. A task that spans frames is shared out among
    them. The page's main thread is the `CrRendererMain` that was busiest.
    """
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks: dict[tuple[int, int], list[dict[str, Any]]] = {main: [] for main in mains}
    for event in events:
        if event["name"] == "RunTask" and event["ph"] == "X" and (event["pid"], event["tid"]) in mains:
            tasks[event["pid"], event["tid"]].append(event)
    page = max(tasks.values(), key=lambda found: sum(event["dur"] for event in found), default=[])
    if not page:
        raise AgentError("Chromium traced no task of the page; is it another version?")
    first_us = min(event["ts"] for event in page)
    last_us = max(event["ts"] + event["dur"] for event in page)
    frame_us = FRAME_MS * 1_000
    busy = np.zeros(int((last_us - first_us) / frame_us) + 1)
    cpu = np.zeros_like(busy)
    for event in page:
        share = event.get("tdur", event["dur"]) / max(1, event["dur"])
        at_us, left_us = float(event["ts"] - first_us), float(event["dur"])
        while left_us > 0:
            frame = int(at_us / frame_us)
            part_us = min(left_us, max(1.0, (frame + 1) * frame_us - at_us))
            busy[min(frame, len(busy) - 1)] += part_us / 1_000
            cpu[min(frame, len(cpu) - 1)] += part_us * share / 1_000
            at_us, left_us = at_us + part_us, left_us - part_us
    return busy.tolist(), cpu.tolist()


if __name__ == "__main__":
    print(json.dumps(msgspec.to_builtins(asyncio.run(measure(calls=20, seconds=20, hours=2, minutes=2.5)))))
