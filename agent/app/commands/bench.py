"""`agent bench`: how fast this machine is at what the agent promises."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.app.commands import bench_calls, bench_peers
from agent.app.commands.checkout import benchmark, hand_out
from agent.app.printing import JsonFlag, console
from agent.app.progress import shown
from agent.core.settings import load_settings


class Peer(StrEnum):
    """Other people's programs to run beside the agent's."""

    MEDIAPIPE = "mediapipe"


def register(app: typer.Typer) -> None:
    bench = typer.Typer(help="Benchmarks of calls and of single frames.", no_args_is_help=True)
    bench.callback()(_benchmarks)
    bench_calls.register(bench)
    bench_peers.register(bench)
    bench.command("perception")(perception)
    bench.command("voice")(voice)
    bench.command("console")(console_page)
    app.add_typer(bench, name="bench")


def _benchmarks() -> None:
    """Benchmarks of calls and of single frames."""


def perception(
    video: Annotated[Path, typer.Option(help="A video file, best one with a face and hands.", exists=True)],
    peer: Annotated[Peer | None, typer.Option(help="Run another pipeline on the same frames.")] = None,
    frames: Annotated[int, typer.Option(help="Frames to read, at most.", min=2)] = 300,
    runs: Annotated[int, typer.Option(help="Runs of each pipeline, in turn; medians count.", min=1)] = 3,
    face_task: Annotated[
        Path | None, typer.Option(help="MediaPipe's face_landmarker.task; the setting otherwise.", exists=True)
    ] = None,
    hand_task: Annotated[Path | None, typer.Option(help="MediaPipe's hand_landmarker.task.", exists=True)] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the costs into this file, .png or .svg.")] = None,
    json: JsonFlag = False,
) -> None:
    """Processor time to read a frame, stage by stage, and beside MediaPipe's own pipelines."""
    module = benchmark("perception")
    with shown() as progress:
        report = asyncio.run(
            module.measure(
                video,
                frames=frames,
                runs=runs,
                mediapipe=peer is Peer.MEDIAPIPE,
                face_task=face_task or load_settings().perception.face_landmarker,
                hand_task=hand_task,
                progress=progress,
            )
        )
    hand_out(report, _show_perception, plotted_by="perception_plot", plot=plot, json=json)


def _show_perception(report: Any) -> None:
    title = f"{report.frames} frames of {report.width_px}x{report.height_px}, median of {report.runs} runs"
    stages = Table("stage", "CPU ms a frame", title=title)
    for name, took_ms in sorted(report.stages.items(), key=lambda item: -item[1]):
        stages.add_row(name, f"{took_ms:.2f}")
    stages.add_row("all of it", f"{report.cpu_ms_per_frame:.2f}", style="bold")
    console.print(stages)
    for seen in report.in_view:
        what = f"{'a face' if seen.face else 'no face'}, {seen.hands} hand{'' if seen.hands == 1 else 's'}"
        console.print(f"{what}: {seen.frames} frames, {seen.cpu_ms_per_frame:.2f} ms each")
    if report.peers:
        peers = Table("", "CPU ms a frame", "ours / theirs", "face found", "hand found", "face apart", "hands apart")
        found = str(report.frames_with_face), str(report.frames_with_hand)
        peers.add_row("the agent", f"{report.cpu_ms_per_frame:.2f}", "", *found, "", "")
        for name, peer in report.peers.items():
            if peer.ok:
                counts = str(peer.frames_with_face), str(peer.frames_with_hand)
                apart = (_apart(distance) for distance in (peer.face, peer.hands))
                peers.add_row(name, f"{peer.cpu_ms_per_frame:.2f}", f"{peer.ratio:.3f}", *counts, *apart)
        console.print(peers)
    for name, peer in report.peers.items():
        console.print(f"{name}: {peer.what}" if peer.ok else f"[red]{name} did not run[/]: {peer.why}", highlight=False)
    console.print(f"{report.machine.processor}, {report.machine.cores} cores, Python {report.machine.python}")


def _apart(distance: Any) -> str:
    """Of the distance between the eyes, or of the palm's length."""
    if distance is None:
        return "none in common"
    return f"{distance.median_percent:.1f} %, p95 {distance.p95_percent:.1f} %"


def voice(
    recordings: Annotated[
        Path | None,
        typer.Option(help="Manifest of recorded speech; without, the agent's voice speaks.", exists=True),
    ] = None,
    turns: Annotated[int, typer.Option(help="Turns of each kind.", min=2)] = 10,
    plot: Annotated[Path | None, typer.Option(help="Draw every turn into this file, .png or .svg.")] = None,
    json: JsonFlag = False,
) -> None:
    """How quickly the agent answers and gives way, and how often it cuts people off. Needs a quiet machine."""
    report = asyncio.run(benchmark("voice").measure(turns=turns, recordings=recordings))
    hand_out(report, _show_voice, plotted_by="voice", plot=plot, json=json)


def _show_voice(report: Any) -> None:
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
        f"of 100 turns with a pause inside: {report.cutoffs_per_100:g} cut off, {report.splits_per_100:g} split; "
        f"of 100 false alarms: {report.false_interruptions_per_100:g} cost a reply "
        f"(held {report.held_ms:.0f} ms on average); "
        f"{report.answered_too_early} lines answered too early, {report.unanswered} not at all"
    )


def console_page(
    calls: Annotated[int, typer.Option(help="Calls on the wall, beside the one that is watched.", min=2, max=100)] = 20,
    seconds: Annotated[float, typer.Option(help="How long to time frames.", min=2)] = 20,
    hours: Annotated[float, typer.Option(help="Hours of traffic to replay, to see whether memory grows.", min=0.1)] = 8,
    minutes: Annotated[float, typer.Option(help="Minutes in which to replay them.", min=0.2)] = 10,
    json: JsonFlag = False,
) -> None:
    """What the supervisors' page costs its browser: time a frame, and memory over a working day. Needs Chromium."""
    report = asyncio.run(benchmark("console").measure(calls=calls, seconds=seconds, hours=hours, minutes=minutes))
    hand_out(report, _show_console, plotted_by="console", plot=None, json=json)


def _show_console(report: Any) -> None:
    table = Table("main thread, ms within a 60th of a second", "p50", "p95", "p99", title=f"1 call and {report.calls}")
    for name, times in (("busy", report.frame_ms), ("on the processor", report.frame_cpu_ms)):
        table.add_row(name, f"{times.p50:.2f}", f"{times.p95:.2f}", f"{times.p99:.2f}")
    console.print(table)
    console.print(
        f"busy {report.busy_share:.0%} of the time; {report.replayed_hours:g} hours in {report.replayed_in_s:.0f} s, "
        f"{report.messages} messages: heap {report.heap_mb[0]} to {report.heap_mb[-1]} MB, grown by "
        f"{report.growth_mb:+g} MB; {report.nodes[0]} to {report.nodes[-1]} DOM nodes"
    )
