"""Draws confusion matrix, reliability diagram and coverage curve as pictures for reports."""

from pathlib import Path
from typing import IO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agent.training.scores import Curves

INK, GUIDE = "#1f5f8b", "#9aa5b1"
DPI = 120


def draw_confusion(drawn: Curves, target: Path | IO[bytes]) -> None:
    """A row a right class, shaded by the share of its items that got each answer, with counts."""
    counts = np.array(drawn.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.62 * len(drawn.names)
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.add_subplot()
    shade = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
    places = range(len(drawn.names))
    axes.set_xticks(places, drawn.names, rotation=45, ha="right")
    axes.set_yticks(places, drawn.names)
    axes.set(xlabel="answer", ylabel="right class", title="Confusion matrix")
    figure.colorbar(shade, ax=axes, label="share of the right class", shrink=0.8)
    figure.savefig(target, dpi=DPI)


def draw_reliability(drawn: Curves, ece: float, target: Path) -> None:
    """Accuracy over probability by bin, with how many items each bin holds below."""
    figure = Figure(figsize=(5, 5.6), layout="constrained")
    axes, sizes = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    prob, right, count = (np.array(column) for column in zip(*drawn.reliability, strict=True))
    axes.plot((0, 1), (0, 1), color=GUIDE, linestyle="--", label="as sure as right")
    axes.plot(prob, right, color=INK, marker="o", markersize=4, label="measured")
    axes.set(ylabel="share that was right", ylim=(0, 1.02), title=f"Reliability, calibration error {ece:.3f}")
    axes.legend(loc="upper left", frameon=False)
    sizes.bar(prob, count, width=0.05, color=INK)
    sizes.set(xlabel="highest probability", ylabel="items", xlim=(0, 1.02))
    tidy(axes)
    tidy(sizes)
    figure.savefig(target, dpi=DPI)


def draw_coverage(drawn: Curves, confident_prob: float, target: Path) -> None:
    """Accuracy on the answered items over the share that is answered, by threshold; the shipped one is marked."""
    figure = Figure(figsize=(5.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    threshold, coverage, right = (np.array(column) for column in zip(*drawn.coverage, strict=True))
    axes.plot(coverage, right, color=INK)
    reached = np.flatnonzero(threshold >= confident_prob)
    if len(reached):
        place = coverage[reached[0]], right[reached[0]]
        axes.plot(*place, color=INK, marker="o", linestyle="none")
        text = f"shipped: from {confident_prob:g}"
        axes.annotate(text, place, textcoords="offset points", xytext=(-8, -14), ha="right")
    axes.set(xlabel="share of items answered", ylabel="share of those that is right", title="Coverage", xlim=(0, 1.02))
    tidy(axes)
    figure.savefig(target, dpi=DPI)


def tidy(axes: Axes) -> None:
    """A light grid, and no frame on the sides without a scale."""
    axes.grid(color=GUIDE, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
