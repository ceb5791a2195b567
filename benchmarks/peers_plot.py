"""Draws what `benchmarks.peers` measured: how late, and at what cost, the agent and each peer read a call."""

from collections.abc import Callable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.peer_run import PeerRun
from benchmarks.peers import PeerReport, PeersReport

OURS, PEER, INK = "#2f7f6f", "#9aa5b1", "#22303c"
DPI = 120


def plot(found: PeersReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names; a peer that did not run is named with no bar."""
    rows = (found.ours, *found.peers)
    figure = Figure(figsize=(10, 1.6 + 0.5 * len(rows)), layout="constrained")
    late, cost = figure.subplots(1, 2, sharey=True)
    _bars(late, rows, lambda side: side.p95_ms, digits=0)
    late.set_xlabel("p95 from capture to result, ms")
    _bars(cost, rows, lambda side: side.cpu_s_per_call_s, digits=2)
    cost.set_xlabel("processor seconds a second and call")
    late.set_yticks(range(len(rows)), [_name(row) for row in rows])
    late.invert_yaxis()
    figure.suptitle(f"{found.fps:g} frames a second sent, {found.machine.processor}", fontsize="medium")
    figure.savefig(path, dpi=DPI)


def _bars(
    axes: Axes, rows: tuple[PeerReport, ...], figure: Callable[[PeerReport | PeerRun], float | None], *, digits: int
) -> None:
    """A bar a row, with a dot for each run."""
    widest = 0.0
    for place, row in enumerate(rows):
        middle, runs = figure(row), [figure(run) or 0.0 for run in row.runs]
        axes.barh(place, middle or 0.0, color=PEER if place else OURS)
        axes.plot(runs, [place] * len(runs), "o", color=INK, markersize=3)
        words = "  did not run" if middle is None else f"  {middle:.{digits}f}"
        axes.text(max([middle or 0.0, *runs]), place, words, va="center", color=INK)
        widest = max([widest, middle or 0.0, *runs])
    axes.set_xlim(0, 1.25 * widest)
    axes.spines[["top", "right"]].set_visible(False)


def _name(row: PeerReport) -> str:
    fps = "" if row.analysed_fps is None else f"\n{row.analysed_fps:.1f} analysed a second"
    return f"{row.name}{fps}"
