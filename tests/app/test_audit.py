"""`agent audit`, and what the agent itself has on record: that it runs, with which settings, and who watches a call."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.app.audit import fingerprint, noted_running, opened_audit
from agent.core.settings import ServerSettings, Settings

ENTRIES = 3


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the archive, its keys and the anchor are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(build_app(["audit"]), ["audit", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.stdout


async def an_agent_ran() -> None:
    settings = Settings()
    async with opened_audit(settings) as audit, noted_running(audit, settings):
        await audit.record("staff:[bold]ada", "call.watched", "c1")


def test_who_did_what_is_listed() -> None:
    """As a table for people, whose markup nobody can forge, and as JSON; those before a day can be left out."""
    asyncio.run(an_agent_ran())
    entries = json.loads(printed("list", "--json"))["entries"]
    assert [entry["action"] for entry in entries] == ["server.started", "call.watched", "server.stopped"]
    assert json.loads(entries[0]["details"]).keys() == {"version", "settings"}
    assert "call.watched" in printed("list", "--since", "2020-01-01")
    assert json.loads(printed("list", "--since", "2999-01-01", "--json")) == {"entries": []}


def test_an_altered_log_is_told_by_exit_code(folder: Path) -> None:
    """0 and the head to be kept elsewhere; 1 and the entry at fault once somebody has been at the database."""
    asyncio.run(an_agent_ran())
    verdict = json.loads(printed("verify", "--json"))
    assert (verdict["ok"], verdict["entries"]) == (True, ENTRIES)
    assert "all as they were written" in printed("verify", "--anchor", verdict["head"])
    with closing(sqlite3.connect(folder / "agent.sqlite3")) as connection:
        connection.executescript("DROP TRIGGER audit_unchanged; UPDATE audit SET actor = 'staff:bob' WHERE seq = 2")
    assert "entry 2 was altered" in printed("verify", exit_code=1)


def test_the_fingerprint_tells_settings_apart_and_shows_none() -> None:
    """The same for the same settings, another one for others."""
    others = Settings(server=ServerSettings(port=9_999))
    assert fingerprint(Settings()) == fingerprint(Settings()) != fingerprint(others)
    assert len(fingerprint(others)) == 64
