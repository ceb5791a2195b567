"""Two reports of the same benchmark, figure by figure: what became better or worse by more than noise.

Which figures are compared, and which way is better, goes by their names, which are the same in all reports. Noise is
the spread of a figure from run to run where a report holds its runs, the larger of both; else what is usual for its
kind.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple

import msgspec

from agent.core.errors import AgentError

Verdict = Literal["better", "worse", "same"]
Report = dict[str, Any]


class Kind(NamedTuple):
    """What is known of the figures whose path fits `pattern`."""

    pattern: str
    higher_is_better: bool
    noise: float
    """Usual change from run to run on a quiet machine, as a share."""
    least: float
    """A smaller change matters to nobody, whatever share of the figure it is; in the figure's unit."""


KINDS = (
    Kind("*.ratio*", False, 0.15, 0.02),
    Kind("*_ms*.p50", False, 0.15, 0.5),
    Kind("*_ms*.p95", False, 0.25, 1.0),
    Kind("*_ms*.p99", False, 0.5, 2.0),
    Kind("*.stages.*.p50", False, 0.15, 0.5),
    Kind("*.stages.*.p95", False, 0.25, 1.0),
    Kind("*.stages.*.p99", False, 0.5, 2.0),
    Kind("*p50_ms", False, 0.15, 0.5),
    Kind("*p95_ms", False, 0.25, 1.0),
    Kind("*.cpu_ms_per_frame", False, 0.1, 0.2),
    Kind("*.cpu_s_per_*", False, 0.1, 0.01),
    Kind("*cores", False, 0.1, 0.02),
    Kind("*_fit.per_unit", False, 0.2, 0.01),
    Kind("*.stages.*", False, 0.15, 0.1),
    Kind("*.ms_per_item", False, 0.15, 0.1),
    Kind("*rss_mb", False, 0.1, 10.0),
    Kind("*.per_100_calls", False, 0.5, 1.0),
    Kind("*_per_100", False, 0.2, 10.0),
    Kind("*.held_ms", False, 0.3, 50.0),
    Kind("*.failed", False, 0.0, 1.0),
    Kind("*.wer", False, 0.1, 0.005),
    Kind("*.cer", False, 0.1, 0.005),
    Kind("*.ece", False, 0.2, 0.005),
    Kind("*analysed_fps", True, 0.1, 0.5),
    Kind("*.rated_calls", True, 0.0, 1.0),
    Kind("*.received_share", True, 0.02, 0.01),
    Kind("*accuracy", True, 0.01, 0.005),
    Kind("*.macro_f1", True, 0.01, 0.005),
    Kind("*.coverage", True, 0.02, 0.01),
    Kind("*.oos_auroc", True, 0.01, 0.005),
)
"""The first that fits counts; a figure that none fits is not compared."""

WISHES = ("fps", "rate_hz", "video", "width_px", "height_px", "recordings")
"""What was asked for: reports in which these differ are of different things."""
SAME_MACHINE = ("processor", "cores")
NAMES = ("name", "calls", "supervisors")
"""By what an entry of a list is known again."""
LEFT_OUT = ("machine", "runs", "runs_ms")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    figure: str
    old: float
    new: float
    percent: float | None
    """None where there was nothing before."""
    noise_percent: float
    verdict: Verdict


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    worse: int
    better: int
    changes: list[Change]
    missing: list[str]
    """Figures that only one of the reports has."""


def compare(old: Path, new: Path, *, force: bool = False) -> Comparison:
    """Raises `AgentError` when a file holds no report, or the two cannot be compared.

    `force` compares reports of different machines, too.
    """
    before, after = _read(old), _read(new)
    if not force:
        _refuse_strangers(before, after)
    # Of a soak, the number of calls is a result.
    wishes = (*WISHES, "calls") if "capture_to_signal_ms" in before else WISHES
    for wish in wishes:
        if before.get(wish) != after.get(wish):
            raise AgentError(
                f"these reports are of different things: {wish} was {before.get(wish)} and is {after.get(wish)}"
            )
    figures = dict(_figures(before)), dict(_figures(after))
    if not figures[0].keys() & figures[1].keys():
        raise AgentError(f"{old} and {new} have no figure in common; are they of the same benchmark?")
    spreads = dict(_spreads(before)), dict(_spreads(after))
    changes = [
        _change(path, kind, was, figures[1][path][1], [spread[path] for spread in spreads if path in spread])
        for path, (kind, was) in figures[0].items()
        if path in figures[1]
    ]
    return Comparison(
        worse=sum(change.verdict == "worse" for change in changes),
        better=sum(change.verdict == "better" for change in changes),
        changes=changes,
        missing=sorted(figures[0].keys() ^ figures[1].keys()),
    )


def _read(path: Path) -> Report:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise AgentError(f"{path} holds no report ({error}); give it what a benchmark prints with --json") from None
    if not isinstance(content, dict):
        raise AgentError(f"{path} holds no report, but a {type(content).__name__}")
    return content


def _refuse_strangers(before: Report, after: Report) -> None:
    machines = before.get("machine", {}), after.get("machine", {})
    for what in SAME_MACHINE:
        was, now = (machine.get(what) for machine in machines)
        if was != now:
            raise AgentError(
                f"these reports are of different machines ({what}: {was} and {now}), so that their figures say little "
                "of the program; --force compares them all the same"
            )


def _figures(report: Report) -> Iterator[tuple[str, tuple[Kind, float]]]:
    """Every figure that has a kind, by its path in the report."""
    for path, value in _walk(report, ""):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            kind = next((kind for kind in KINDS if fnmatchcase(path, kind.pattern)), None)
            if kind is not None:
                yield path.removeprefix("."), (kind, float(value))


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Leaves with their paths; entries of lists are called by their name, and runs and the machine are left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in LEFT_OUT:
                yield from _walk(item, f"{path}.{key}")
    elif isinstance(value, list):
        for name, item in _named(value):
            yield from _walk(item, f"{path}[{name}]")
    else:
        yield path, value


def _named(entries: list[Any]) -> Iterator[tuple[str, Report]]:
    """Those of a list's entries that can be known again, with what they are known by."""
    for entry in entries:
        name = next((name for name in NAMES if isinstance(entry, dict) and name in entry), None)
        if name is not None:
            yield f"{name}={entry[name]}", entry


def _spreads(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Largest less smallest of the runs as a share of their median, by the path of the figure that they stand for."""
    if isinstance(value, list):
        for name, item in _named(value):
            yield from _spreads(item, f"{path}[{name}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "runs_ms":
                yield from _spread(f"{path}.cpu_ms_per_frame", item)
            elif key == "runs" and isinstance(item, list) and item and isinstance(item[0], dict):
                for figure in item[0]:
                    yield from _spread(f"{path}.{figure}", [run[figure] for run in item])
            else:
                yield from _spreads(item, f"{path}.{key}")


def _spread(path: str, runs: list[Any]) -> Iterator[tuple[str, float]]:
    if len(runs) > 1 and all(isinstance(run, (int, float)) for run in runs) and median(runs):
        yield path.removeprefix("."), (max(runs) - min(runs)) / abs(median(runs))


def _change(path: str, kind: Kind, old: float, new: float, spreads: list[float]) -> Change:
    noise = max(spreads, default=kind.noise)
    changed = new - old
    share = changed / abs(old) if old else None
    matters = abs(changed) >= kind.least and (share is None or abs(share) > noise)
    verdict: Verdict = "same"
    if changed and matters:
        verdict = "better" if (changed > 0) == kind.higher_is_better else "worse"
    return Change(
        figure=path,
        old=old,
        new=new,
        percent=None if share is None else round(100 * share, 1),
        noise_percent=round(100 * noise, 1),
        verdict=verdict,
    )
