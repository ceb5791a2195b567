"""What docs/calling.md and docs/access.md tell businesses and operators to type does what they say."""

import asyncio
import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from agent.core.consent import CONSENT_VERSION
from agent.core.identity import Role
from agent.core.settings import REPOSITORY, IdentitySettings, LimitSettings, ServerSettings, Settings
from tests.transport.conftest import STAFF_KEYS, ScriptedDesk

CALLING, ACCESS = (REPOSITORY / "docs" / f"{name}.md" for name in ("calling", "access"))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in `language`."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def read_settings(text: str, folder: Path) -> Settings:
    """The settings of an agent.toml, in whose folder the files of secrets are taken to lie."""
    for secret in re.findall(r'"(/run/secrets/\w+)"', text):
        (folder / Path(secret).name).write_text("a secret of sixteen letters or more")
    tree: dict[str, Any] = tomllib.loads(text.replace("/run/secrets", str(folder)))
    return Settings(**tree)


async def test_the_curl_line_makes_a_link_that_opens_a_call(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """Typed as it stands, with the agent's address and a key, it answers as the page shows, and the link works."""
    assert shutil.which("curl"), "this test types what the page says: install curl, on Debian with `apt install curl`"
    (line,) = blocks(CALLING, "sh")
    environment = {"AGENT": str(client.base_url).rstrip("/"), "KEY": STAFF_KEYS[Role.BUSINESS], "PATH": "/usr/bin:/bin"}
    shell = await asyncio.create_subprocess_exec(
        "sh", "-c", line, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await shell.communicate()
    assert shell.returncode == 0, (out, err)
    link = json.loads(out)
    assert set(link) == {"join_url", "token", "expires_at"} and f"#customer={link['token']}" in link["join_url"]
    wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "customer": link["token"]}
    assert (await client.post("/api/calls", json=wish)).status_code == 201
    assert [(wish.customer, wish.locale) for wish in desk.wishes] == [("C-1042", "zh")]


@pytest.mark.parametrize("number", range(3))
def test_each_example_of_settings_is_valid(number: int, tmp_path: Path) -> None:
    """None has a key that is unknown, and what they are examples of is in them."""
    examples = blocks(ACCESS, "toml")
    assert len(examples) == 3
    settings = read_settings(examples[number], tmp_path)
    assert (settings.identity.keys, settings.identity.oidc, settings.limits != LimitSettings())[number]


def test_the_limits_that_are_told_are_those_in_force() -> None:
    """Every limit has a line with its default, and no line is of another setting."""
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", ACCESS.read_text("utf-8"), re.MULTILINE))
    defaults = LimitSettings().model_dump(exclude={"exempt"})
    assert {name: float(value) for name, value in told.items()} == defaults


def test_the_secret_of_a_site_is_as_long_as_is_told() -> None:
    """One letter less is refused at start-up."""
    assert "32 characters or more" in CALLING.read_text("utf-8").replace("\n", " ")
    assert ServerSettings(customer_secret=SecretStr("x" * 32)).customer_secret
    with pytest.raises(ValueError, match="32"):
        ServerSettings(customer_secret=SecretStr("x" * 31))
    assert IdentitySettings().link_lasts_s == 5 * 60
