"""`agent trace`: one camera frame's life on a running agent, from capture to the reply that it shaped."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from agent.app.given import agent_address
from agent.app.local_key import key_of
from agent.app.printing import JsonFlag, console, print_json
from agent.app.tracing import LATEST, FrameLife, follow
from agent.core.errors import AgentError

BAR_CELLS = 40


def register(app: typer.Typer) -> None:
    app.command("trace")(trace)


def trace(
    call: Annotated[str, typer.Argument(help="Id of a live call, or how it begins.")] = LATEST,
    url: Annotated[str, typer.Option(help="Address of the agent.", callback=agent_address)] = "http://127.0.0.1:8080",
    frames: Annotated[int, typer.Option(help="How many frames to show.", min=1, max=1_000)] = 1,
    reply: Annotated[bool, typer.Option("--reply", help="Wait for a reply, show the frame that shaped it.")] = False,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with one of the agent's identity.keys; not needed for an agent that you run on this machine."
        ),
    ] = None,
    within: Annotated[float, typer.Option(help="Seconds to wait, at most.", min=0.1)] = 60,
    json: JsonFlag = False,
) -> None:
    """Shows where a frame's time went, what was published of it, and the reply that it shaped."""
    key = key_of(url) if key_file is None else _read(key_file)
    lives = asyncio.run(follow(url, call, frames=frames, until_reply=reply, within_s=within, key=key))
    if json:
        print_json({"frames": lives})
    elif not lives:
        what = "no reply named a frame" if reply else "no frame came"
        raise AgentError(f"{what} within {within:g} s, or the call ended first; is the camera on?")
    else:
        for life in lives:
            _show(life)


def _read(key_file: Path) -> str:
    try:
        return key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise AgentError(f"the key file {key_file} cannot be read: {fault}") from None


def _show(life: FrameLife) -> None:
    frame = life.trace
    console.print(_waterfall(life))
    known = f"known to ±{frame.captured_error_ms:.0f} ms from the {frame.captured_from.replace('_', ' ')}"
    console.print(f"published {frame.age_ms:.1f} ms after capture, which is {known}")
    if frame.signals:
        console.print("signals:", ", ".join(f"{signal.kind} {signal.seq}" for signal in frame.signals), highlight=False)
    if life.reply is not None:
        console.print(
            f"shaped reply {life.reply.id}, {life.reply.after_ms / 1_000:.2f} s after capture, "
            f"because of: {', '.join(life.reply.because)}",
            highlight=False,
        )
        console.print(f"  “{life.reply.text}”", highlight=False)
    console.print()


def _waterfall(life: FrameLife) -> Table:
    frame = life.trace
    stages = [(span.name, span.began_ms, span.took_ms) for span in frame.spans]
    if life.signals:
        first_ms = min(signal.after_ms for signal in life.signals)
        stages.append(("delivery", frame.age_ms, max(0.0, first_ms - frame.age_ms)))
    first_ms = min((began_ms for _, began_ms, _ in stages), default=0.0)
    last_ms = max((began_ms + took_ms for _, began_ms, took_ms in stages), default=0.0)
    title = f"frame {frame.frame_id} of call {frame.call_id}: {frame.outcome}"
    table = Table("stage", "began at ms", "took ms", "", title=title, title_justify="left", box=None, padding=(0, 1))
    for column in table.columns[1:3]:
        column.justify = "right"
    for name, began_ms, took_ms in stages:
        bar = _bar(began_ms - first_ms, took_ms, last_ms - first_ms)
        table.add_row(name.replace("_", " "), f"{began_ms:.2f}", f"{took_ms:.2f}", bar)
    return table


def _bar(offset_ms: float, took_ms: float, whole_ms: float) -> Text:
    """A stage's place and length among `BAR_CELLS` cells; at least a thin line, so that none is invisible."""
    cells_per_ms = BAR_CELLS / whole_ms if whole_ms > 0 else 0.0
    begins = min(BAR_CELLS - 1, int(offset_ms * cells_per_ms))
    cells = min(BAR_CELLS - begins, round(took_ms * cells_per_ms))
    return Text(" " * begins + ("█" * cells if cells else "▏"), style="cyan")
