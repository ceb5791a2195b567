"""`agent evaluate`: how good a model is on labelled data of yours."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import load_settings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.evaluate import evaluate_expression, evaluate_gesture, evaluate_intent
from agent.training.scores import Report
from agent.training.speech import evaluate_speech

Data = Annotated[Path, typer.Option(help="Labelled data.", exists=True)]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Quality of a model on labelled data.", no_args_is_help=True)
    for command in (expression, gesture, intent, speech):
        group.command()(command)
    app.add_typer(group, name="evaluate")


def expression(
    data: Data,
    part: Annotated[str, typer.Option(help='Prefix of the arrays in the npz, e.g. "val_".')] = "",
    json: JsonFlag = False,
) -> None:
    """Faces in an npz (`x` with `ferplus_votes` and/or `fer7`) or in a folder of class folders."""
    _show(evaluate_expression(data, _runtime(), part=part), json=json)


def gesture(data: Data, json: JsonFlag = False) -> None:
    """Hands in an npz (`lm` or `x` with labels and `names`) or pictures in a folder of class folders."""
    _show(evaluate_gesture(data, _runtime()), json=json)


def intent(
    data: Data,
    train: Annotated[Path | None, typer.Option(help="Training file for other intents than the shop's.")] = None,
    json: JsonFlag = False,
) -> None:
    """Lines in a CSV (`text,category`) or in CLINC's JSON splits."""
    _show(evaluate_intent(data, _runtime(), train=train), json=json)


def speech(data: Data, json: JsonFlag = False) -> None:
    """Recordings listed in a manifest (`file`, `lang`, `text`), heard as calls are."""
    report = evaluate_speech(data, _runtime(), load_settings().hearing)
    if json:
        print_json(report)
        return
    console.print(f"{report.n} recordings, {report.skipped} in other languages left out")
    console.print(f"word error rate {_percent(report.wer)}, character error rate {_percent(report.cer)}")
    console.print(f"{report.cpu_s_per_utterance:.2f} CPU seconds an utterance")


def _runtime() -> Runtime:
    settings = load_settings().models
    return Runtime(Registry.load(settings.folder), settings.provider)


def _show(report: Report, *, json: bool) -> None:
    if json:
        print_json(report)
        return
    table = Table("class", "n", "precision", "recall", "F1")
    for name, scores in report.per_class.items():
        table.add_row(name, str(scores.n), f"{scores.precision:.3f}", f"{scores.recall:.3f}", f"{scores.f1:.3f}")
    console.print(table)
    console.print(
        f"{report.n} items, accuracy {report.accuracy:.4f}, macro F1 {report.macro_f1:.3f}, "
        f"calibration error {report.ece:.3f}, {report.ms_per_item:.2f} ms each"
    )
    console.print(
        f"sure enough to answer: {_percent(report.coverage)} of them, "
        f"of which right {_percent(report.coverage_accuracy)}"
    )
    if report.oos_auroc is not None:
        console.print(f"out of scope told apart with AUROC {report.oos_auroc:.3f}")
    if report.fer7 is not None:
        console.print(f"FER2013's seven labels: accuracy {report.fer7.accuracy:.4f}")


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"
