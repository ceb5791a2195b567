"""`agent evaluate`: how good a model is on labelled data of yours."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.app.commands.evaluate_recommend import recommend
from agent.app.figures import classes_table, percent, scores_table, write_pages, write_speech_pages
from agent.app.printing import JsonFlag, console, print_json
from agent.app.progress import shown
from agent.core.errors import DataRejected
from agent.core.settings import load_settings
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.training.card import command_line, confusions, evaluation_figures, update_card
from agent.training.evaluate_expression import evaluate_expression
from agent.training.evaluate_faq import evaluate_faq, held_out_questions
from agent.training.evaluate_fusion import evaluate_fusion
from agent.training.evaluate_gesture import evaluate_gesture
from agent.training.evaluate_intent import evaluate_intent
from agent.training.evaluate_scene import evaluate_scene
from agent.training.evaluate_speech_emotion import evaluate_speech_emotion
from agent.training.evaluate_text_emotion import evaluate_text_emotion
from agent.training.evaluation import Evaluation, Slice
from agent.training.lines import held_out_files
from agent.training.pack_head import head_name, model_of, open_reader
from agent.training.scene import WRITTEN
from agent.training.scores import Scores
from agent.training.speech import evaluate_speech

HEARD = Path("artefacts") / "training" / "speech_emotion"
"""Where `agent train speech-emotion` keeps what it heard, too."""

Data = Annotated[Path, typer.Option(help="Labelled data.", exists=True)]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Folder to write plots, report.json and index.html to.", metavar="DIR")
]
Card = Annotated[Path | None, typer.Option(help="Model card whose figures become these.", metavar="FILE")]

FER2013_ROW = "FER2013's seven labels"


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Quality of a model on labelled data.", no_args_is_help=True)
    for command in (expression, faq, fusion, gesture, intent, scene, recommend, speech, speech_emotion, text_emotion):
        group.command()(command)
    group.command("sentiment", hidden=True)(text_emotion)
    group.command("text_emotion", hidden=True)(text_emotion)
    app.add_typer(group, name="evaluate")


def expression(
    data: Data,
    part: Annotated[
        str | None, typer.Option(help='Prefix of the arrays in the npz; if not given: none, "test_", "val_", "train_".')
    ] = None,
    report: ReportFolder = None,
    card: Card = None,
    json: JsonFlag = False,
) -> None:
    """Faces in an npz (`x` with `ferplus_votes` and/or `fer7`) or pictures in a folder of class folders."""
    runtime = _runtime()
    with shown() as progress:
        evaluation = evaluate_expression(data, runtime, part=part, progress=progress)
    _hand_out(evaluation, "expression", runtime, report=report, card=card, json=json)


def fusion(
    faces: Annotated[Path, typer.Option(help="npz of faces with `ferplus_votes`.", exists=True, dir_okay=False)],
    voices: Annotated[
        Path, typer.Option(help="Folder of RAVDESS's and EmoDB's recordings.", exists=True, file_okay=False)
    ],
    lines: Annotated[Path, typer.Option(help="Table of comments as GoEmotions publishes it.", exists=True)],
    work: Annotated[Path, typer.Option(help="Folder for what was heard in the recordings.")] = HEARD,
    json: JsonFlag = False,
) -> None:
    """Face, voice and words of one emotion put together, against the best of them alone: minutes the first time."""
    with shown() as progress:
        report = evaluate_fusion(faces, voices, lines, _runtime(), work=work, progress=progress)
    if json:
        print_json(report)
        return
    console.print(scores_table(report.witnesses))
    console.print(f"all of them over the best alone: {100 * report.gain:+.1f} percentage points", highlight=False)
    told, false = report.conflicts.told_of_contradicting, report.conflicts.told_of_agreeing
    console.print(f"conflicts told: {percent(told)} of those there were, and {percent(false)} where there was none")
    best = ", ".join(f"{name} {exponent:g}" for name, exponent in report.best_exponents.items())
    console.print(f"exponents that fit best: {best}", highlight=False)
    for remark in report.remarks:
        console.print(f"[yellow]note:[/] {remark}", highlight=False)


def gesture(data: Data, report: ReportFolder = None, card: Card = None, json: JsonFlag = False) -> None:
    """Hands in an npz (`lm` or `x` with labels and `names`) or pictures in a folder of class folders."""
    runtime = _runtime()
    with shown() as progress:
        evaluation = evaluate_gesture(data, runtime, progress=progress)
    _hand_out(evaluation, "gesture", runtime, report=report, card=card, json=json)


def intent(
    data: Annotated[
        Path | None, typer.Option(help="Lines to measure with; ours for the domain when left out.", exists=True)
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Domain pack; the one of the settings when left out.")] = None,
    language: Annotated[str, typer.Option(help="Language of the domain's lines.")] = "en",
    train: Annotated[Path | None, typer.Option(help="Training file for other intents than a domain's.")] = None,
    report: ReportFolder = None,
    card: Card = None,
    json: JsonFlag = False,
) -> None:
    """Lines in a CSV (`text,category`), in CLINC's JSON splits, or in YAML."""
    runtime = _runtime()
    pack = None if train is not None else load_understanding(domain or load_settings().reply.domain, locale=language)
    if card is not None and (pack is None or model_of(runtime, pack) is None):
        raise DataRejected("no model of the manifest was trained on just these examples, so none has a card for them")
    ours = () if pack is None else held_out_files(pack.name, language)
    with shown() as progress:
        evaluation = evaluate_intent([data] if data else ours, runtime, pack=pack, train=train, progress=progress)
    model = "intent" if pack is None else head_name(pack)
    _hand_out(evaluation, model, runtime, report=report, card=card, json=json)


def faq(
    data: Annotated[
        Path | None, typer.Option(help="Questions by article; ours for the domain when left out.", exists=True)
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Domain pack; the one of the settings when left out.")] = None,
    language: Annotated[str, typer.Option(help="Language of the help pages.")] = "en",
    json: JsonFlag = False,
) -> None:
    """Questions in YAML: lists by article of faq.LANGUAGE.yaml, and a list that no article answers."""
    pack = domain or load_settings().reply.domain
    embedder = SentenceEmbedder(_runtime(), language=language)
    measured = evaluate_faq(data or held_out_questions(pack, language), pack, language, embedder.embed)
    if json:
        print_json(measured)
        return
    console.print(f"{measured.n} questions with an answer, {measured.n_unanswerable} without")
    console.print(
        f"found first: {percent(measured.found_first)}, by words alone {percent(measured.found_first_by_words)}"
    )
    table = Table("sure from", "right", "wrong", "answered without an answer")
    for one in measured.thresholds:
        used = "*" if one.at_least_prob == measured.used.at_least_prob else ""
        table.add_row(f"{one.at_least_prob}{used}", percent(one.right), percent(one.wrong), percent(one.false_answers))
    console.print(table)
    console.print(f"* is used; {measured.ms_per_item:.1f} ms CPU a question")


def scene(
    data: Annotated[
        Path, typer.Option(help="Pieces of calls, in the form of the file that is taken when left out.", exists=True)
    ] = WRITTEN,
    report: ReportFolder = None,
    card: Card = None,
    json: JsonFlag = False,
) -> None:
    """What situation a call is in, told at the end of pieces of calls that were written by hand."""
    runtime = _runtime()
    reader = open_reader(runtime, load_understanding("shop"))
    _hand_out(evaluate_scene(data, runtime, reader.intent), "scene", runtime, report=report, card=card, json=json)


def speech(
    data: Data,
    noise: Annotated[
        bool, typer.Option("--noise", help="Also with noise, too quiet, clipped, and by telephone.")
    ] = False,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """Recordings listed in a manifest (`file`, `lang`, `text`), heard as calls are."""
    with shown() as progress:
        heard = evaluate_speech(data, _runtime(), load_settings().hearing, noise=noise, progress=progress)
    page = write_speech_pages(heard, report, command=command_line(sys.argv[1:])) if report is not None else None
    if json:
        print_json(heard)
        return
    console.print(f"{heard.n} recordings, {heard.skipped} in languages that are not understood left out")
    table = Table("recordings", "word errors", "character errors")
    for name, rates in {"as they are": heard, **heard.conditions}.items():
        table.add_row(name, percent(rates.wer), percent(rates.cer))
    console.print(table)
    console.print(f"{heard.cpu_s_per_utterance:.2f} CPU seconds an utterance")
    if page is not None:
        console.print(f"written: {page}", highlight=False)


def speech_emotion(data: Data, report: ReportFolder = None, card: Card = None, json: JsonFlag = False) -> None:
    """A folder of recordings with RAVDESS's or EmoDB's file names, each judged by the emotions of its corpus."""
    runtime = _runtime()
    with shown() as progress:
        evaluation = evaluate_speech_emotion(data, runtime, progress=progress)
    _hand_out(evaluation, "voice_emotion", runtime, report=report, card=card, json=json)


def text_emotion(data: Data, report: ReportFolder = None, card: Card = None, json: JsonFlag = False) -> None:
    """A table of comments as GoEmotions publishes it: text, labels as numbers or names, and what else, with tabs."""
    runtime = _runtime()
    with shown() as progress:
        evaluation = evaluate_text_emotion(data, runtime, progress=progress)
    _hand_out(evaluation, "text_emotion", runtime, report=report, card=card, json=json)


def _runtime() -> Runtime:
    settings = load_settings().models
    return Runtime(Registry.load(settings.folder), settings.provider)


def _hand_out(
    evaluation: Evaluation, model: str, runtime: Runtime, *, report: Path | None, card: Path | None, json: bool
) -> None:
    """Prints the evaluation, and writes what was asked for."""
    command = command_line(sys.argv[1:])
    written: list[Path] = []
    if report is not None:
        written.append(
            write_pages(evaluation, report, title=f"{model.capitalize().replace('_', ' ')} model", command=command)
        )
    if card is not None:
        sha256 = runtime.registry.entry(model).files[0].sha256
        update_card(card, evaluation_figures(evaluation, command=command, sha256=sha256))
        written.append(card)
    if json:
        print_json(evaluation)
        return
    _show(evaluation)
    for path in written:
        console.print(f"written: {path}", highlight=False)


def _show(evaluation: Evaluation) -> None:
    rows: dict[str, Scores | Slice] = {"all": evaluation, **evaluation.slices}
    if evaluation.ferplus is not None and evaluation.fer7 is not None:
        rows[FER2013_ROW] = evaluation.fer7
    console.print(scores_table(rows), classes_table(evaluation.per_class))
    mistakes = ", ".join(f"{right} as {answer} {count}" for right, answer, count in confusions(evaluation.curves))
    console.print(f"most frequent mistakes: {mistakes or 'none'}", highlight=False)
    console.print(
        f"sure: probability {evaluation.confident_prob:g} or more; {evaluation.ms_per_item:.2f} ms CPU an item",
        highlight=False,
    )
    if evaluation.oos_auroc is not None:
        console.print(f"out of scope told apart with AUROC {evaluation.oos_auroc:.3f}", highlight=False)
    for remark in evaluation.remarks:
        console.print(f"[yellow]note:[/] {remark}", highlight=False)
    for reason, count in evaluation.left_out.items():
        console.print(f"[yellow]left out:[/] {count:,} {reason}", highlight=False)
