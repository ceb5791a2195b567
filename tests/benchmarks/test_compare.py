"""Comparing reports: worse is told from better by the figure's name, and from noise by its spread."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.app.commands.bench_peers import compare as bench_compare
from agent.core.errors import AgentError
from benchmarks.compare import Change, compare

MACHINE = {"processor": "one", "cores": 2, "system": "Linux", "python": "3.11"}


def latency(*, p95: float = 30.0, fps: float = 30.0, cpu_s: float = 0.5, **more: Any) -> dict[str, Any]:
    return {
        "fps": 30,
        "capture_to_signal_ms": {"p50": 18.0, "p95": p95, "p99": 40.0},
        "analysed_fps": fps,
        "cpu_s_per_call_s": cpu_s,
        "machine": MACHINE,
        **more,
    }


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes two reports; gives their paths."""

    def write(old: Any, new: Any) -> tuple[Path, Path]:
        for name, report in (("old", old), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(report))
        return tmp_path / "old.json", tmp_path / "new.json"

    return write


def verdicts(changes: list[Change]) -> dict[str, str]:
    return {change.figure: change.verdict for change in changes}


def test_later_is_worse_and_more_frames_are_better(written: Any) -> None:
    """Which way is better goes by the figure; what lies within its usual noise is the same."""
    report = compare(*written(latency(fps=20), latency(p95=60, cpu_s=0.52)))
    assert verdicts(report.changes) == {
        "capture_to_signal_ms.p50": "same",
        "capture_to_signal_ms.p95": "worse",
        "capture_to_signal_ms.p99": "same",
        "analysed_fps": "better",
        "cpu_s_per_call_s": "same",
    }
    assert (report.worse, report.better, report.missing) == (1, 1, [])


def test_the_own_spread_of_a_report_is_its_noise(written: Any) -> None:
    """Runs that scatter by half hide a change of a third; steady ones show a change of a tenth."""

    def peers(middle: float, scatter: float) -> dict[str, Any]:
        runs = [{"p95_ms": middle + off} for off in (-scatter / 2, 0, scatter / 2)]
        return {"fps": 10, "ours": {"p95_ms": middle, "runs": runs}, "machine": MACHINE}

    assert verdicts(compare(*written(peers(100, 50), peers(133, 10))).changes) == {"ours.p95_ms": "same"}
    assert verdicts(compare(*written(peers(100, 2), peers(110, 2))).changes) == {"ours.p95_ms": "worse"}


def test_entries_of_lists_are_known_by_their_names(written: Any) -> None:
    """Peers and steps are compared with their like wherever they stand; those without a like are named."""

    def capacity(*steps: tuple[int, float]) -> dict[str, Any]:
        entries = [{"calls": calls, "p95_ms": p95_ms} for calls, p95_ms in steps]
        return {"rated_calls": steps[-1][0], "steps": entries, "machine": MACHINE}

    report = compare(*written(capacity((1, 20), (4, 50), (8, 90)), capacity((1, 20), (8, 30), (6, 60))))
    found = verdicts(report.changes)
    assert found["steps[calls=8].p95_ms"] == "better" and found["rated_calls"] == "worse"
    assert report.missing == ["steps[calls=4].p95_ms", "steps[calls=6].p95_ms"]


def test_a_change_nobody_notices_is_none(written: Any) -> None:
    """Half as much again of next to nothing is nothing."""

    def staged(p95: float) -> dict[str, Any]:
        return {"stages": {"decode": {"p50": 0.1, "p95": p95}}, "machine": MACHINE}

    assert compare(*written(staged(0.2), staged(0.3))).worse == 0
    assert compare(*written(staged(2.0), staged(4.0))).worse == 1


def test_something_from_nothing_is_worse(written: Any) -> None:
    """Where there was none before there is no share of it, but it counts."""

    def voice(cutoffs: float) -> dict[str, Any]:
        return {"cutoffs_per_100": cutoffs, "machine": MACHINE}

    (change,) = compare(*written(voice(0), voice(20))).changes
    assert (change.verdict, change.percent) == ("worse", None)


def test_other_machines_and_other_wishes_are_refused(written: Any) -> None:
    """Figures of another machine say little, unless one insists; those of another frame rate say nothing."""
    elsewhere = latency() | {"machine": MACHINE | {"cores": 64}}
    with pytest.raises(AgentError, match="different machines"):
        compare(*written(latency(), elsewhere))
    assert compare(*written(latency(), elsewhere), force=True).worse == 0
    with pytest.raises(AgentError, match="fps was 30 and is 15"):
        compare(*written(latency(), latency() | {"fps": 15}), force=True)
    with pytest.raises(AgentError, match="calls was 1 and is 8"):
        compare(*written(latency(calls=1), latency(calls=8)))


def test_what_is_no_report_is_named(written: Any, tmp_path: Path) -> None:
    """A file with something else in it, and two reports of different benchmarks."""
    old, new = written(latency(), [1, 2])
    with pytest.raises(AgentError, match="new.json holds no report"):
        compare(old, new)
    old, new = written({"accuracy": 0.9}, {"wer": 0.1})
    with pytest.raises(AgentError, match="no figure in common"):
        compare(old, new)
    (tmp_path / "old.json").write_text("words")
    with pytest.raises(AgentError, match="old.json holds no report"):
        compare(old, new)


def test_the_command_ends_with_1_when_something_is_worse(written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """So that a nightly run can stop there; with nothing worse it ends well."""
    old, new = written(latency(), latency(p95=90))
    with pytest.raises(typer.Exit) as ended:
        bench_compare(old, new, force=False, json=False)
    assert ended.value.exit_code == 1
    assert "1 worse, 0 better" in capsys.readouterr().out
    bench_compare(new, old, force=False, json=True)
    assert json.loads(capsys.readouterr().out)["better"] == 1
