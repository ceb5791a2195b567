"""`agent bench peers` and `agent bench compare`: the agent beside other people's ways, and beside its former self."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.app.commands.checkout import PlotFile, benchmark, hand_out
from agent.app.printing import JsonFlag, console, print_json


def register(bench: typer.Typer) -> None:
    for command in (peers, compare):
        bench.command(command.__name__)(command)


def peers(
    seconds: Annotated[float, typer.Option(help="How long to measure each run, after warming up.", min=2)] = 12,
    repeats: Annotated[int, typer.Option("--repeat", help="Runs of everyone, in turn; medians count.", min=1)] = 3,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames sent a second; what the usual way keeps up with otherwise.", min=1, max=30),
    ] = None,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """The same call before the agent, the usual way (aiortc, MediaPipe), pipecat and fastrtc, with ratios."""

    def tell(line: str) -> None:
        if not json:
            console.print(line, highlight=False)

    report = asyncio.run(benchmark("peers").measure(seconds=seconds, repeats=repeats, fps=fps, tell=tell))
    hand_out(report, _show_peers, plotted_by="peers_plot", plot=plot, json=json)


def _show_peers(report: Any) -> None:
    table = Table(
        "", "p50 ms", "p95 ms", "frames a second", "CPU s a second", "MB", "p95, ours / theirs", "CPU, ours / theirs",
        title=f"{report.fps:g} frames a second sent, medians of {report.repeats} runs",
    )  # fmt: skip
    for side in (report.ours, *report.peers):
        if side.ok:
            figures = (side.p50_ms, side.p95_ms, side.analysed_fps, side.cpu_s_per_call_s, side.rss_mb)
            table.add_row(
                side.name, *(f"{figure:.3g}" for figure in figures), _ratio(side.ratio_p95), _ratio(side.ratio_cpu)
            )
    console.print(table)
    for side in (report.ours, *report.peers):
        console.print(
            f"{side.name}: {side.what}" if side.ok else f"[red]{side.name} did not run[/]: {side.why}", highlight=False
        )


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3f}"


def compare(
    old: Annotated[Path, typer.Argument(help="What a benchmark printed with --json before.", exists=True)],
    new: Annotated[Path, typer.Argument(help="What the same benchmark printed now.", exists=True)],
    force: Annotated[bool, typer.Option("--force", help="Compare reports of different machines, too.")] = False,
    json: JsonFlag = False,
) -> None:
    """What became better or worse beyond noise. Ends with 1 when something became worse."""
    report = benchmark("compare").compare(old, new, force=force)
    if json:
        print_json(report)
    else:
        _show_comparison(report)
    if report.worse:
        raise typer.Exit(1)


def _show_comparison(report: Any) -> None:
    table = Table("figure", "old", "new", "change", "noise", "")
    styles = {"worse": "red", "better": "green", "same": ""}
    for change in report.changes:
        table.add_row(
            change.figure,
            f"{change.old:.4g}",
            f"{change.new:.4g}",
            "from nothing" if change.percent is None else f"{change.percent:+.1f} %",
            f"± {change.noise_percent:.0f} %",
            change.verdict,
            style=styles[change.verdict],
        )
    console.print(table)
    if report.missing:
        console.print(f"only in one of them: {', '.join(report.missing)}", highlight=False)
    console.print(f"{report.worse} worse, {report.better} better, of {len(report.changes)} figures")
