"""What the pages for operators and privacy officers name is there: commands, options, settings, files, tables."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.core.settings import REPOSITORY, PrivacySettings, RetentionSettings, Settings, load_settings
from agent.storage import tables

PAGES = {name: (REPOSITORY / "docs" / f"{name}.md").read_text("utf-8") for name in ("privacy", "operating", "ai-act")}
TEXT = "\n".join(PAGES.values())
SPANS = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
EXAMPLES = re.findall(r"^(?: {4}|)(agent [a-z].*)$", TEXT, re.MULTILINE)
COMMANDS = sorted({span for span in (*SPANS, *EXAMPLES) if span.startswith("agent ")})
TOML = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
SETTINGS = [
    span for span in SPANS if re.fullmatch(r"[a-z]+\.[a-z_.]+", span) and span.split(".")[0] in Settings.model_fields
]
FILES = [span for span in SPANS if re.fullmatch(r"(agent|tests|docs|models_onnx|webclient|benchmarks)/[\w./-]+", span)]
pytestmark = pytest.mark.timeout(60)
"""The first to ask for the command line imports all of it."""
HARMLESS = ["settings", "privacy record", "privacy dpia", "models list"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_exists(command: str) -> None:
    """What can be copied from a page can be run."""
    words = shlex.split(command, comments=True)[1:]
    found = get_command(build_app([]))
    for word in words:
        if isinstance(found, TyperGroup) and word in found.commands:
            found = found.commands[word]
    assert words[0] == found.name or found.name in words[1:], f"there is no command `{command}`"
    known = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def _field(model: type[BaseModel], path: list[str]) -> bool:
    """Whether the settings have this key; a secret may be named as a file, too, and a list by what its entries are."""
    name, *rest = path
    field = model.model_fields.get(name)
    if field is None:
        secret = model.model_fields.get(name.removesuffix("_file"))
        return not rest and secret is not None and SecretStr in (secret.annotation, *get_args(secret.annotation))
    if not rest:
        return True
    inner = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
    return any(issubclass(kind, BaseModel) and _field(kind, rest) for kind in inner)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_exists(setting: str) -> None:
    """And by the name that it has now."""
    assert _field(Settings, setting.split("."))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"AGENT_[A-Z_]+[A-Z]", TEXT))))
def test_every_variable_sets_something(name: str) -> None:
    """It leads to a key of the settings."""
    assert _field(Settings, name.removeprefix("AGENT_").lower().split("__"))


@pytest.mark.parametrize("path", FILES)
def test_every_file_exists(path: str) -> None:
    """Where the page says that something is done, somebody finds it."""
    assert (REPOSITORY / path).exists()


def _links() -> Iterator[tuple[str, str]]:
    for page, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#]*)(?:#[\w-]+)?\)", text):
            if not target.startswith("http"):
                yield page, target


@pytest.mark.parametrize(("page", "target"), sorted(set(_links())))
def test_every_link_leads_somewhere(page: str, target: str) -> None:
    """Within the folder of the pages."""
    assert (REPOSITORY / "docs" / (target or f"{page}.md")).is_file()


@pytest.mark.parametrize("example", TOML)
def test_every_example_of_settings_is_taken(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, in a file of its own."""
    monkeypatch.chdir(tmp_path)
    Path("agent.toml").write_text(example)
    assert load_settings().model_dump(exclude_unset=True).keys() == tomllib.loads(example).keys()


def test_every_table_and_class_of_days_is_on_the_privacy_page() -> None:
    """With the default that is in force."""
    page = PAGES["privacy"]
    assert {name for name in tables.metadata.tables if f"`{name}`" not in page} == set()
    assert {name for name in RetentionSettings.model_fields if f"`retention.{name}`" not in page} == set()
    rows = re.findall(r"^\|[^|]*\|[^|]*\|[^|]*\| `retention\.(\w+)` \| (\d+) \|", page, re.MULTILINE)
    assert len(rows) >= 5
    assert {name: int(days) for name, days in rows}.items() <= RetentionSettings().model_dump().items()


def test_the_switch_on_the_privacy_page_does_what_it_says() -> None:
    """One setting turns emotion off, and it is on by default as the page implies."""
    assert PrivacySettings().emotion and not PrivacySettings().replay


def test_the_readme_leads_to_each_page() -> None:
    """Operators and privacy officers find theirs from the first page."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert [name for name in PAGES if f"(docs/{name}.md)" not in readme] == []


@pytest.mark.parametrize("command", HARMLESS)
def test_what_only_shows_something_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, as an operator would try it first."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build_app(command.split()), command.split())
    assert result.exit_code == 0 and len(result.output) > 100
