"""`agent engine check`, against engines in processes of their own."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.core.errors import EngineUnavailable, SettingsError
from tests.dialogue.conformance.test_engines import EXAMPLES, started

pytestmark = pytest.mark.timeout(120)

SILENT = """
import asyncio, json
from websockets.asyncio.server import serve

async def converse(socket):
    await socket.send(json.dumps({"type": "hello", "protocol": 1, "engine": "silent"}))
    await socket.wait_closed()

async def main():
    async with serve(converse, "127.0.0.1", 0) as server:
        print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


def check(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(build_app(["engine"]), ["engine", "check", url, *arguments])


def test_an_engine_that_can_be_worked_with() -> None:
    """Exit code 0; a table for people, one object for programs, and only the rule that was asked for and its needs."""
    with started(sys.executable, "echo.py", "0", folder=EXAMPLES) as url:
        shown = check(url, "--only", "typed", "--within", "10")
        printed = check(url, "--only", "typed", "--within", "10", "--say", "Do you sell hats?", "--json")
    assert (shown.exit_code, printed.exit_code) == (0, 0)
    assert "An agent can work with it" in shown.output
    report = json.loads(printed.stdout)
    assert (report["ok"], report["engine"], report["url"]) == (True, "echo", url)
    assert [finding["rule"] for finding in report["findings"]][:3] == ["hello", "words", "typed"]
    assert len(report["answer_ms"]) == 4


def test_an_engine_that_never_answers(tmp_path: Path) -> None:
    """Exit code 1, and what is wrong in words."""
    (tmp_path / "silent.py").write_text(SILENT)
    with started(sys.executable, "silent.py", folder=tmp_path) as url:
        result = check(url, "--only", "words", "--within", "0.5")
    assert result.exit_code == 1
    assert "never answered" in result.output
    assert "1 rule(s) that calls need are broken" in result.output


def test_what_cannot_be_checked_is_one_sentence() -> None:
    """Nobody there, and a rule that does not exist."""
    assert isinstance(check("ws://127.0.0.1:9", "--json").exception, EngineUnavailable)
    assert isinstance(check("ws://127.0.0.1:9", "--only", "charm").exception, SettingsError)
