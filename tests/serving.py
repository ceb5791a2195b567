"""The real agent as its users start it: `agent serve` in a process of its own, on a free port, in an empty folder."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANY_MACHINE = {"AGENT_SERVER__MAX_CALLS": "32", "AGENT_SERVER__BEYOND_RATING": "true"}
"""What is tested does not depend on how many calls the machine of the tests bears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningAgent:
    url: str
    """Without a slash at its end."""
    signed_in_url: str | None
    """The customer page as the domain's example customer sees it."""
    process: subprocess.Popen[bytes]
    folder: Path
    """Where its databases are."""

    def holds(self, query: str) -> Any:
        """The single value of a query to the business's database, of which there is one."""
        (database,) = (path for path in self.folder.glob("*.sqlite3") if path.stem != "agent")
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute(query).fetchone()[0]

    @property
    def web_socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws/supervisor"


@contextmanager
def running_agent(folder: Path, **environment: str) -> Iterator[RunningAgent]:
    """Starts the agent, waits until it takes calls, and stops it as Ctrl-C does; it must then end cleanly."""
    with (folder / "agent.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.app", "serve", "--port", "0", "--json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **ANY_MACHINE, **environment},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the agent did not start:\n{(folder / 'agent.log').read_text()}"
        ready = json.loads(line)
        yield RunningAgent(
            url=ready["url"].rstrip("/"), signed_in_url=ready["signed_in_url"], process=process, folder=folder
        )
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the agent did not stop within 20 s of SIGINT") from None
        finally:
            process.stdout.close()
    log_text = (folder / "agent.log").read_text()
    assert process.returncode == 0, log_text
    assert "Traceback" not in log_text, log_text


async def until(condition: Callable[[], Any], within_s: float, what: str) -> None:
    """Looks every 50 ms; an `AssertionError` that says `what` when it did not come about in time."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:.0f} s: {what}") from None
