"""Draws what `benchmarks.capacity` measured: latency, analysed frames, processor and memory by number of calls."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.capacity import CapacityReport
from benchmarks.slopes import Slope

LINE, LIMIT, INK = "#2a6f97", "#c1121f", "#22303c"
DPI = 120


def plot(found: CapacityReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names."""
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True).ravel()
    calls = [step.calls for step in found.steps]
    slowest = [np.nan if step.p95_ms is None else step.p95_ms for step in found.steps]
    _curve(axes[0], calls, slowest, "worst call: captured to signal, p95 ms", limit=found.budget_p95_ms)
    _curve(
        axes[1], calls, [step.analysed_fps for step in found.steps], "worst call: frames read a second", found.least_fps
    )
    _curve(axes[2], calls, [step.cpu_cores for step in found.steps], "agent: cores busy")
    _line(axes[2], calls, found.cpu_cores_fit, "cores a call")
    axes[2].plot(calls, [step.caller_cores for step in found.steps], ":", color=INK, label="load callers")
    _curve(axes[3], calls, [step.rss_mb for step in found.steps], "agent: resident MB")
    _line(axes[3], calls, found.rss_mb_fit, "MB a call")
    for axis in axes:
        axis.axvline(found.rated_calls, color=LIMIT, linewidth=0.8, alpha=0.5)
        axis.spines[["top", "right"]].set_visible(False)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, fontsize="small")
    for axis in axes[2:]:
        axis.set_xlabel("calls at the same time")
    figure.suptitle(
        f"rated: {found.rated_calls} calls; {found.machine.processor}, {found.machine.cores} cores", fontsize="medium"
    )
    figure.savefig(path, dpi=DPI)


def _curve(axis: Axes, calls: list[int], values: list[float], title: str, limit: float | None = None) -> None:
    axis.plot(calls, values, "o-", color=LINE)
    axis.set_title(title, fontsize="small")
    highest = np.nanmax([*values, limit or 0.0]) if not np.all(np.isnan(values)) else limit or 1.0
    axis.set_ylim(0, 1.15 * float(highest))
    if limit is not None:
        axis.axhline(limit, color=LIMIT, linestyle="--", linewidth=0.9)


def _line(axis: Axes, calls: list[int], fitted: Slope | None, unit: str) -> None:
    if fitted is not None:
        ends = np.array([min(calls), max(calls)])
        label = f"{fitted.per_unit:.3g} {unit}, r² {fitted.r2:.3f}"
        axis.plot(ends, fitted.alone + fitted.per_unit * ends, "--", color=INK, linewidth=0.9, label=label)
