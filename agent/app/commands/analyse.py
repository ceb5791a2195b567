"""`agent analyse CLIP`: what the agent would have seen and heard in a recorded file."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import av
import msgspec
import typer
from av import VideoFrame
from rich.progress import Progress
from rich.table import Table

from agent.app.analysis import Analysed, ClipFacts, analyse_clip, clip_facts
from agent.app.drawing import draw
from agent.app.printing import JsonFlag, console, print_json
from agent.core.pictures import Picture
from agent.core.settings import load_settings
from agent.core.signals import AffectValue, ExpressionValue, GestureValue, TranscriptValue, kind_of


class ClipSummary(msgspec.Struct, kw_only=True):
    """What came of a whole file."""

    seconds: float
    frames: int = 0
    frames_with_face: int = 0
    signals: dict[str, int] = {}
    expressions: dict[str, int] = {}
    """Frames by expression label, "unknown" included."""
    affects: dict[str, int] = {}
    gestures: list[str] = []
    transcript: list[str] = []


class OverlayWriter:
    """Writes drawn pictures as H.264, each at its own time in the file."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path), "w")
        self._stream: av.VideoStream | None = None

    def write(self, step: Analysed) -> None:
        if step.frame is None or step.reading is None:
            return
        drawn = VideoFrame.from_ndarray(draw(Picture(step.frame).rgb(), step.reading, step.signals), format="rgb24")
        if self._stream is None:
            self._stream = self._container.add_stream("h264", rate=30)
            self._stream.width, self._stream.height = drawn.width & ~1, drawn.height & ~1
            self._stream.pix_fmt = "yuv420p"
        drawn.pts, drawn.time_base = step.frame.pts, step.frame.time_base
        self._container.mux(self._stream.encode(drawn.reformat(width=self._stream.width, height=self._stream.height)))

    def close(self) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()


def register(app: typer.Typer) -> None:
    app.command("analyse")(analyse)


def analyse(
    clip: Annotated[Path, typer.Argument(help="A video or audio file.", exists=True, dir_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Write signals here, one JSON object a line.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="Write the video here with everything drawn on it.")] = None,
    json: JsonFlag = False,
) -> None:
    """Runs perception and fusion over a file, as in a call, frame ids and times included."""
    facts = clip_facts(clip)
    summary = ClipSummary(seconds=round(facts.seconds, 2))
    with ExitStack() as stack:
        file = stack.enter_context(out.open("wb")) if out is not None else None
        writer = OverlayWriter(overlay) if overlay is not None else None
        if writer is not None:
            stack.callback(writer.close)
        _run(clip, facts, summary, file, writer)
    if json:
        print_json(summary)
    else:
        _show(summary)


def _run(
    clip: Path, facts: ClipFacts, summary: ClipSummary, file: BinaryIO | None, writer: OverlayWriter | None
) -> None:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("analysing", total=facts.frames or None)
        for step in analyse_clip(clip, load_settings()):
            _add(summary, step)
            if file is not None:
                for signal in step.signals:
                    file.write(msgspec.json.encode(signal) + b"\n")
            if writer is not None:
                writer.write(step)
            if step.reading is not None:
                progress.advance(task)


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
    table.add_row("frames", f"{summary.frames}, {summary.frames_with_face} with a readable face")
    table.add_row("signals", _counts(summary.signals))
    table.add_row("expression, frames", _counts(summary.expressions))
    table.add_row("affect", _counts(summary.affects))
    table.add_row("signs", ", ".join(summary.gestures) or "none")
    table.add_row("words", " ".join(summary.transcript) or "none")
    console.print(table)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(counts).most_common()) or "none"
