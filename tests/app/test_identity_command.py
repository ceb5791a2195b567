"""`agent identity key`: what it prints lets exactly one program in."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.core.errors import SettingsError
from agent.core.identity import Role
from agent.core.settings import IdentitySettings
from agent.transport.keys import ProgramKeys


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(["identity"]), ["identity", "key", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def test_the_digest_in_the_settings_knows_the_key() -> None:
    """What is printed for agent.toml can be put there as it is, whatever the program is called."""
    lines = printed("--role", "business", "--name", 'the "shop" [site]').splitlines()
    key = next(line.strip() for line in lines if line.startswith("    "))
    settings = tomllib.loads("\n".join(lines[lines.index("[[identity.keys]]") :]))
    program = ProgramKeys(IdentitySettings.model_validate(settings["identity"])).program_of(key)
    assert program is not None and (program.role, program.name) == (Role.BUSINESS, 'the "shop" [site]')


def test_no_two_keys_are_the_same() -> None:
    """For programs, as one JSON object."""
    first, second = (json.loads(printed("--role", "supervisor", "--json")) for _ in range(2))
    assert first["role"] == "supervisor" and len(first["key"]) >= 40
    assert first["key"] != second["key"] and first["sha256"] != second["sha256"]


def test_customers_have_no_keys() -> None:
    """They come by links, and the sentence says who makes them."""
    with pytest.raises(SettingsError, match="business makes them"):
        printed("--role", "customer")
