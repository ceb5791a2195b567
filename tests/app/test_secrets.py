"""No secret of the settings is printed or logged, whichever section it is of, and each may lie in a file."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.core.errors import SettingsError
from agent.core.settings import LlmSettings, ProgramKey, ServerSettings, Settings, load_settings
from tests.serving import running_agent

URLS = {"storage.mongo_url": "mongodb://user:{}@127.0.0.1:1/archive"}
NEEDED: dict[str, Any] = {
    "server": {"turn_urls": ["turn:127.0.0.1:3478"]},
    "reply": {
        "llm": {"url": "http://127.0.0.1:1/v1", "model": "m"},
        "openapi": [{"document": "erp.json", "hosts": ["erp.example"], "tools": {}}],
        "mcp": [{"command": ["true"], "tools": {}}],
    },
    "identity": {
        "keys": [{"role": "supervisor"}],
        "oidc": {"issuer": "https://id.example", "client_id": "agent", "roles": {"support": "supervisor"}},
    },
}
"""What sections must hold beside their secrets."""


def sections(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any, type[BaseModel]]]:
    """Path and annotation of each secret below a section, and the section itself."""
    for name, field in model.model_fields.items():
        here = f"{path}.{name}".lstrip(".")
        inner = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        for kind in inner:
            if issubclass(kind, BaseModel):
                yield from sections(kind, here)
        if SecretStr in inner:
            yield here, field.annotation, model


SECRETS = [(path, annotation) for path, annotation, _ in sections(Settings)]


def filled(paths: list[tuple[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """A tree of settings with a secret of its own at each path, and those secrets."""
    tree: dict[str, Any] = json.loads(json.dumps(NEEDED))
    secrets = []
    for path, annotation in paths:
        *parents, name = path.split(".")
        at: Any = tree
        for parent in parents:
            at = at.setdefault(parent, {})
            at = at[0] if isinstance(at, list) else at
        secret = f"never-to-be-seen-{path.replace('.', '-').replace('_', '-')}-{'0' * 32}"
        secrets.append(secret)
        value = URLS.get(path, "{}").format(secret)
        several = {"tuple": [value], "dict": {"NAME": value}}
        at[name] = next((form for kind, form in several.items() if str(annotation).startswith(kind)), value)
    return tree, secrets


def as_environment(tree: dict[str, Any]) -> dict[str, str]:
    """Section by section, key by key."""
    return {
        f"AGENT_{section}__{key}".upper(): value if isinstance(value, str) else json.dumps(value)
        for section, keys in tree.items()
        for key, value in keys.items()
    }


def test_the_settings_hold_secrets() -> None:
    """Those that are known at least are found by the walk, so that the tests below are about something."""
    found = {path for path, _ in SECRETS}
    assert {"server.customer_secret", "server.turn_secret", "api.keys", "reply.key", "reply.llm.key"} <= found
    assert {"telemetry.metrics_token", "voice.key", "identity.keys.key", "reply.mcp.env"} <= found


@pytest.mark.parametrize("json_asked", [(), ("--json",)])
def test_agent_settings_prints_no_secret(
    json_asked: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is stars; what stands beside it is shown."""
    tree, secrets = filled(SECRETS)
    monkeypatch.chdir(tmp_path)
    for name, value in as_environment(tree).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AGENT_STORAGE__URL", "postgresql+asyncpg://agent:never-to-be-seen@db.example/agent")
    monkeypatch.setenv("COLUMNS", "1000")
    shown = CliRunner().invoke(build_app(["settings"]), ["settings", *json_asked])
    assert shown.exit_code == 0, shown.output
    assert "never-to-be-seen" not in shown.output and "agent:**********@db.example" in shown.output
    assert "turn:127.0.0.1:3478" in shown.output and len(secrets) == len(set(secrets))


def test_no_secret_is_seen_where_settings_are_shown_as_values() -> None:
    """In a traceback or a log line, where one would print the whole tree."""
    tree, _ = filled(SECRETS)
    settings = Settings.model_validate(tree)
    assert "never-to-be-seen" not in f"{settings!r} {settings}"


def test_a_wrong_value_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a secret that is too short names the setting and says what would do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_SERVER__CUSTOMER_SECRET", "hunter2hunter2")
    with pytest.raises(SettingsError, match=r"server\.customer_secret") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "name", "given"),
    [
        (ServerSettings, "customer_secret", {}),
        (LlmSettings, "key", {"url": "http://127.0.0.1:1/v1", "model": "m"}),
        (ProgramKey, "key", {"role": "supervisor"}),
    ],
)
def test_a_secret_may_lie_in_a_file(section: type[BaseModel], name: str, given: dict[str, Any], tmp_path: Path) -> None:
    """The end of its line is no part of it; both at once, a file that is away, and one that is empty are errors."""
    path = tmp_path / "secret"
    path.write_text("s" * 40 + "\n")
    secret = getattr(section.model_validate(given | {f"{name}_file": path}), name)
    assert secret.get_secret_value() == "s" * 40
    with pytest.raises(ValueError, match="both given"):
        section.model_validate(given | {f"{name}_file": path, name: "t" * 40})
    path.write_text("\n")
    with pytest.raises(ValueError, match="is empty"):
        section.model_validate(given | {f"{name}_file": path})
    path.unlink()
    with pytest.raises(ValueError, match=f"{name}_file .*cannot be read"):
        section.model_validate(given | {f"{name}_file": path})


def test_several_secrets_lie_in_a_file_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by the environment as a container's secrets are."""
    path = tmp_path / "keys"
    path.write_text(f"{'a' * 20}\n{'b' * 20}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_API__KEYS_FILE", str(path))
    assert [key.get_secret_value() for key in load_settings().api.keys] == ["a" * 20, "b" * 20]


@pytest.mark.security
@pytest.mark.timeout(180)
def test_a_started_agent_logs_no_secret(tmp_path: Path) -> None:
    """Nor prints one: with every secret set that needs no other server, through a call from its start to its end."""
    elsewhere = ("reply.llm", "reply.openapi", "reply.mcp", "storage.", "voice.", "translation.", "identity.oidc")
    tree, secrets = filled([(path, kind) for path, kind in SECRETS if not path.startswith(elsewhere)])
    tree["reply"] = {key: value for key, value in tree["reply"].items() if key == "key"}
    environment = as_environment(tree)
    environment.pop("AGENT_IDENTITY__KEYS")
    with running_agent(tmp_path, **environment) as agent:
        called = subprocess.run(
            [sys.executable, "-m", "agent.app", "call", "--url", agent.url, "--seconds", "4", "--json"],
            cwd=tmp_path,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=True,
        )
    written = (tmp_path / "agent.log").read_text() + called.stdout + called.stderr
    assert json.loads(called.stdout)["states"] and len(secrets) > 4
    assert not [secret for secret in secrets if secret in written]
