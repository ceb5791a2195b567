"""Draws what `benchmarks.fanout` measured: processor and delivery by number of supervisors."""

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.fanout import FanoutReport

LINE, RARE = "#2a6f97", "#c1121f"
DPI = 120


def plot(found: FanoutReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    cores, delivery = figure.subplots(1, 2)
    counts = [step.supervisors for step in found.steps]
    cores.plot(counts, [step.cores for step in found.steps], "o-", color=LINE)
    cores.set_title("cores that publishing takes", fontsize="small")
    delivery.plot(counts, [step.delivery_ms.p50 for step in found.steps], "o-", color=LINE, label="p50")
    delivery.plot(counts, [step.delivery_ms.p95 for step in found.steps], "o-", color=RARE, label="p95")
    delivery.set_title("milliseconds until a supervisor has it", fontsize="small")
    delivery.legend(frameon=False)
    for axis in (cores, delivery):
        axis.set(xlabel="supervisors", ylim=(0, None))
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{found.rate_hz:g} signals a second, {found.machine.processor}", fontsize="medium")
    figure.savefig(path, dpi=DPI)
