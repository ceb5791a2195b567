"""`agent users`: accounts are made without a password in any argument, changed, and ended everywhere at once."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.app.audit import opened_audit
from agent.app.staff import opened_users
from agent.core.errors import AccountError
from agent.core.identity import Account, Role
from agent.core.settings import Settings
from agent.transport.passwords import is_password
from agent.transport.totp import recovery_digest
from tests.staff import PASSWORD

Agent = Callable[..., Result]


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """Runs a command in a folder with an archive of its own, in which `password` holds one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(build_app(["users"]), ["users", *arguments], input=typed)

    return run


def _kept(name: str) -> Account:
    async def found() -> Account:
        async with opened_users(Settings()) as users:
            return await users.of(name)

    return asyncio.run(found())


def _audited() -> list[tuple[str, str]]:
    async def listed() -> list[tuple[str, str]]:
        async with opened_audit(Settings()) as audit:
            return [(entry.action, entry.subject) async for entry in audit.entries()]

    return asyncio.run(listed())


def test_the_first_admin_is_made_where_nobody_can_be_asked(agent: Agent) -> None:
    """A name and a role; the password is typed twice, shown nowhere, and kept as a hash."""
    empty = agent("list")
    assert empty.exit_code == 0 and "agent users add" in empty.output
    made = agent("add", "Ada", "--role", "admin", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    account = _kept("ada")
    assert account.password_hash is not None and is_password(PASSWORD, account.password_hash)
    (listed,) = json.loads(agent("list", "--json").output)["users"]
    assert (listed["name"], listed["role"]) == ("ada", "admin")
    assert not listed["second_factor"] and not listed["disabled"]
    assert _audited() == [("user.added", "ada")]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "bob", "--role", "customer", "--password-file", "password"), "none of staff's"),
        (("add", "ada", "--role", "admin", "--password-file", "password"), "already"),
        (("add", "bob", "--role", "admin", "--password-file", "nowhere"), "cannot be read"),
        (("add", PASSWORD, "--role", "admin", "--password-file", "password"), "first that anybody would try"),
        (("role", "nobody", "admin"), "agent users list"),
        (("disable", "nobody"), "agent users list"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_trace(agent: Agent, arguments: tuple[str, ...], why: str) -> None:
    """No account is made or changed, and the audit log tells of none."""
    agent("add", "ada", "--role", "supervisor", "--password-file", "password")
    done = agent(*arguments)
    assert isinstance(done.exception, AccountError) and why in str(done.exception)
    assert _audited() == [("user.added", "ada")]


def test_an_account_is_changed_disabled_and_reset(agent: Agent, tmp_path: Path) -> None:
    """Each is written down; a reset password enables the account again."""
    agent("add", "ada", "--role", "supervisor", "--password-file", "password")
    assert json.loads(agent("role", "ada", "engineer", "--json").output)["role"] == "engineer"
    assert json.loads(agent("disable", "ada", "--json").output)["disabled"]
    (tmp_path / "password").write_text("another four words of tests")
    assert not json.loads(agent("reset", "ada", "--password-file", "password", "--json").output)["disabled"]
    assert is_password("another four words of tests", _kept("ada").password_hash or "")
    assert [action for action, _ in _audited()] == ["user.added", "user.role", "user.disabled", "user.reset"]


def test_a_second_factor_is_told_once_and_taken_away(agent: Agent) -> None:
    """The address for the app and the recovery codes are printed; without the right code of now nothing changes."""
    agent("add", "ada", "--role", "supervisor", "--password-file", "password")
    refused = agent("totp", "ada", typed="no code\n")
    assert isinstance(refused.exception, AccountError) and _kept("ada").totp_secret is None
    enrolled = json.loads(agent("totp", "ada", "--json").output)
    account = _kept("ada")
    assert parse_qs(urlsplit(enrolled["uri"]).query)["secret"] == [account.totp_secret]
    assert account.recovery_codes == tuple(map(recovery_digest, enrolled["recovery_codes"]))
    assert not json.loads(agent("totp", "ada", "--off", "--json").output)["second_factor"]
    assert _kept("ada").totp_secret is None and _kept("ada").recovery_codes == ()


def test_who_signs_in_elsewhere_gets_no_second_factor_here(agent: Agent) -> None:
    """Nobody would ask for it, so it would protect nothing."""

    async def vouched_for() -> None:
        async with opened_users(Settings()) as users:
            await users.outside("eve", Role.SUPERVISOR)

    asyncio.run(vouched_for())
    refused = agent("totp", "eve", "--json")
    assert isinstance(refused.exception, AccountError) and _kept("eve").totp_secret is None
