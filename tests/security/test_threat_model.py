"""The threat model names only what is there: files that stand against threats, settings, commands."""

import re

import pytest
from pydantic import BaseModel

from agent.app.__main__ import COMMANDS
from agent.core.settings import REPOSITORY, Settings

TEXT = (REPOSITORY / "docs" / "threat-model.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
FILES = [name for name in NAMED if "/" in name or name == "uv.lock"]
SECTIONS = {name for name in Settings.model_fields}
SETTINGS = [name.partition(" = ")[0] for name in NAMED if name.split(".")[0] in SECTIONS and "/" not in name]
COMMANDS_NAMED = [name for name in NAMED if name.startswith("agent ")]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_there(name: str) -> None:
    """A measure whose file is gone would be a promise."""
    assert (REPOSITORY / name).is_file()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_one(name: str) -> None:
    """By section and key, also where a section holds a section."""
    model: type[BaseModel] = Settings
    *sections, key = name.split(".")
    for section in sections:
        annotation = model.model_fields[section].annotation
        kinds = (annotation, *getattr(annotation, "__args__", ()))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    assert key in model.model_fields


@pytest.mark.parametrize("name", COMMANDS_NAMED)
def test_every_command_is_one(name: str) -> None:
    """As the command line knows it."""
    assert name.split()[1] in COMMANDS


def test_the_walk_finds_something() -> None:
    """Otherwise nothing above would be checked."""
    assert len(FILES) > 40 and len(SETTINGS) > 8 and COMMANDS_NAMED
