"""Writes an evaluation as a folder that a browser opens: figures, plots, and everything as JSON."""

from html import escape
from pathlib import Path

import msgspec

from agent.training.card import confusions
from agent.training.evaluation import Evaluation, Slice
from agent.training.plots import draw_confusion, draw_coverage, draw_reliability
from agent.training.scores import BINS, Scores

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .8rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr + tr { border-top: 1px solid #dde3ea }
img { max-width: 100% } code { background: #f1f4f7; padding: .1rem .3rem }
"""


def write_report(evaluation: Evaluation, folder: Path, *, title: str, command: str) -> None:
    """Writes index.html, report.json, confusion.png, reliability.png and coverage.png into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(evaluation), indent=2))
    draw_confusion(evaluation.curves, folder / "confusion.png")
    draw_reliability(evaluation.curves, evaluation.ece, folder / "reliability.png")
    draw_coverage(evaluation.curves, evaluation.confident_prob, folder / "coverage.png")
    (folder / "index.html").write_text(_page(evaluation, title, command), encoding="utf-8")


def _page(evaluation: Evaluation, title: str, command: str) -> str:
    rows: dict[str, Scores | Slice] = {"all": evaluation, **evaluation.slices}
    if evaluation.ferplus is not None and evaluation.fer7 is not None:
        rows["FER2013's seven labels"] = evaluation.fer7
    items = table(
        ("items", "n", "right", "95 % between", "macro F1", "calibration error", "sure", "right when sure"),
        [(name, *_cells(scores)) for name, scores in rows.items()],
    )
    classes = table(
        ("class", "n", "recall", "precision", "F1"),
        [
            (name, f"{one.support:,}", f"{one.recall:.3f}", f"{one.precision:.3f}", f"{one.f1:.3f}")
            for name, one in evaluation.per_class.items()
        ],
    )
    mistakes = "; ".join(f"{right} as {answer}, {count}" for right, answer, count in confusions(evaluation.curves))
    left_out = "; ".join(f"{count:,} {reason}" for reason, count in evaluation.left_out.items())
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<h1>{escape(title)}</h1>
<p><code>{escape(command)}</code></p>
<p>{evaluation.n:,} items, {evaluation.ms_per_item:.2f} ms CPU each (median, one thread).
Left out: {escape(left_out) or "none"}.</p>
{items}
<p>Sure: the highest probability reaches {evaluation.confident_prob:g}, frozen when the model was made. Calibration
error: {BINS} bins of equal width (Guo and others, 2017).</p>
{classes}
<p>Most frequent mistakes: {escape(mistakes) or "none"}.</p>
<p><img src="confusion.png" alt="Confusion matrix"></p>
<p><img src="reliability.png" alt="Reliability diagram"></p>
<p><img src="coverage.png" alt="Accuracy over coverage"></p>
</html>
"""


def _cells(scores: Scores | Slice) -> tuple[str, ...]:
    low, high = scores.accuracy_95
    return (
        f"{scores.n:,}",
        f"{scores.accuracy:.4f}",
        f"{low:.3f} and {high:.3f}",
        f"{scores.macro_f1:.3f}",
        f"{scores.ece:.3f}",
        f"{scores.coverage:.3f}",
        "–" if scores.coverage_accuracy is None else f"{scores.coverage_accuracy:.3f}",
    )


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "\n".join(["<table>", line(head, "th"), *(line(row, "td") for row in rows), "</table>"])
