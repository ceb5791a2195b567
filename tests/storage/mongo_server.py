"""A server that speaks MongoDB's wire protocol, in a process of its own, which may be stopped and started again."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

STARTS_WITHIN_S = 30.0


class MongoServer:
    """NX-27017, which keeps documents in an SQLite file under `folder`."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/agent_test"

    def start(self) -> None:
        files = ("--db", "documents.db", "--log-file", "log", "--pid-file", "pid", "-j", "DELETE")
        command = (sys.executable, "-m", "nx_27017.nx_27017", "--host", "127.0.0.1", "-p", str(self._port), *files)
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail("the server that stands in for MongoDB does not start; run `make test`, which installs it")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def running_mongo(folder: Path) -> Iterator[MongoServer]:
    server = MongoServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
