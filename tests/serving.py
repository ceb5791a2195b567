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

from websockets.asyncio.client import connect

ANY_MACHINE = {"AGENT_SERVER__MAX_CALLS": "32", "AGENT_SERVER__BEYOND_RATING": "true"}
"""What is tested does not depend on how many calls the machine of the tests bears."""
STAFF_KEY = "the key that tests watch calls with"
STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
"""Headers of a program that may whatever staff may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningAgent:
    url: str
    """Without a slash at its end."""
    supervisor_url: str
    """The supervisors' page, with what lets a browser in."""
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

    def watching(self) -> connect:
        """A connection as supervisors have it, to be entered."""
        return connect(self.web_socket_url, max_size=None, additional_headers=STAFF)


@contextmanager
def running_agent(folder: Path, **environment: str) -> Iterator[RunningAgent]:
    """Starts the agent, waits until it takes calls, and stops it as Ctrl-C does; it must then end cleanly."""
    with (folder / "agent.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.app", "serve", "--port", "0", "--json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **ANY_MACHINE, **ours(folder), **environment},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the agent did not start:\n{(folder / 'agent.log').read_text()}"
        ready = json.loads(line)
        yield RunningAgent(
            url=ready["url"].rstrip("/"),
            supervisor_url=ready["supervisor_url"],
            signed_in_url=ready["signed_in_url"],
            process=process,
            folder=folder,
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


def ours(folder: Path) -> dict[str, str]:
    """Lets tests watch, and keeps what the agent remembers of its user out of the home of whoever runs the tests."""
    keys = [{"key": STAFF_KEY, "role": "admin", "name": "tests"}]
    return {"AGENT_IDENTITY__KEYS": json.dumps(keys), "XDG_STATE_HOME": str(folder)}


async def until(condition: Callable[[], Any], within_s: float, what: str) -> None:
    """Looks every 50 ms; an `AssertionError` that says `what` when it did not come about in time."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:.0f} s: {what}") from None
