"""Draws what `benchmarks.overload` measured: how late each call was that was taken, and who was turned away."""

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.overload import OverloadReport

LINE, LIMIT = "#2a6f97", "#c1121f"
DPI = 120


def plot(found: OverloadReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axis = figure.subplots()
    late = [p95_ms or 0.0 for p95_ms in found.p95_ms_by_call]
    axis.bar(range(1, len(late) + 1), late, color=LINE)
    axis.axhline(found.budget_p95_ms, color=LIMIT, linestyle="--", linewidth=0.9)
    axis.set(xlabel="calls taken", ylabel="captured to signal, p95 ms", xlim=(0.4, found.tried + 0.6))
    axis.axvspan(len(late) + 0.5, found.tried + 0.6, color=LIMIT, alpha=0.06)
    axis.text(len(late) + 0.6, axis.get_ylim()[1] * 0.9, f"{found.refused} told to wait", fontsize="small")
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(
        f"{found.tried} callers of an agent rated for {found.rated_calls}; {found.machine.processor}, "
        f"{found.machine.cores} cores",
        fontsize="small",
    )
    figure.savefig(path, dpi=DPI)
