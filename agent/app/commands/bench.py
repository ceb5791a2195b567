"""`agent bench`: how fast this machine is at what the agent promises."""

import asyncio
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import AgentError


def register(app: typer.Typer) -> None:
    bench = typer.Typer(help="Benchmarks, on real WebRTC calls.", no_args_is_help=True)
    bench.callback()(_benchmarks)
    bench.command("latency")(latency)
    app.add_typer(bench, name="bench")


def _benchmarks() -> None:
    """Benchmarks, on real WebRTC calls."""


def latency(
    calls: Annotated[int, typer.Option(help="Calls at the same time.", min=1)] = 1,
    seconds: Annotated[float, typer.Option(help="How long to measure, after warming up.", min=2)] = 20,
    fps: Annotated[float, typer.Option(help="Frames a second that each caller sends.", min=1, max=60)] = 30,
    json: JsonFlag = False,
) -> None:
    """From a frame's capture to its expression signal at a subscriber, stage by stage."""
    benchmark = _benchmark("latency")
    report = asyncio.run(benchmark.measure(calls=calls, seconds=seconds, fps=fps))
    if json:
        print_json(report)
        return
    table = Table("stage", "p50 ms", "p95 ms", "p99 ms", title=f"{calls} calls at {fps:g} frames a second")
    for name, times in (
        *report.stages.items(),
        ("age by the agent's clock", report.age_ms),
        ("capture to signal", report.capture_to_signal_ms),
    ):
        table.add_row(name, f"{times.p50:.2f}", f"{times.p95:.2f}", f"{times.p99:.2f}")
    console.print(table)
    console.print(
        f"analysed {report.analysed_fps:.1f} frames a second; frames {report.frames}; "
        f"{report.cpu_s_per_call_s:.2f} CPU seconds a second and call; {report.rss_mb:.0f} MB resident"
    )


def _benchmark(name: str) -> Any:
    """A module of `benchmarks/`, which lies beside the package in a checkout and is not installed with it."""
    try:
        return import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise AgentError(
            f"benchmarks run from a checkout with its development packages ({error.name} is missing here): "
            "clone the repository and run `make bench`"
        ) from None
