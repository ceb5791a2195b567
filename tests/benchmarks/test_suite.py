"""The suite of benchmarks: what each printed stands in one table, and one that fails does not stop the others."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from typer import Typer
from typer.main import get_command

from agent.app.commands import bench
from benchmarks import suite
from benchmarks.suite import STEPS, Outcome, Step, own_clip, summary
from benchmarks.suite_table import ROWS

TIMES = {"p50": 18.0, "p95": 26.0, "p99": 35.0}


def outcome(name: str, why: str | None = None) -> Outcome:
    step = next(step for step in STEPS if step.name == name)
    return Outcome(step=step, command=f"agent bench {step.short}", took_s=60.0, why=why)


def test_every_benchmark_has_its_rows() -> None:
    """No report is measured and then left out of the table."""
    assert [step.name for step in STEPS] and {step.name for step in STEPS} == ROWS.keys()


def test_the_table_says_figures_failures_and_when(tmp_path: Path) -> None:
    """Rows of a report, the reason of a benchmark that failed, and the machine above them."""
    report: dict[str, Any] = {
        "calls": 1,
        "capture_to_signal_ms": TIMES,
        "analysed_fps": 29.9,
        "frames": {"received": 600, "analysed": 598, "newer arrived": 2},
        "cpu_s_per_call_s": 0.52,
        "rss_mb": 900.0,
    }
    (tmp_path / "latency.json").write_text(json.dumps(report))
    began = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    table = summary([outcome("latency"), outcome("voice", "the agent | did not start")], tmp_path, began)
    assert table.startswith("Measured 2026-01-02 03:04 UTC in 2 minutes on ")
    assert "p50 18 ms, p95 26 ms, p99 35 ms; 29.9 analysed a second" in table
    assert "2 not analysed (newer arrived)" in table
    assert "| voice | failed: the agent / did not start | `agent bench voice --turns 5` |" in table


async def test_a_report_is_kept_and_the_one_before_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a benchmark printed is its report even if it ends with 1; one that printed none fails with last words."""
    speaks = tmp_path / "speaks"
    monkeypatch.setattr(sys, "executable", str(speaks))
    step = Step(name="soak", short="soak", long="soak")

    def says(script: str) -> None:
        speaks.write_text(f"#!/bin/sh\n{script}\n")
        speaks.chmod(0o755)

    says("echo '{\"calls\": 1}'; exit 1")
    done = await suite._run(step, ["soak"], tmp_path, within_s=10)
    assert done.why is None and json.loads((tmp_path / "soak.json").read_text()) == {"calls": 1}
    says("echo 'no room left' >&2; exit 1")
    done = await suite._run(step, ["soak"], tmp_path, within_s=10)
    assert done.why == "no room left" and not (tmp_path / "soak.json").exists()
    assert (tmp_path / "previous" / "soak.json").exists()


async def test_a_benchmark_that_does_not_end_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has started ends with it, so that the benchmarks after it have the machine to themselves."""
    starts = tmp_path / "starts"
    starts.write_text(f"#!/bin/sh\nsleep 30 &\necho $! > {tmp_path}/child\nwait\n")
    starts.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(starts))
    done = await suite._run(Step(name="soak", short="soak", long="soak"), ["soak"], tmp_path, within_s=0.5)
    assert done.why == "it did not end within 0 s"
    child = int((tmp_path / "child").read_text())
    living = {one.pid for one in psutil.process_iter(["status"]) if one.info["status"] != psutil.STATUS_ZOMBIE}
    assert child not in living


def test_recordings_and_clips_go_where_they_are_wanted(tmp_path: Path) -> None:
    """Only the benchmark that looks gets the clip, only the one that listens gets recordings."""
    clip, recordings = tmp_path / "clip.webm", tmp_path / "manifest.json"
    words = {step.name: step.arguments(long=False, clip=clip, recordings=recordings) for step in STEPS}
    assert [name for name, given in words.items() if "--video" in given] == ["perception"]
    assert [name for name, given in words.items() if "--recordings" in given] == ["voice"]
    voice = next(step for step in STEPS if step.name == "voice")
    assert voice.arguments(long=True, clip=clip, recordings=None) == ["voice", "--turns", "30"]


def test_the_own_clip_is_a_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a clip there is one of the moving face, made once."""
    monkeypatch.setattr(suite, "CLIP_FRAMES", 3)
    path = own_clip(tmp_path / "face.webm")
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 3 and pictures[0].shape == (480, 640, 3)
    made_ns = path.stat().st_mtime_ns
    assert own_clip(path).stat().st_mtime_ns == made_ns


def test_the_commands_are_understood() -> None:
    """Every option that the suite gives is one that `agent bench` takes; one that is not makes the parser raise."""
    app = Typer()
    bench.register(app)
    group: Any = get_command(app)
    commands = group.commands["bench"].commands
    for step in STEPS:
        for long in (False, True):
            name, *words = step.arguments(long=long, clip=Path(sys.executable), recordings=Path(sys.executable))
            words += ["--plot", "plot.png", "--json"]
            context = commands[name].make_context(name, [*words])
            taken = [key for key in context.params if context.get_parameter_source(key).name == "COMMANDLINE"]
            assert len(taken) == sum(word.startswith("--") for word in words)
