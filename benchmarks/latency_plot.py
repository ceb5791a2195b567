"""Draws what `benchmarks.latency` measured: where the time of the worst call's frames goes."""

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.latency import LatencyReport

USUAL, RARE, INK = "#2a6f97", "#a9d6e5", "#22303c"
DPI = 120


def plot(found: LatencyReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names: a bar for each stage, up to its p50 and its p95."""
    stages = {**found.stages, "captured to signal": found.capture_to_signal_ms}
    figure = Figure(figsize=(9, 1.2 + 0.36 * len(stages)), layout="constrained")
    axis = figure.subplots()
    for row, times in enumerate(stages.values()):
        axis.barh(row, times.p95, color=RARE, label="p95" if row == 0 else None)
        axis.barh(row, times.p50, color=USUAL, label="p50" if row == 0 else None)
        axis.text(times.p95, row, f" {times.p50:.1f} / {times.p95:.1f}", va="center", color=INK, fontsize="small")
    axis.set_yticks(range(len(stages)), [name.replace("_", " ") for name in stages])
    axis.invert_yaxis()
    axis.set(xlabel="milliseconds", xlim=(0, 1.2 * max(times.p95 for times in stages.values())))
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="lower right")
    figure.suptitle(
        f"{found.calls} call{'s' if found.calls > 1 else ''}, {found.analysed_fps:.1f} frames read a second, "
        f"{found.machine.processor}",
        fontsize="medium",
    )
    figure.savefig(path, dpi=DPI)
