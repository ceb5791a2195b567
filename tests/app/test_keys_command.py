"""`agent keys`: master keys are listed, rotated and forgotten, and never shown."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.app.audit import opened_audit
from agent.core.consent import Choice, consent_for
from agent.core.errors import StoreError
from agent.core.settings import load_settings
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring

CONSENT = consent_for(Choice.AGREE, locale="en", given_at=1_800_000_000.0)

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `agent keys …` in a folder with an archive of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_STORAGE__URL", f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite3'}")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(["keys"]), ["keys", *arguments])

    return run


async def keep_call(name: str) -> None:
    storage = load_settings().storage
    async with CallStore.opened(storage, await open_keyring(storage)) as store:
        store.record_call_started(name, CONSENT, 1_800_000_000.0)
        store.record_card_hidden(name, "k")


def listed(command: Command) -> list[dict[str, object]]:
    keys: list[dict[str, object]] = json.loads(command("list", "--json").stdout)["keys"]
    return keys


def refused(result: Result) -> str:
    assert isinstance(result.exception, StoreError)
    return str(result.exception)


async def readable(name: str) -> bool:
    storage = load_settings().storage
    async with CallHistory.opened(storage.url, await open_keyring(storage)) as history:
        return [card.card_id for card in await history.cards(name)] == ["k"]


async def actions() -> list[str]:
    async with opened_audit(load_settings()) as audit:
        return [entry.action async for entry in audit.entries()]


@pytest.mark.timeout(60)
def test_rotation_from_beginning_to_end(command: Command, tmp_path: Path) -> None:
    """A key that wraps something is not forgotten; after a rotation it is, and every call can be read throughout."""
    asyncio.run(keep_call("c1"))
    [old] = listed(command)
    assert (old["current"], old["data_keys"]) == (True, 1)
    assert "rotate` first" in refused(command("forget", str(old["id"])))
    done = json.loads(command("rotate", "--json").stdout)
    assert done["rewrapped"] == 1
    asyncio.run(keep_call("c2"))
    assert [(key["id"], key["current"], key["data_keys"]) for key in listed(command)] == [
        (old["id"], False, 0),
        (done["master_key"], True, 2),
    ]
    assert command("forget", str(old["id"])).exit_code == 0
    assert [key["id"] for key in listed(command)] == [done["master_key"]]
    assert asyncio.run(readable("c1")) and asyncio.run(readable("c2"))
    assert asyncio.run(actions()) == ["keys.rotated", "keys.forgotten"]
    assert (tmp_path / "calls.keys").stat().st_mode & 0o077 == 0


@pytest.mark.timeout(60)
def test_key_that_the_spool_may_need_stays(command: Command, tmp_path: Path) -> None:
    """While rows wait on disk no key is forgotten, as they may be wrapped by it."""
    asyncio.run(keep_call("c1"))
    [old] = listed(command)
    command("rotate")
    place = tmp_path / "calls.spool" / "9"
    place.mkdir(parents=True)
    (place / "w-000000000001.rows").write_bytes(b"")
    assert "wait in the spool" in refused(command("forget", str(old["id"])))
    assert len(listed(command)) == 2


@pytest.mark.timeout(60)
def test_keys_from_the_environment_are_rotated_there(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, the last key that is given wraps everything; with nothing to do it says how to go on."""
    keys = command("new").stdout.strip()
    monkeypatch.setenv("AGENT_STORAGE__KEYS", keys)
    asyncio.run(keep_call("c1"))
    assert "agent keys new --master" in refused(command("rotate"))
    both = f"{keys} {command('new', '--master').stdout.strip()}"
    monkeypatch.setenv("AGENT_STORAGE__KEYS", both)
    assert json.loads(command("rotate", "--json").stdout)["rewrapped"] == 1
    current = Keyring.parsed(both, "here").current.id
    assert [key["data_keys"] for key in listed(command) if key["id"] == current] == [1]
    assert asyncio.run(readable("c1"))


def test_list_shows_no_key(command: Command, tmp_path: Path) -> None:
    """Neither the table nor the JSON holds anything of a key but its id."""
    shown = command("list").stdout + command("list", "--json").stdout
    words = [line.rpartition(":")[2] for line in (tmp_path / "calls.keys").read_text().splitlines() if ":" in line]
    assert len(words) == 2
    assert not any(word in shown for word in words)


@pytest.mark.timeout(60)
async def test_running_agent_takes_the_new_key(command: Command) -> None:
    """A call that begins after a rotation is wrapped by the new key, without a start in between."""
    storage = load_settings().storage
    async with CallStore.opened(storage, await open_keyring(storage)) as store:
        rotated = await asyncio.to_thread(command, "rotate", "--json")
        await store.vault.reread()
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
    keys = await asyncio.to_thread(listed, command)
    assert {key["id"]: key["data_keys"] for key in keys if key["current"]} == {
        json.loads(rotated.stdout)["master_key"]: 1
    }
