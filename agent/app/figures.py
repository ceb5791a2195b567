"""Shows how good a model is: as tables in a terminal, and as pages for a browser."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from rich.table import Table

from agent.training.evaluation import Evaluation, Slice
from agent.training.scores import ClassScore, Scores
from agent.training.speech import SpeechReport


def scores_table(rows: Mapping[str, Scores | Slice]) -> Table:
    """A row for each set of items."""
    table = Table("items", "n", "right", "95 %", "macro F1", "ECE", "sure", "if sure")
    for column in table.columns[1:]:
        column.no_wrap = True
    for name, scores in rows.items():
        low, high = scores.accuracy_95
        table.add_row(
            name,
            f"{scores.n:,}",
            percent(scores.accuracy),
            f"{100 * low:.1f}–{100 * high:.1f}",
            f"{scores.macro_f1:.3f}",
            f"{scores.ece:.3f}",
            percent(scores.coverage),
            percent(scores.coverage_accuracy),
        )
    return table


def classes_table(per_class: Mapping[str, ClassScore]) -> Table:
    """A row for each class."""
    table = Table("class", "n", "recall", "precision", "F1")
    for name, one in per_class.items():
        table.add_row(name, f"{one.support:,}", f"{one.recall:.3f}", f"{one.precision:.3f}", f"{one.f1:.3f}")
    return table


def write_pages(evaluation: Evaluation, folder: Path, *, title: str, command: str) -> Path:
    """Writes what `agent.training.report` describes, and gives the page to open. Plotting is imported only now, as it
    takes longer to load than most commands take to run."""
    import_module("agent.training.report").write_report(evaluation, folder, title=title, command=command)
    return folder / "index.html"


def write_speech_pages(report: SpeechReport, folder: Path, *, command: str) -> Path:
    """The same of speech recognition, as `agent.training.speech_report` describes it."""
    import_module("agent.training.speech_report").write_speech_report(report, folder, command=command)
    return folder / "index.html"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
