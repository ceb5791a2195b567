"""Debian's coturn on a loopback port, with credentials that one shared secret makes, while a context is open."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

STARTS_WITHIN_S = 10.0
SECRET = "a secret of the tests alone"


@contextmanager
def running_turn_server(folder: Path) -> Iterator[str]:
    """Gives its URL. It relays to this machine alone, as nobody else is there to be called."""
    program = shutil.which("turnserver")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("coturn is not installed; `sh tests/install_turn.sh` installs it")
        pytest.skip("coturn is not installed; `sh tests/install_turn.sh` installs it")
    port = _free_port()
    log = (folder / "turnserver.log").open("wb")
    arguments = [
        *("-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--realm=agent.test"),
        *("--use-auth-secret", f"--static-auth-secret={SECRET}", "--fingerprint", "--allow-loopback-peers"),
        *("--no-tls", "--no-dtls", "--no-cli", "--no-stdout-log", "--log-file=stdout", "--simple-log"),
        *(f"--pidfile={folder / 'turnserver.pid'}", f"--userdb={folder / 'turnserver.db'}"),
    ]
    with log, subprocess.Popen([program, *arguments], cwd=folder, stdout=log, stderr=log) as process:
        try:
            _await_answer(port, folder / "turnserver.log")
            yield f"turn:127.0.0.1:{port}?transport=udp"
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _await_answer(port: int, log: Path) -> None:
    """Asks with STUN binding requests (RFC 8489) until one is answered."""
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"agent tests!"
    due_s = time.monotonic() + STARTS_WITHIN_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        while time.monotonic() < due_s:
            try:
                asking.sendto(request, ("127.0.0.1", port))
                asking.recv(512)
                return
            except OSError:
                continue
    pytest.fail(f"coturn did not answer within {STARTS_WITHIN_S:.0f} s:\n{log.read_text(errors='replace')[-2_000:]}")
