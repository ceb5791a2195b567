"""Finds the folder of a domain pack by the pack's name."""

import importlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from agent.core.errors import SettingsError

HOUSE = "agent.dialogue.domains"
"""Where the packs that ship are, and what they share."""


def folder_of(name: str) -> Traversable:
    """Where the files of pack `name` are. Raises `SettingsError` where there is no such pack."""
    module = module_of(name)
    try:
        return files(importlib.import_module(module))
    except ImportError:
        raise SettingsError(f"reply.domain is {name!r}, but there is no package {module}") from None


def module_of(name: str) -> str:
    """The package that a pack's name stands for; a dotted name is one already."""
    return name if "." in name else f"{HOUSE}.{name}"
