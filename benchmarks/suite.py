"""Every benchmark, one after the other, with what they print and draw in one folder, and a table of the figures.

    python -m benchmarks.suite [--long] [--video CLIP] [--recordings MANIFEST] [--only NAME …] [--out FOLDER]

What an earlier run left in the folder is kept beside it in `previous/`, for `agent bench compare`. Without a clip the
photographed face of `benchmarks.face` moves before the agent, without hands; without recordings its own voice speaks.
A benchmark that fails is in the table with its reason, the others run all the same, and the exit status is 1.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
from rich.console import Console

from agent.core.errors import AgentError
from agent.core.settings import REPOSITORY
from benchmarks.face import FPS, HEIGHT_PX, WIDTH_PX, face_picture
from benchmarks.percentiles import this_machine
from benchmarks.processes import ended
from benchmarks.suite_table import markdown

OUT = Path("build") / "bench"
CLIP_FRAMES = 150
WITHIN_S = {False: 900.0, True: 4 * 3_600.0}
"""The longest that one benchmark may take, in the short and in the long form."""
LAST_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    """Of its files."""
    short: str
    """What stands behind `agent bench`, without where to draw."""
    long: str
    clip: bool = False
    """Whether it looks at a video."""
    speech: bool = False
    """Whether it plays recordings, where there are some."""

    def arguments(self, *, long: bool, clip: Path, recordings: Path | None) -> list[str]:
        words = (self.long if long else self.short).split()
        if self.clip:
            words += ["--video", str(clip)]
        if self.speech and recordings is not None:
            words += ["--recordings", str(recordings)]
        return words


STEPS = (
    Step(name="latency", short="latency --calls 1 --seconds 20", long="latency --calls 1 --seconds 120"),
    Step(name="latency-8", short="latency --calls 8 --seconds 15", long="latency --calls 8 --seconds 120"),
    Step(
        name="perception",
        short="perception --frames 150 --runs 3 --peer mediapipe",
        long="perception --frames 300 --runs 7 --peer mediapipe",
        clip=True,
    ),
    Step(name="voice", short="voice --turns 5", long="voice --turns 30", speech=True),
    Step(name="fanout", short="fanout --supervisors 200 --seconds 4", long="fanout --supervisors 400 --seconds 20"),
    Step(name="peers", short="peers --seconds 8 --repeat 3", long="peers --seconds 30 --repeat 5"),
    Step(
        name="capacity",
        short="capacity --seconds 8 --most-calls 16",
        long="capacity --seconds 30 --most-calls 64 --repeats 3",
    ),
    Step(name="overload", short="overload --seconds 10", long="overload --seconds 120"),
    Step(
        name="soak",
        short="soak --minutes 3 --most-calls 150",
        long="soak --minutes 180 --most-calls 5000",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    step: Step
    command: str
    took_s: float
    why: str | None
    """Why there is no report."""


def main() -> int:
    wishes = _wishes()
    out: Path = wishes.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    clip = wishes.video.resolve() if wishes.video else own_clip(out / "face.webm")
    recordings = wishes.recordings.resolve() if wishes.recordings else None
    steps = [step for step in STEPS if not wishes.only or step.name in wishes.only]
    began = datetime.now(UTC)
    outcomes = []
    for number, step in enumerate(steps, 1):
        words = step.arguments(long=wishes.long, clip=clip, recordings=recordings)
        console.print(f"· {number} of {len(steps)}: agent bench {' '.join(words)}", highlight=False, soft_wrap=True)
        outcomes.append(asyncio.run(_run(step, words, out, within_s=WITHIN_S[wishes.long])))
        if outcomes[-1].why is not None:
            console.print(f"  [red]failed[/]: {outcomes[-1].why}", highlight=False, soft_wrap=True)
    table = summary(outcomes, out, began)
    (out / "figures.md").write_text(table)
    print(table)
    return 1 if any(outcome.why is not None for outcome in outcomes) else 0


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description="Runs every benchmark.")
    parser.add_argument("--long", action="store_true", help="as long as it takes to be sure; a night")
    parser.add_argument("--video", type=Path, help="a clip with a face and hands")
    parser.add_argument("--recordings", type=Path, help="manifest of recorded speech")
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], help="these benchmarks alone")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for reports, plots and the table")
    return parser.parse_args()


def own_clip(path: Path) -> Path:
    """Writes the moving face as a VP8 file, unless it is there."""
    if path.is_file():
        return path
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH_PX, HEIGHT_PX, "yuv420p", 2_000_000
        for index in range(CLIP_FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(face_picture(index), format="rgb24")))
        container.mux(stream.encode(None))
    return path


async def _run(step: Step, words: list[str], out: Path, *, within_s: float) -> Outcome:
    """One benchmark in a process of its own; its report is written when it printed one, whatever it ended with."""
    report, picture = out / f"{step.name}.json", out / f"{step.name}.png"
    _set_aside(report, picture)
    command = [sys.executable, "-m", "agent.app", "bench", *words, "--plot", str(picture), "--json"]
    began_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=REPOSITORY, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(within_s):
            printed, complaints = await process.communicate()
    except TimeoutError:
        printed, complaints = b"", f"it did not end within {within_s:.0f} s".encode()
    finally:
        if process.returncode is None:
            await _end(process)
    why = None
    try:
        json.loads(printed)
        report.write_bytes(printed)
    except ValueError:
        why = " ".join(complaints.decode(errors="replace").split("\n")[-LAST_WORDS:]).strip() or "it printed nothing"
    shown = " ".join(word if not Path(word).is_absolute() else Path(word).name for word in words)
    return Outcome(step=step, command=f"agent bench {shown}", took_s=time.monotonic() - began_s, why=why)


async def _end(process: Process) -> None:
    """Ends a benchmark with its agent and callers: one left behind would show in all that are measured after it."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(AgentError):
        await ended(process, "a benchmark")
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _set_aside(*paths: Path) -> None:
    for path in paths:
        if path.is_file():
            earlier = path.parent / "previous"
            earlier.mkdir(exist_ok=True)
            path.replace(earlier / path.name)


def summary(outcomes: list[Outcome], out: Path, began: datetime) -> str:
    """The table in Markdown, under a line that says when, where and of which commit."""
    machine = this_machine()
    head = (
        f"Measured {began:%Y-%m-%d %H:%M} UTC in {sum(outcome.took_s for outcome in outcomes) / 60:.0f} minutes on "
        f"{machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}; commit {_commit()}."
    )
    lines = [head, "", "| | measured | how |", "|---|---|---|"]
    for outcome in outcomes:
        if outcome.why is not None:
            rows: list[tuple[str, str]] = [(outcome.step.name, f"failed: {outcome.why.replace('|', '/')}")]
        else:
            rows = markdown(outcome.step.name, json.loads((out / f"{outcome.step.name}.json").read_text()))
        lines += [f"| {what} | {figures} | `{outcome.command}` |" for what, figures in rows]
    return "\n".join(lines) + "\n"


def _commit() -> str:
    """Where the code stands, with a mark when there is more than was committed."""
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    return f"{commit} and changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def _git(*words: str) -> str:
    """What git says; nothing where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
