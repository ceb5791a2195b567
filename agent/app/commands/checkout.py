"""Finds the benchmarks, which lie beside the package in a checkout and are not installed with it."""

from importlib import import_module
from typing import Any

from agent.core.errors import AgentError


def benchmark(name: str) -> Any:
    """A module of `benchmarks/`. Raises `AgentError` where there is none, as in an installed package."""
    try:
        return import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise AgentError(
            f"benchmarks run from a checkout with its development packages ({error.name} is missing here): "
            "clone the repository and run `make bench`"
        ) from None
