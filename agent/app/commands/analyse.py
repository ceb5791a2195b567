"""`agent analyse CLIP`: what the agent would have seen and heard in a recorded file."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import Progress
from rich.table import Table

from agent.app.analysis import Analysed, analyse_clip
from agent.app.analysis_files import ENDINGS, OverlayWriter, SignalsWriter
from agent.app.printing import JsonFlag, console, print_json
from agent.app.recorded_file import ClipFacts, ReadSoFar, clip_facts
from agent.app.whole_file import whole_file
from agent.core.settings import load_settings
from agent.core.signals import AffectValue, ExpressionValue, GestureValue, TranscriptValue, kind_of

BREAKS_OFF_S = 1.0
"""Files say their length less exactly than that only where they break off."""


class ClipSummary(msgspec.Struct, kw_only=True):
    """What came of a whole file."""

    seconds: float
    """As the file says, or as far as it could be read where that is more."""
    seconds_read: float = 0.0
    """Less than `seconds` where the file breaks off."""
    damaged_packets: int = 0
    """Parts of the file that could not be decoded, and were left out."""
    frames: int = 0
    frames_with_face: int = 0
    signals: dict[str, int] = {}
    expressions: dict[str, int] = {}
    """Frames by expression label, "unknown" included."""
    affects: dict[str, int] = {}
    gestures: list[str] = []
    transcript: list[str] = []


def register(app: typer.Typer) -> None:
    app.command("analyse")(analyse)


def analyse(
    clip: Annotated[
        Path,
        typer.Argument(
            help="A video, a recording of sound, or a picture. Write ./-name for a name that begins with a dash.",
            exists=True,
            dir_okay=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the signals here, one JSON object a line.", dir_okay=False)
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(help="Write the video here with everything drawn on it: .mp4, .mov or .mkv.", dir_okay=False),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Says what the agent would have seen and heard in a recorded file: the same models and rules as in a call, each
    signal with its time in the file. Nothing leaves this machine."""
    facts = clip_facts(clip)
    _refuse_bad_targets(clip, facts, out, overlay)
    read = ReadSoFar()
    summary = ClipSummary(seconds=0.0)
    with ExitStack() as stack:
        writers: list[SignalsWriter | OverlayWriter] = []
        if out is not None:
            writers.append(stack.enter_context(SignalsWriter(stack.enter_context(whole_file(out)))))
        if overlay is not None:
            writers.append(stack.enter_context(OverlayWriter(stack.enter_context(whole_file(overlay)))))
        _run(clip, facts, summary, writers, read)
    summary.seconds, summary.seconds_read = round(max(facts.seconds, read.seconds), 2), round(read.seconds, 2)
    summary.damaged_packets = read.damaged
    if json:
        print_json(summary)
    else:
        _show(summary)


def _refuse_bad_targets(clip: Path, facts: ClipFacts, out: Path | None, overlay: Path | None) -> None:
    for name, target in (("--out", out), ("--overlay", overlay)):
        if target is not None and target.exists() and target.samefile(clip):
            raise typer.BadParameter(f"{name} is the clip itself, which would be lost; give it another name")
    if overlay is None:
        return
    if out is not None and out.absolute() == overlay.absolute():
        raise typer.BadParameter("--out and --overlay are the same file; give one of them another name")
    if overlay.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"--overlay {overlay} must end in {', '.join(ENDINGS)}")
    if not facts.has_video:
        raise typer.BadParameter(f"{clip} holds no video for --overlay to draw on; leave it out")


def _run(
    clip: Path,
    facts: ClipFacts,
    summary: ClipSummary,
    writers: list[SignalsWriter | OverlayWriter],
    read: ReadSoFar,
) -> None:
    first = "listening" if facts.has_audio else "looking"
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(first, total=facts.frames or None)
        for step in analyse_clip(clip, load_settings(), read):
            _add(summary, step)
            for writer in writers:
                writer.write(step)
            if step.reading is not None:
                progress.update(task, advance=1, description="looking")


def _add(summary: ClipSummary, step: Analysed) -> None:
    if step.reading is not None:
        summary.frames += 1
        summary.frames_with_face += bool(step.reading.faces)
    for signal in step.signals:
        kind = kind_of(signal)
        summary.signals[kind] = summary.signals.get(kind, 0) + 1
        match signal.value:
            case ExpressionValue(label=label):
                summary.expressions[label] = summary.expressions.get(label, 0) + 1
            case AffectValue(label=label):
                summary.affects[label] = summary.affects.get(label, 0) + 1
            case GestureValue(name=name):
                summary.gestures.append(name)
            case TranscriptValue(text=text, final=True):
                summary.transcript.append(text)


def _show(summary: ClipSummary) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("length", f"{summary.seconds} s")
    if summary.seconds - summary.seconds_read > BREAKS_OFF_S:
        table.add_row("breaks off", f"after {summary.seconds_read} s")
    if summary.damaged_packets:
        table.add_row("damaged", f"{summary.damaged_packets} packets could not be decoded and were left out")
    table.add_row("frames", f"{summary.frames}, {summary.frames_with_face} with a readable face")
    table.add_row("signals", _counts(summary.signals))
    table.add_row("expression, frames", _counts(summary.expressions))
    table.add_row("affect", _counts(summary.affects))
    table.add_row("signs", ", ".join(summary.gestures) or "none")
    table.add_row("words", " ".join(summary.transcript) or "none")
    console.print(table)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(counts).most_common()) or "none"
