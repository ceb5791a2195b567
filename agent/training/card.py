"""Writes the figures of a model card from a run, so that a card says nothing that nobody measured."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.core.errors import DataRejected
from agent.training.evaluation import Evaluation, Slice
from agent.training.progress import TrainingReport
from agent.training.scores import BINS, ClassScore, Curves, Scores, curves, score

BEGIN, END = "<!-- figures: written by `agent evaluate --card` or `agent train` -->", "<!-- end of figures -->"
"""What stands between these lines of a card is replaced; everything else is left to people."""
CONFUSIONS = 4
"""So many of the most frequent confusions are named."""
WEAKEST = 3

_PLACES = frozenset({"--card", "--report"})
"""Options that say where figures go, not what they are."""


def update_card(card: Path, figures: str) -> None:
    """Puts `figures` between the marks of `card`. Raises `DataRejected` when it cannot be read or has no marks."""
    try:
        text = card.read_text(encoding="utf-8")
    except OSError as error:
        raise DataRejected(f"{card} cannot be read: {error.strerror}") from error
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise DataRejected(f"{card} has no place for figures; put the lines\n{BEGIN}\n{END}\nwhere they belong")
    card.write_text(f"{before}{BEGIN}\n{figures}{END}{after}", encoding="utf-8")


def evaluation_figures(evaluation: Evaluation, *, command: str, sha256: str) -> str:
    """The figures of an evaluation of the model file with `sha256`, in Markdown."""
    rows: dict[str, Scores | Slice] = {"all": evaluation, **evaluation.slices}
    if evaluation.ferplus is not None and evaluation.fer7 is not None:
        rows["FER2013's seven labels"] = evaluation.fer7
    left_out = "".join(f"; left out: {count:,} {reason}" for reason, count in evaluation.left_out.items())
    lines = [f"**Measured** with `{command}`, model {sha256[:12]}{left_out}.", ""]
    lines += _figures(rows, evaluation.per_class, evaluation.curves)
    lines += [f"One item takes {evaluation.ms_per_item:.2f} ms CPU (median, one thread)."]
    if evaluation.oos_auroc is not None:
        lines += [f"What belongs to no class is told apart with AUROC {evaluation.oos_auroc:.3f}."]
    return "\n".join(lines) + "\n"


def training_figures(report: TrainingReport, *, command: str) -> str:
    """How a model was trained, on what, and the figures of what was held out, in Markdown."""
    lines = [
        f"**Trained** with `{command}`, seed {report.seed}, in {_minutes(report.cpu_s)} of one core; "
        f"model {report.sha256[:12]}.",
        "",
        "| file | items | use |",
        "|---|---|---|",
        *(f"| {used.file.name} | {used.items:,} | {used.use} |" for used in report.data),
        "",
    ]
    if report.notes:
        lines += [*(f"- {name}: {value}" for name, value in report.notes.items()), ""]
    if report.held_out:
        scores: dict[str, Scores | Slice] = {name: score(answers) for name, answers in report.held_out.items()}
        first = next(iter(report.held_out.values()))
        lines += ["**Measured** by the same command, on what was held out.", ""]
        lines += _figures(scores, score(first).per_class, curves(first))
    if report.ms_per_item is not None:
        lines += [f"One item takes {report.ms_per_item:.3g} ms CPU (median, one thread)."]
    return "\n".join(lines) + "\n"


def new_card(report: TrainingReport, *, command: str, licence: str) -> str:
    """A whole card for a model that has none yet; what a run cannot know is asked of its reader."""
    limits = ["Known only for data like that above. Nothing was measured by age, sex or skin tone."]
    if report.held_out:
        per_class = score(next(iter(report.held_out.values()))).per_class
        weakest = sorted(per_class, key=lambda name: per_class[name].f1)[:WEAKEST]
        limits.append(f"Weakest: {', '.join(f'{name} (F1 {per_class[name].f1:.2f})' for name in weakest)}.")
    else:
        limits.append("Nothing was held out, so nothing is known about how good it is.")
    return "\n".join(
        [
            f"# {report.model}",
            "",
            f"**Ancestry.** Trained on the files below. Licence of the data, as its user states it: {licence}.",
            "",
            f"{BEGIN}\n{training_figures(report, command=command)}{END}",
            "",
            f"**Limits.** {' '.join(limits)}",
            "",
        ]
    )


def command_line(arguments: Sequence[str]) -> str:
    """The command as a reader can repeat it: files by their names, without options that only say where figures go."""
    kept, words = [], iter(arguments)
    for word in words:
        option, given, _ = word.partition("=")
        if option in _PLACES and not given:
            next(words, None)
        elif option not in {"--json", *_PLACES}:
            kept.append(Path(word).name if Path(word).is_absolute() or word.startswith("../") else word)
    return shlex.join(["agent", *kept])


def confusions(drawn: Curves, most: int = CONFUSIONS) -> list[tuple[str, str, int]]:
    """Right class, answer and number of the most frequent mistakes."""
    pairs = [
        (right, answer, drawn.confusion[row][column])
        for row, right in enumerate(drawn.names)
        for column, answer in enumerate(drawn.names)
        if row != column and drawn.confusion[row][column]
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:most]


def _figures(rows: Mapping[str, Scores | Slice], per_class: Mapping[str, ClassScore], drawn: Curves) -> list[str]:
    lines = [
        "| items | n | right (95 % between) | macro F1 | calibration error | sure | right when sure |",
        "|---|---|---|---|---|---|---|",
        *(f"| {name} | {_row(scores)} |" for name, scores in rows.items()),
        "",
        "| class | n | found (recall) | precision | F1 |",
        "|---|---|---|---|---|",
    ]
    for name, one in per_class.items():
        lines.append(
            f"| {name} | {one.support:,} | {_percent(one.recall)} | {_percent(one.precision)} | {one.f1:.2f} |"
        )
    mistakes = ", ".join(f"{right} as {answer} {count}" for right, answer, count in confusions(drawn))
    lines += ["", f"Most frequent mistakes: {mistakes}." if mistakes else "No mistakes."]
    sure = next((scores.confident_prob for scores in rows.values() if isinstance(scores, Scores)), None)
    if sure is not None:
        lines += [f"Sure: the highest probability reaches {sure:g}. Calibration error: {BINS} bins of equal width."]
    return lines


def _row(scores: Scores | Slice) -> str:
    low, high = scores.accuracy_95
    return (
        f"{scores.n:,} | {_percent(scores.accuracy)} ({100 * low:.1f} to {100 * high:.1f}) | {scores.macro_f1:.3f} | "
        f"{scores.ece:.3f} | {_percent(scores.coverage)} | {_percent(scores.coverage_accuracy)}"
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} CPU seconds" if seconds < 120 else f"{seconds / 60:.0f} CPU minutes"
