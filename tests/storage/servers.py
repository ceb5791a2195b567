"""Real PostgreSQL and MariaDB servers for the tests, on free ports of this machine, in folders that go with them."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

STARTS_WITHIN_S = 60.0


@dataclass(slots=True)
class Server:
    """A database server that runs, or was stopped."""

    url: str
    """Of databases on it, with `{}` for the name."""
    command: Sequence[str]
    client: Sequence[str]
    """Runs one statement."""
    port: int
    log: Path
    _process: "subprocess.Popen[bytes] | None" = field(default=None)
    _databases: int = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + STARTS_WITHIN_S
        while subprocess.run([*self.client, "SELECT 1"], capture_output=True, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"{self.command[0]} does not start: {self.log.read_text()[-2_000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            # The one that was started, and not only who let go of its rights for it.
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=STARTS_WITHIN_S)
            self._process = None

    @property
    def runs(self) -> bool:
        return self._process is not None

    def send(self, which: signal.Signals) -> None:
        """To all its processes."""
        assert self._process is not None
        os.killpg(self._process.pid, which)

    def new_database(self) -> str:
        """The address of an empty one."""
        self._databases += 1
        name = f"calls{self._databases}"
        subprocess.run([*self.client, f"CREATE DATABASE {name}"], check=True, capture_output=True)
        return self.url.format(name)


@contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server. Fails the test where none is installed."""
    initdb, postgres, psql = (_program(name) for name in ("initdb", "postgres", "psql"))
    with _folder("postgres") as (folder, as_user):
        data, port = folder / "data", _free_port()
        _prepare([*as_user, initdb, "-D", str(data), "-U", "agent", "--auth=trust", "-N", "-E", "UTF8"], folder)
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), "fsync": "off"}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        server = Server(
            url=f"postgresql+asyncpg://agent@127.0.0.1:{port}/{{}}",
            command=[*as_user, postgres, "-D", str(data), "-p", str(port), *settings],
            client=[psql, "-X", "-h", "127.0.0.1", "-p", str(port), "-U", "agent", "-d", "postgres", "-c"],
            port=port,
            log=folder / "log",
        )
        yield from _running(server)


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB server. Fails the test where none is installed."""
    install, mariadbd, client = (_program(name) for name in ("mariadb-install-db", "mariadbd", "mariadb"))
    with _folder("mysql") as (folder, as_user):
        data, port = folder / "data", _free_port()
        prepare = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
        _prepare([*as_user, *prepare, "--skip-test-db", "--skip-name-resolve"], folder)
        options = {
            "datadir": data,
            "port": port,
            "bind-address": "127.0.0.1",
            "socket": folder / "socket",
            "pid-file": folder / "pid",
            "innodb-flush-log-at-trx-commit": 2,
            "innodb-buffer-pool-size": "32M",
            "innodb-log-file-size": "16M",
        }
        server = Server(
            url=f"mariadb+asyncmy://root@127.0.0.1:{port}/{{}}?charset=utf8mb4",
            command=[*as_user, mariadbd, "--no-defaults", *(f"--{name}={value}" for name, value in options.items())],
            client=[client, "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-e"],
            port=port,
            log=folder / "log",
        )
        yield from _running(server)


def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _program(name: str) -> str:
    places = os.pathsep.join(
        [os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin")), "/usr/sbin"]
    )
    found = shutil.which(name, path=places)
    if found is None:
        pytest.fail(f"{name} is not installed; run `sh tests/install_databases.sh`")
    return found


@contextmanager
def _folder(user: str) -> Iterator[tuple[Path, list[str]]]:
    """A folder for a server, and what its command begins with: servers refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix=f"agent-{user}-"))
    (folder / "log").touch()
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user, user)
            yield folder, [_program("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        else:
            yield folder, []
    finally:
        shutil.rmtree(folder)


def _prepare(command: list[str], folder: Path) -> None:
    made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if made.returncode:
        pytest.fail(f"{command} failed: {made.stdout[-1_000:]}{made.stderr[-1_000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
