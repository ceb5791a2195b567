"""`agent bench`: how fast this machine is at what the agent promises."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import AgentError


def register(app: typer.Typer) -> None:
    bench = typer.Typer(help="Benchmarks, on real WebRTC calls.", no_args_is_help=True)
    bench.callback()(_benchmarks)
    bench.command("latency")(latency)
    bench.command("voice")(voice)
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


def voice(
    recordings: Annotated[
        Path | None,
        typer.Option(help="Manifest of recorded speech; without, the agent's voice speaks.", exists=True),
    ] = None,
    turns: Annotated[int, typer.Option(help="Turns of each kind.", min=2)] = 14,
    plot: Annotated[Path | None, typer.Option(help="Draw every turn into this file, .png or .svg.")] = None,
    json: JsonFlag = False,
) -> None:
    """How quickly the agent answers and gives way, and how often it cuts people off. Needs a quiet machine."""
    benchmark = _benchmark("voice")
    report = asyncio.run(benchmark.measure(turns=turns, recordings=recordings))
    if plot is not None:
        benchmark.plot(report, plot)
    if json:
        print_json(report)
        return
    table = Table("from the last voiced sample to", "p50 ms", "p95 ms", title=f"turns: {report.turns}")
    for name, times in (
        ("final transcript", report.speech_end_to_final_ms),
        ("reply text", report.speech_end_to_text_ms),
        ("reply audible", report.speech_end_to_audio_ms),
        ("agent silent, from the first voiced sample", report.interrupt_ms),
    ):
        table.add_row(name, f"{times.p50:.0f}", f"{times.p95:.0f}")
    console.print(table)
    console.print(
        f"of 100 turns with a pause inside: {report.cutoffs_per_100:g} cut off, {report.splits_per_100:g} split; of 100 false "
        f"alarms: {report.false_interruptions_per_100:g} cost a reply (held {report.held_ms:.0f} ms on average); "
        f"{report.unanswered} turns unanswered"
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
