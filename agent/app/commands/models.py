"""`agent models list|verify`: which models there are, and whether their files are the right ones."""

import msgspec
import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import ModelError
from agent.core.settings import load_settings
from agent.inference.registry import ModelEntry, Registry


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one model's files are there and unchanged."""

    name: str
    ok: bool
    problem: str | None = None


def register(app: typer.Typer) -> None:
    models = typer.Typer(help="The models that the agent runs.", no_args_is_help=True)
    models.command("list")(list_models)
    models.command("verify")(verify_models)
    app.add_typer(models, name="models")


def list_models(json: JsonFlag = False) -> None:
    """Names every model with its source, licence and measured latency."""
    registry = Registry.load(load_settings().models.folder)
    if json:
        print_json({"models": registry.entries})
        return
    table = Table("model", "format", "licence", "commercial use", "ms", "source", title="Models")
    for entry in registry.entries:
        commercial = "yes" if entry.commercial else "[yellow]no, or unclear[/]"
        latency = "" if entry.latency_ms is None else f"{entry.latency_ms:.1f}"
        table.add_row(entry.name, entry.format, entry.licence, commercial, latency, entry.source)
    console.print(table)


def verify_models(json: JsonFlag = False) -> None:
    """Compares every model file with the manifest's sha256; exit code 1 if one differs."""
    registry = Registry.load(load_settings().models.folder)
    results = [verify(registry, entry) for entry in registry.entries]
    ok = all(result.ok for result in results)
    if json:
        print_json({"ok": ok, "models": results})
    else:
        for result in results:
            console.print("[green]✓[/]" if result.ok else "[red]✗[/]", result.name, result.problem or "")
    if not ok:
        raise typer.Exit(1)


def verify(registry: Registry, entry: ModelEntry) -> Verified:
    """Hashes one model's files."""
    try:
        registry.path(entry.name)
    except ModelError as error:
        return Verified(name=entry.name, ok=False, problem=str(error))
    return Verified(name=entry.name, ok=True)
