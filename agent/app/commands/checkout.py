"""Finds the benchmarks, which lie beside the package in a checkout and are not installed with it; hands out reports."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.app.printing import print_json
from agent.core.errors import AgentError

PlotFile = Annotated[Path | None, typer.Option(help="Draw what was measured into this file, .png or .svg.")]


def benchmark(name: str) -> Any:
    """A module of `benchmarks/`. Raises `AgentError` where there is none, as in an installed package."""
    try:
        return import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise AgentError(
            f"benchmarks run from a checkout with its development packages ({error.name} is missing here): "
            "clone the repository and run `make bench`"
        ) from None


def hand_out(report: Any, show: Callable[[Any], None], *, plotted_by: str, plot: Path | None, json: bool) -> None:
    """Draws a report where that is wanted, by the module `plotted_by`; then prints it as JSON, or shows it."""
    if plot is not None:
        benchmark(plotted_by).plot(report, plot)
    if json:
        print_json(report)
    else:
        show(report)
