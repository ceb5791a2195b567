"""Finds the folder of a domain pack by the pack's name, and reads the files in it."""

import importlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec
import yaml

from agent.core.errors import SettingsError

Part = TypeVar("Part")

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


def read_part(pack: str, file: Traversable, kind: type[Part]) -> Part:
    """The YAML in a file of `pack`, as `kind`. Raises `SettingsError` that names both and what is wrong."""
    try:
        return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), kind)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as fault:
        raise SettingsError(f"domain {pack}: {file.name}: {fault}") from None
