"""`agent capacity`: how many calls this machine bears, and why."""

from typing import Annotated

import typer
from rich.table import Table

from agent.app.calibration import PartCosts, measure_parts
from agent.app.capacity import Binding, Capacity
from agent.app.licences import within_licences
from agent.app.printing import JsonFlag, console, print_json
from agent.app.rating import rated_capacity
from agent.core.settings import Settings, load_settings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.languages import Languages
from agent.synthesis.vits import TEXT
from agent.synthesis.voice import PiperVoice

LIMITED_BY = {
    Binding.CORES: "the processor",
    Binding.LOOP: "the one event loop",
    Binding.SPEECH: "the threads of speech",
    Binding.PICTURES: "the setting vision.threads",
    Binding.MEMORY: "memory",
    Binding.GPU: "the GPU",
    Binding.SETTING: "the setting server.max_calls",
}


def register(app: typer.Typer) -> None:
    app.command("capacity")(capacity)


def capacity(
    again: Annotated[bool, typer.Option("--again", help="Measure anew what was remembered of this machine.")] = False,
    json: JsonFlag = False,
) -> None:
    """Explains how many calls are taken at a time: what each part of a call costs, and what there is of everything."""
    settings = load_settings()
    settings = within_licences(settings)
    registry = Registry.of(settings.models)
    rated = rated_capacity(settings, registry, lambda: _measured(settings, registry), again=again)
    if json:
        print_json(rated)
    else:
        _show(rated)


def _measured(settings: Settings, registry: Registry) -> PartCosts:
    runtime = Runtime(registry, settings.models.provider)
    languages = Languages.open(runtime, settings.hearing)
    voice = None if TEXT in registry.withheld else PiperVoice(runtime, settings.voice)
    return measure_parts(
        registry, settings, voice, lambda sound: languages.read(sound, language=settings.hearing.language)
    )


def _show(rated: Capacity) -> None:
    table = Table("part of a call", "ms each", "a second", "cores", title="What a call with everything in it costs")
    for column in table.columns[1:]:
        column.justify = "right"
    for part in sorted(rated.parts, key=lambda part: -part.cores):
        table.add_row(part.name, f"{part.ms:.2f}", f"{part.per_s:.3g}", f"{part.cores:.4f}")
    measured = sum(part.cores for part in rated.parts)
    table.add_row("everything else", "", "", f"{rated.call_cores - measured:.4f}", style="dim")
    table.add_row("a call", "", "", f"{rated.call_cores:.4f}", style="bold")
    console.print(table)
    memory = "unknown" if rated.memory_mb is None else f"{rated.memory_mb:,.0f} MB free, {rated.call_mb:g} MB a call"
    grid = Table.grid(padding=(0, 2))
    grid.add_row("cores", f"{rated.usable_cores:g}, of which {rated.head_room:.0%} are kept free")
    grid.add_row("memory", memory)
    grid.add_row("calls by", ", ".join(f"{LIMITED_BY[Binding(name)]}: {calls}" for name, calls in rated.limits.items()))
    console.print(grid)
    plural = "s" if rated.rated_calls > 1 else ""
    console.print(
        f"[bold]{rated.rated_calls} call{plural} at a time[/], set by {LIMITED_BY[rated.binding]}. "
        "docs/capacity.md says how this is worked out."
    )
