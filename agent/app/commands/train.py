"""`agent train`: makes a model anew from labelled data, measures it on what was held out, and writes its card."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from agent.app.figures import percent, scores_table, write_pages
from agent.app.printing import JsonFlag, console, print_json
from agent.app.progress import shown
from agent.core.errors import AgentError
from agent.core.settings import load_settings
from agent.core.understanding import Understanding
from agent.dialogue.understanding import intent_files, load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.card import command_line, new_card, training_figures, update_card
from agent.training.evaluation import evaluated
from agent.training.lines import held_out_files, understanding_of
from agent.training.pack_head import open_reader
from agent.training.progress import TrainingReport
from agent.training.scores import Scores, score

Out = Annotated[Path, typer.Option(help="ONNX file to write; its card is written beside it.", dir_okay=False)]
Work = Annotated[
    Path, typer.Option(help="Folder of checkpoints. A run goes on from those it finds; name another to begin anew.")
]
Seed = Annotated[int, typer.Option(help="The same seed, data and machine give the same model.", min=0)]
Licence = Annotated[str, typer.Option(help="Licence of your data, for a new card.")]
Card = Annotated[
    Path | None, typer.Option(help="Card to write the figures to instead of one beside the model.", metavar="FILE")
]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Folder to write plots, report.json and index.html to.", metavar="DIR")
]

WORK = Path("artefacts") / "training"


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent train --json` prints."""

    model: str
    out: str
    sha256: str
    confident_prob: float | None
    """For the manifest, beside the sha256."""
    card: str
    seed: int
    cpu_s: float
    ms_per_item: float | None
    held_out: dict[str, Scores]
    notes: dict[str, str]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Make a model anew from labelled data.", no_args_is_help=True)
    for command in (expression, gesture, intent, scene, speech_emotion, text_emotion):
        group.command()(command)
    group.command("text_emotion", hidden=True)(text_emotion)
    app.add_typer(group, name="train")


def expression(
    data: Annotated[
        Path, typer.Option(help="npz with train_* and val_* of `x`, `ferplus_votes` and `fer7`.", exists=True)
    ],
    out: Out,
    work: Work = WORK / "expression",
    minutes: Annotated[float, typer.Option(help="CPU minutes in all, those of earlier runs included.", min=0.01)] = 115,
    packages: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the unpacked npm packages that the teacher starts from.", exists=True, metavar="DIR"
        ),
    ] = None,
    seed: Seed = 1,
    licence: Licence = "not stated",
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The network that reads expressions, with a larger teacher if `--packages` are there, else from votes alone.

    Needs PyTorch: `uv sync --group train`.
    """
    module = _module("expression")
    with shown() as progress:
        done = module.train(data, work, out, minutes=minutes, seed=seed, progress=progress, packages=packages)
    _hand_out(done, licence=licence, card=card, report=report, json=json)


def gesture(
    data: Annotated[Path, typer.Option(help="npz of hands with landmarks, labels and names.", exists=True)],
    out: Out,
    angles: Annotated[
        Path | None, typer.Option(help="npz of hands at odd angles, in the order of filming.", exists=True)
    ] = None,
    work: Work = WORK / "gesture",
    seed: Seed = 0,
    licence: Licence = "not stated",
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The head that reads hand signs from landmarks: minutes on one core."""
    module = _module("gesture")
    with shown() as progress:
        done = module.train(data, work, out, seed=seed, progress=progress, angles=angles)
    _hand_out(done, licence=licence, card=card, report=report, json=json)


def intent(
    out: Out,
    domain: Annotated[str, typer.Option(help="Domain pack whose own examples are learnt.")] = "shop",
    language: Annotated[str, typer.Option(help="Language of the pack's examples.")] = "en",
    data: Annotated[
        Path | None, typer.Option(help="Lines with intents to learn instead: YAML, CSV or JSON.", exists=True)
    ] = None,
    held_out: Annotated[
        list[Path] | None, typer.Option(help="Lines to measure with; ours where there are any.", exists=True)
    ] = None,
    select: Annotated[
        bool,
        typer.Option(
            "--select",
            help="Compare kinds of models by cross-validation and write the best instead; minutes. "
            "Needs `uv sync --extra training`.",
        ),
    ] = False,
    licence: Licence = "Apache-2.0",
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The head that reads the intents of a domain's customers from features of their lines: seconds."""
    module = _module("select_intent" if select else "intent")
    runtime = Runtime(Registry.load(load_settings().models.folder), "cpu")
    if data is None:
        understanding, files = load_understanding(domain, locale=language), intent_files(domain, locale=language)
    else:
        understanding, files = understanding_of(data), (data,)
    if select:
        _select(module, understanding, out, runtime, report or WORK / "selection", json=json)
        return
    measured = held_out or (held_out_files(domain, language) if data is None else ())
    with shown() as progress:
        done = module.train(understanding, out, files=files, held_out=measured, runtime=runtime, progress=progress)
    _hand_out(done, licence=licence, card=card, report=report, json=json)


def scene(
    out: Out,
    calls: Annotated[int, typer.Option(help="How many calls to make up and learn from.", min=20)] = 500,
    seed: Seed = 1,
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The rules that tell what situation a call is in, from calls made up by other rules: half a minute."""
    module = _module("scene")
    runtime = Runtime(Registry.load(load_settings().models.folder), "cpu")
    reader = open_reader(runtime, load_understanding("shop"))
    with shown() as progress:
        done = module.train(out, read_intent=reader.intent, calls=calls, seed=seed, progress=progress)
    _hand_out(done, licence="Apache-2.0", card=card, report=report, json=json)


def speech_emotion(
    data: Annotated[
        Path, typer.Option(help="Folder of RAVDESS's or EmoDB's recordings, wav or flac.", exists=True, file_okay=False)
    ],
    out: Out,
    work: Work = WORK / "speech_emotion",
    licence: Licence = "not stated",
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The head that hears emotion in a voice: 0.1 CPU seconds a recording to hear it, then minutes."""
    module = _module("speech_emotion")
    runtime = Runtime(Registry.load(load_settings().models.folder), "cpu")
    with shown() as progress:
        done = module.train(data, work, out, runtime=runtime, progress=progress)
    _hand_out(done, licence=licence, card=card, report=report, json=json)


def text_emotion(
    data: Annotated[Path, typer.Option(help="Comments as GoEmotions publishes them, to learn.", exists=True)],
    out: Out,
    held_out: Annotated[Path | None, typer.Option(help="Comments to measure with.", exists=True)] = None,
    licence: Licence = "not stated",
    card: Card = None,
    report: ReportFolder = None,
    json: JsonFlag = False,
) -> None:
    """The head that reads emotion from the features that intents are read from: 3 CPU ms a comment."""
    module = _module("text_emotion")
    runtime = Runtime(Registry.load(load_settings().models.folder), "cpu")
    with shown() as progress:
        done = module.train(data, out, held_out=held_out, runtime=runtime, progress=progress)
    _hand_out(done, licence=licence, card=card, report=report, json=json)


def _select(
    module: Any, understanding: Understanding, out: Path, runtime: Runtime, report: Path, *, json: bool
) -> None:
    with shown() as progress:
        found = module.select(understanding, out, runtime=runtime, progress=progress)
    page = _module("selection_page").write_selection(found, report, command=command_line(sys.argv[1:]))
    if json:
        print_json(found)
        return
    rows = Table("kind of model", "right", "95 %", "macro F1", "p, to the best")
    for kind in found.kinds:
        low, high = kind.accuracy_95
        interval = f"{100 * low:.1f}–{100 * high:.1f}"
        rows.add_row(kind.name, percent(kind.accuracy), interval, f"{kind.macro_f1:.3f}", f"{kind.worse_p:.2g}")
    console.print(rows)
    console.print(f"written: {out}, {out.with_suffix('.toml')}, {page}", highlight=False)


def _module(name: str) -> Any:
    """A module of `agent.training` whose packages may be missing, as only training needs them."""
    try:
        return import_module(f"agent.training.{name}")
    except ImportError as error:
        raise AgentError(f"`agent train` cannot start: {error}") from error


def _hand_out(done: TrainingReport, *, licence: str, card: Path | None, report: Path | None, json: bool) -> None:
    """Writes card and report, and prints what the manifest needs."""
    command = command_line(sys.argv[1:])
    written = _write_card(done, card or done.out.with_suffix(".md"), command, licence)
    if report is not None and done.held_out:
        name, answers = next(iter(done.held_out.items()))
        evaluation = evaluated(answers, ms_per_item=done.ms_per_item or 0.0)
        write_pages(
            evaluation, report, title=f"{done.model.capitalize().replace('_', ' ')} model: {name}", command=command
        )
    scores = {name: score(answers) for name, answers in done.held_out.items()}
    first = next(iter(scores.values()), None)
    trained = Trained(
        model=done.model,
        out=str(done.out),
        sha256=done.sha256,
        confident_prob=first.confident_prob if first else None,
        card=str(written),
        seed=done.seed,
        cpu_s=done.cpu_s,
        ms_per_item=done.ms_per_item,
        held_out=scores,
        notes=dict(done.notes),
    )
    if json:
        print_json(trained)
    else:
        _show(trained)


def _write_card(done: TrainingReport, card: Path, command: str, licence: str) -> Path:
    if card.exists():
        update_card(card, training_figures(done, command=command))
    else:
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(new_card(done, command=command, licence=licence), encoding="utf-8")
    return card


def _show(trained: Trained) -> None:
    console.print(scores_table(trained.held_out))
    for name, value in trained.notes.items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(f"{trained.cpu_s:.0f} CPU seconds; model {trained.out}, card {trained.card}", highlight=False)
    console.print("for models_onnx/manifest.toml, once the file lies there:", highlight=False)
    console.print(f'  sha256 = "{trained.sha256}"', highlight=False, soft_wrap=True)
    if trained.confident_prob is not None:
        console.print(f"  confident_prob = {trained.confident_prob:g}", highlight=False)
