"""`agent bench latency`, `capacity`, `overload`, `soak`, `fanout` and `takeover`: what calls and those who follow them
cost, and how soon a person is heard."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.app.commands.checkout import PlotFile, benchmark, hand_out
from agent.app.printing import JsonFlag, console


def register(bench: typer.Typer) -> None:
    for command in (latency, capacity, overload, soak, fanout, takeover):
        bench.command(command.__name__)(command)


def latency(
    calls: Annotated[int, typer.Option(help="Calls at the same time.", min=1)] = 1,
    seconds: Annotated[float, typer.Option(help="How long to measure, after warming up.", min=2)] = 20,
    fps: Annotated[float, typer.Option(help="Frames a second that a single caller sends.", min=1, max=60)] = 30,
    profile: Annotated[
        Path | None, typer.Option(help="Record where the agent's time goes into this file, .svg; needs py-spy.")
    ] = None,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """From a frame's capture to its expression signal at a subscriber, stage by stage."""
    report = asyncio.run(
        benchmark("latency").measure(calls=calls, seconds=seconds, fps=fps, profile=profile and profile.resolve())
    )
    hand_out(report, _show_latency, plotted_by="latency_plot", plot=plot, json=json)


def _show_latency(report: Any) -> None:
    title = f"{report.calls} call{'s' if report.calls > 1 else ''} of {report.fps:g} frames a second, the worst of them"
    table = Table("stage", "p50 ms", "p95 ms", "p99 ms", title=title)
    for name, times in (
        *report.stages.items(),
        ("age by the agent's clock", report.age_ms),
        ("capture to signal", report.capture_to_signal_ms),
    ):
        table.add_row(name, f"{times.p50:.2f}", f"{times.p95:.2f}", f"{times.p99:.2f}")
    console.print(table)
    callers = "" if report.caller_cpu_s_per_call_s is None else f", {report.caller_cpu_s_per_call_s:.2f} at its caller"
    console.print(
        f"analysed {report.analysed_fps:.1f} frames a second; frames {report.frames}; "
        f"{report.cpu_s_per_call_s:.2f} CPU seconds a second and call{callers}; {report.rss_mb:.0f} MB resident"
    )


def capacity(
    seconds: Annotated[float, typer.Option(help="How long to measure each step, after warming up.", min=2)] = 12,
    most_calls: Annotated[int, typer.Option(help="Stop here even if the budget is kept.", min=1, max=64)] = 32,
    repeats: Annotated[int, typer.Option(help="Runs of each step; medians count.", min=1)] = 1,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """How many calls keep the budget: they are added until the worst is too late or read too seldom."""
    module = benchmark("capacity")

    def tell(step: Any) -> None:
        if not json:
            late = "no signals" if step.p95_ms is None else f"p95 {step.p95_ms:.0f} ms"
            console.print(
                f"{step.calls} calls: {late}, {step.analysed_fps:.1f} frames a second, {step.cpu_cores:.2f} cores"
            )

    report = asyncio.run(module.measure(seconds=seconds, most_calls=most_calls, repeats=repeats, tell=tell))
    hand_out(report, _show_capacity, plotted_by="capacity_plot", plot=plot, json=json)


def _show_capacity(report: Any) -> None:
    table = Table(
        "calls", "p95 ms", "frames a second", "cores", "callers' cores", "MB", title="the worst call at a time"
    )
    for step in report.steps:
        late = "none" if step.p95_ms is None else f"{step.p95_ms:.0f}"
        style = "" if step.within_budget else "red"
        figures = (
            f"{step.analysed_fps:.1f}",
            f"{step.cpu_cores:.2f}",
            f"{step.caller_cores:.2f}",
            f"{step.rss_mb:.0f}",
        )
        table.add_row(str(step.calls), late, *figures, style=style)
    console.print(table)
    console.print(
        f"[bold]{report.rated_calls} calls[/] within {report.budget_p95_ms:g} ms at {report.least_fps:g} frames or more"
    )
    for fitted, what in ((report.cpu_cores_fit, "cores"), (report.rss_mb_fit, "MB")):
        if fitted is not None:
            console.print(
                f"{fitted.per_unit:.3g} {what} a call ({fitted.low:.3g} to {fitted.high:.3g}), r² {fitted.r2:.3f}"
            )


def overload(
    seconds: Annotated[float, typer.Option(help="How long to measure, after warming up.", min=2)] = 15,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """Twice the rated callers: who is taken is served in time, who is not is told to wait. Ends with 1 otherwise."""
    report = asyncio.run(benchmark("overload").measure(seconds=seconds))
    hand_out(report, _show_overload, plotted_by="overload_plot", plot=plot, json=json)
    if not report.ok:
        raise typer.Exit(1)


def _show_overload(report: Any) -> None:
    table = Table("rated", "tried", "taken", "turned away", "p95 ms", "analysed / s", "cores", title="worst call taken")
    late = "no signal" if report.capture_to_signal_ms is None else f"{report.capture_to_signal_ms.p95:.1f}"
    calls = (str(report.rated_calls), str(report.tried), str(report.admitted), str(report.refused))
    table.add_row(*calls, late, f"{report.analysed_fps:.1f}", f"{report.cpu_cores:.2f}")
    console.print(table)


def soak(
    minutes: Annotated[float, typer.Option(help="How long calls come and go.", min=0.1)] = 10,
    most_calls: Annotated[int, typer.Option(help="Stop after so many calls.", min=1)] = 500,
    call_seconds: Annotated[float, typer.Option(help="How long each call lasts.", min=0.5)] = 2,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """Whether memory, tasks, threads or open files grow while calls come and go. Ends with 1 when they do."""
    module = benchmark("soak")

    def tell(sample: Any) -> None:
        if not json:
            console.print(
                f"{sample.calls} calls, {sample.at_s:.0f} s: {sample.rss_mb:.0f} MB, {sample.tasks} tasks, "
                f"{sample.threads} threads, {sample.files} files"
            )

    wishes = {"minutes": minutes, "most_calls": most_calls, "call_seconds": call_seconds}
    report = asyncio.run(module.measure(**wishes, tell=tell))
    hand_out(report, _show_soak, plotted_by="soak_plot", plot=plot, json=json)
    if not report.ok:
        raise typer.Exit(1)


def _show_soak(report: Any) -> None:
    table = Table("", "first", "last", "in 100 calls", "95 % sure", title="after warming up, without calls")
    for name, leak in report.leaks.items():
        sure = f"{leak.low:+.2f} to {leak.high:+.2f}"
        table.add_row(name, f"{leak.first:g}", f"{leak.last:g}", f"{leak.per_100_calls:+.2f}", sure)
    console.print(table)
    grown = (
        "too short a run to tell growth" if report.growth_percent is None else f"memory {report.growth_percent:+.1f} %"
    )
    console.print(
        f"{report.calls} calls in {report.minutes:g} minutes, {report.failed} failed; {grown}; "
        f"{report.cpu_s_per_call:.2f} CPU seconds a call of {report.call_seconds:g} s"
    )


def fanout(
    supervisors: Annotated[int, typer.Option(help="Supervisors who follow one call, at most.", min=1)] = 200,
    rate: Annotated[float, typer.Option(help="Signals a second.", min=0.1, max=1_000)] = 30,
    seconds: Annotated[float, typer.Option(help="How long to measure each number of them.", min=1)] = 5,
    plot: PlotFile = None,
    json: JsonFlag = False,
) -> None:
    """What it costs to be followed: the hub alone over real WebSockets, with ever more supervisors."""
    report = asyncio.run(benchmark("fanout").measure(supervisors=supervisors, rate_hz=rate, seconds=seconds))
    hand_out(report, _show_fanout, plotted_by="fanout_plot", plot=plot, json=json)


def _show_fanout(report: Any) -> None:
    title = f"{report.rate_hz:g} signals a second"
    table = Table("supervisors", "cores", "p50 ms", "p95 ms", "p99 ms", "received", title=title)
    for step in report.steps:
        times = step.delivery_ms
        delivered = (f"{times.p50:.1f}", f"{times.p95:.1f}", f"{times.p99:.1f}", f"{step.received_share:.1%}")
        table.add_row(str(step.supervisors), f"{step.cores:.3f}", *delivered)
    console.print(table)
    if report.cores_fit is not None:
        per_100 = 100 * report.cores_fit.per_unit
        console.print(f"{per_100:.3f} cores for each 100 supervisors, r² {report.cores_fit.r2:.3f}")


def takeover(
    times: Annotated[int, typer.Option(help="How often the call is taken over and handed back.", min=1)] = 9,
    json: JsonFlag = False,
) -> None:
    """From the offer of a person who takes a call over until the customer hears them, and the agent again."""
    report = asyncio.run(benchmark("takeover").measure(times=times))
    hand_out(report, _show_takeover, plotted_by="", plot=None, json=json)


def _show_takeover(report: Any) -> None:
    table = Table("", "p50 ms", "p95 ms", title=f"a call taken over {report.times} times")
    rows = (("answered", report.answered_ms), ("heard", report.heard_ms), ("agent heard again", report.back_ms))
    for name, times in rows:
        table.add_row(name, f"{times.p50:.0f}", f"{times.p95:.0f}")
    console.print(table)
