"""Writes what a selection of models found as one page that holds its plots, and as JSON beside it."""

import base64
from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
from matplotlib.figure import Figure

from agent.training.card import confusions
from agent.training.plots import DPI, GUIDE, INK, draw_confusion, tidy
from agent.training.report import STYLE, table
from agent.training.scores import Curves
from agent.training.select_intent import FOLDS, SEARCH_FOLDS, SEARCHED, Kind, Selection

MOST_DRAWN = 24
"""Intents in the confusion matrix; of more, those with the most mistakes."""
ALIKE_P = 0.05


def write_selection(selection: Selection, folder: Path, *, command: str) -> Path:
    """Writes index.html, which needs no other file, and selection.json into `folder`, which is made; gives the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "selection.json").write_bytes(msgspec.json.format(msgspec.json.encode(selection), indent=2))
    page = folder / "index.html"
    page.write_text(_page(selection, command), encoding="utf-8")
    return page


def _page(selection: Selection, command: str) -> str:
    best = selection.kinds[0]
    title = f"Models for the intents of {selection.data}"
    compared = table(
        (
            "kind of model",
            "right",
            "95 % between",
            "over folds",
            "precision",
            "recall",
            "macro F1",
            "as good as the best?",
            "fit, CPU s",
            "ms a line",
        ),
        [_row(kind) for kind in selection.kinds],
    )
    searched = table(
        ("kind of model", "parameters", "macro F1"),
        [
            (kind.name, _parameters(parameters), f"{f1:.4f}")
            for kind in selection.kinds
            for parameters, f1 in sorted(kind.tried, key=lambda one: -one[1])
        ],
    )
    mistakes = "; ".join(f"{right} as {answer}, {count}" for right, answer, count in confusions(selection.curves, 12))
    drawn = worst(selection.curves)
    left = f", the {MOST_DRAWN} with the most mistakes" if len(drawn.names) < len(selection.curves.names) else ""
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{STYLE} .wide {{ overflow-x: auto }}</style>
<h1>{escape(title)}</h1>
<p><code>{escape(command)}</code></p>
<p>{selection.lines:,} lines of {selection.intents} intents, each held out once in {FOLDS} folds; parameters searched in
{SEARCH_FOLDS} folds of up to {SEARCHED:,} of the lines. Best: <b>{escape(best.name)}</b>
({escape(_parameters(best.parameters))}), written as <code>{escape(Path(selection.model).name)}</code>, version
<code>{selection.sha256[:12]}</code>; as ONNX it answers {100 * selection.agreement:.2f} % of the lines as the library
does. All in {selection.cpu_s:,.0f} CPU seconds.</p>
<div class="wide">{compared}</div>
<p>Precision, recall and F1 are means over the intents. A kind is as good as the best where their answers differ no more
than chance would have it: McNemar's exact test, p of {ALIKE_P:g} or more.</p>
{_picture(lambda to: _draw_kinds(selection.kinds, to), "Accuracy by kind of model")}
<h2>Learning curve</h2>
{_picture(lambda to: _draw_learning(selection, to), "Accuracy over the number of lines")}
<h2>Confusion</h2>
<p>Intents{left}. Most frequent mistakes: {escape(mistakes) or "none"}.</p>
{_picture(lambda to: draw_confusion(drawn, to), "Confusion matrix")}
<h2>Search of parameters</h2>
<div class="wide">{searched}</div>
</html>
"""


def worst(drawn: Curves) -> Curves:
    """The rows and columns of the `MOST_DRAWN` intents with the most mistakes, in the order that they had."""
    counts = np.array(drawn.confusion)
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    kept = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_DRAWN])
    names = [drawn.names[each] for each in kept]
    return msgspec.structs.replace(drawn, names=names, confusion=counts[np.ix_(kept, kept)].tolist())


def _row(kind: Kind) -> tuple[str, ...]:
    low, high = kind.accuracy_95
    p_value = f"p {kind.worse_p:.2f}" if kind.worse_p >= 0.01 else "p < 0.01"
    return (
        kind.name,
        f"{kind.accuracy:.4f}",
        f"{low:.3f} and {high:.3f}",
        f"±\u00a0{kind.fold_deviation:.4f}",
        f"{kind.precision:.3f}",
        f"{kind.recall:.3f}",
        f"{kind.macro_f1:.3f}",
        f"{'yes' if kind.worse_p >= ALIKE_P else 'no'}, {p_value}",
        f"{kind.fit_cpu_s:.2f}",
        f"{kind.ms_per_line:.3f}",
    )


def _parameters(parameters: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


def _picture(draw: Callable[[IO[bytes]], None], what: str) -> str:
    held = BytesIO()
    draw(held)
    return f'<p><img alt="{escape(what)}" src="data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"></p>'


def _draw_kinds(kinds: list[Kind], target: IO[bytes]) -> None:
    """Accuracy with its 95 % interval, the best on top."""
    figure = Figure(figsize=(7, 0.8 + 0.5 * len(kinds)), layout="constrained")
    axes = figure.add_subplot()
    for place, kind in enumerate(reversed(kinds)):
        axes.plot(kind.accuracy_95, (place, place), color=GUIDE, linewidth=3)
        axes.plot(kind.accuracy, place, color=INK, marker="o")
    axes.set_yticks(range(len(kinds)), [kind.name for kind in reversed(kinds)])
    axes.set(xlabel="share of held-out lines that is right, and 95 % interval")
    tidy(axes)
    figure.savefig(target, dpi=DPI)


def _draw_learning(selection: Selection, target: IO[bytes]) -> None:
    """Accuracy on the lines learnt from and on those held out, by how many were learnt from."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    lines, known, unknown = (np.array(column) for column in zip(*selection.learning, strict=True))
    axes.plot(lines, known, color=GUIDE, marker="o", label="lines learnt from")
    axes.plot(lines, unknown, color=INK, marker="o", label="lines held out")
    axes.set(xlabel="lines learnt from", ylabel="share that is right", title=selection.kinds[0].name.capitalize())
    axes.legend(loc="lower right", frameon=False)
    tidy(axes)
    figure.savefig(target, dpi=DPI)
