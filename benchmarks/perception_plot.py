"""Draws what `benchmarks.perception` measured: ours stage by stage, and each peer beside it."""

from pathlib import Path

from matplotlib import colormaps
from matplotlib.figure import Figure

from benchmarks.perception import PerceptionReport

PEER, INK = "#9aa5b1", "#22303c"
DPI = 120


def plot(found: PerceptionReport, path: Path) -> None:
    """Writes a picture of the kind that the path's ending names; a peer that did not run is named with no bar."""
    figure = Figure(figsize=(9, 1.9 + 0.55 * (1 + len(found.peers))), layout="constrained")
    axes = figure.subplots()
    left, colours = 0.0, colormaps["tab10"].colors  # type: ignore[attr-defined]
    stages = sorted(found.stages.items(), key=lambda item: -item[1])
    rest_ms = found.cpu_ms_per_frame - sum(found.stages.values())
    for place, (name, took_ms) in enumerate((*stages, ("glue", max(rest_ms, 0.0)))):
        axes.barh(0, took_ms, left=left, color=colours[place % len(colours)], label=name.replace("_", " "))
        left += took_ms
    axes.text(left, 0, f" {found.cpu_ms_per_frame:.1f}", va="center", color=INK)
    for row, peer in enumerate(found.peers.values(), 1):
        width_ms = peer.cpu_ms_per_frame or 0.0
        axes.barh(row, width_ms, color=PEER)
        words = f" {width_ms:.1f}, ours is {peer.ratio:.2f} of it" if peer.ok else " did not run"
        axes.text(width_ms, row, words, va="center", color=INK)
    axes.set_yticks(range(1 + len(found.peers)), ["agent: face, expression,\nhands, signs", *_names(found)])
    axes.invert_yaxis()
    widest_ms = max([found.cpu_ms_per_frame, *(peer.cpu_ms_per_frame or 0.0 for peer in found.peers.values())])
    axes.set(
        xlabel="processor milliseconds a frame, one core",
        xlim=(0, 1.4 * widest_ms),
    )
    figure.suptitle(
        f"{found.video}, {found.frames} frames of {found.width_px}x{found.height_px}, {found.machine.processor}",
        fontsize="medium",
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(ncols=5, frameon=False, loc="outside lower center")
    figure.savefig(path, dpi=DPI)


def _names(found: PerceptionReport) -> list[str]:
    return [peer.what.replace(": ", ":\n").removesuffix(", default settings") for peer in found.peers.values()]
