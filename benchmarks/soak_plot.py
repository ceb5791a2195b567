"""Draws what `benchmarks.soak` measured: memory, tasks, threads and files by number of calls come and gone."""

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.soak import WARM_UP_CALLS, SoakReport

LINE, INK = "#2a6f97", "#22303c"
DPI = 120
NAMES = {"rss_mb": "resident MB", "tasks": "tasks", "threads": "threads", "files": "open files"}


def plot(found: SoakReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names."""
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    calls = [sample.calls for sample in found.samples]
    for axis, (name, title) in zip(figure.subplots(2, 2, sharex=True).ravel(), NAMES.items(), strict=True):
        values = [getattr(sample, name) for sample in found.samples]
        axis.plot(calls, values, ".-", color=LINE)
        axis.set_ylim(0, 1.15 * max(values))
        axis.axvline(WARM_UP_CALLS, color=INK, linewidth=0.7, linestyle=":")
        leak = found.leaks.get(name)
        words = "" if leak is None else f": {leak.per_100_calls:+.2f} a 100 calls ({leak.low:+.2f}, {leak.high:+.2f})"
        axis.set_title(title + words, fontsize="small")
        axis.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("calls that have come and gone", fontsize="small")
    figure.suptitle(f"{found.calls} calls of {found.call_seconds:g} s, {found.machine.processor}", fontsize="medium")
    figure.savefig(path, dpi=DPI)
