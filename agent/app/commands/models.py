"""`agent models list|show|verify`: which models there are, what is known of each, whether their files are right."""

import re
from typing import Annotated

import msgspec
import typer
from rich.markdown import Markdown
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import ModelError
from agent.core.settings import load_settings
from agent.inference.registry import ModelEntry, Registry, commercially_free


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one model's files are there and unchanged."""

    name: str
    ok: bool
    problem: str | None = None
    absent: str | None = None
    """Of an optional model that is not installed: the command that installs it."""


def register(app: typer.Typer) -> None:
    models = typer.Typer(help="The models that the agent runs.", no_args_is_help=True)
    models.command("list")(list_models)
    models.command("show")(show_model)
    models.command("verify")(verify_models)
    app.add_typer(models, name="models")


def list_models(json: JsonFlag = False) -> None:
    """Names every model, linked to its card, with its licence and latency."""
    registry = Registry.load(load_settings().models.folder)
    if json:
        print_json({"models": registry.entries})
        return
    table = Table("model", "licence", "commercial", "sure from", "ms", title="Models")
    for column in (0, 2):
        table.columns[column].no_wrap = True
    for entry in registry.entries:
        table.add_row(
            f"[link={(registry.folder / entry.card).absolute().as_uri()}]{entry.name}[/]",
            entry.licence.partition(";")[0],
            _commercial(entry),
            "" if entry.confident_prob is None else f"{entry.confident_prob:g}",
            "" if entry.latency_ms is None else f"{entry.latency_ms:g}",
        )
    console.print(table)
    console.print("`agent models show NAME` prints a model's source, files, tensors and card.", highlight=False)


def show_model(
    name: Annotated[str, typer.Argument(help="As `agent models list` calls it.")], json: JsonFlag = False
) -> None:
    """Prints what is known of one model: its source, files and tensors, how good it is and where it fails."""
    registry = Registry.load(load_settings().models.folder)
    entry = registry.entry(name)
    if json:
        print_json(entry)
        return
    table = Table(title=name, show_header=False)
    for key, value in (
        ("source", entry.source),
        ("licence", entry.licence),
        ("commercial use", _commercial(entry)),
        *(("made from", f"{one.name} ({one.licence})") for one in entry.ancestry),
        ("package", entry.package and f"{entry.package.distribution}=={entry.package.version}"),
        *(("file", f"{file.path}  sha256 {file.sha256[:12]}…") for file in entry.files),
        *(("takes", f"{tensor.name} {tensor.dtype} {list(tensor.shape)}") for tensor in entry.inputs),
        *(("gives", f"{tensor.name} {tensor.dtype} {list(tensor.shape)}") for tensor in entry.outputs),
        ("ms a run", entry.latency_ms and f"{entry.latency_ms:g} on {entry.measured_on}"),
    ):
        if value:
            table.add_row(key, value)
    console.print(table, highlight=False)
    card = registry.folder / entry.card
    text = card.read_text(encoding="utf-8") if card.is_file() else f"Its card, {card}, is not there."
    console.print(Markdown(re.sub(r"<!--.*?-->\n?", "", text)))


def verify_models(json: JsonFlag = False) -> None:
    """Compares every model file with the manifest's sha256; exit code 1 if one differs."""
    registry = Registry.load(load_settings().models.folder)
    results = [verify(registry, entry) for entry in registry.entries]
    ok = all(result.ok for result in results)
    if json:
        print_json({"ok": ok, "models": results})
    else:
        for result in results:
            mark = "·" if result.absent else "[green]✓[/]" if result.ok else "[red]✗[/]"
            absent = f"not installed: `{result.absent}`" if result.absent else ""
            console.print(mark, result.name, result.problem or absent)
    if not ok:
        raise typer.Exit(1)


def verify(registry: Registry, entry: ModelEntry) -> Verified:
    """Hashes one model's files; an optional one that is not installed is no fault."""
    if entry.extra is not None and not registry.installed(entry.name):
        return Verified(name=entry.name, ok=True, absent=f"uv sync --extra {entry.extra}")
    try:
        registry.path(entry.name)
    except ModelError as error:
        return Verified(name=entry.name, ok=False, problem=str(error))
    return Verified(name=entry.name, ok=True)


def _commercial(entry: ModelEntry) -> str:
    return "yes" if commercially_free(entry) else "[yellow]no, or unclear[/]"
