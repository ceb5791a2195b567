"""A process of its own for models: its Python never waits for the interpreter that moves media, nor that one for it.

The two ends talk in pickled messages over a pair of sockets. The child ends when its end closes, so it cannot outlive
its parent, and leaves signals to it; what it logs comes out in the parent.
"""

import logging
import logging.handlers
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from typing import Any

from agent.core.errors import AgentError, ModelProcessEnded

STARTS_WITHIN_S = 120.0
"""A child that has not opened its models by then is given up."""
STOPS_WITHIN_S = 5.0
SWITCH_INTERVAL_S = 0.0005
"""How long a thread may hold the interpreter while another waits for it. A model run lets go of it and must get it back
to go on; with Python's default of 5 ms each of the handful of runs a frame could wait that long for another thread."""


class Link:
    """One end. Any thread may send, one at a time may receive."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: object) -> None:
        """Raises `OSError` when the other end has gone."""
        with self._sending:
            self._connection.send(message)

    def receive(self, within_s: float | None = None) -> Any:
        """The next message. Raises `EOFError` or another `OSError` when the other end has gone, `TimeoutError` when
        it has said nothing for `within_s`."""
        while True:
            if within_s is not None and not self._connection.poll(within_s):
                raise TimeoutError
            message = self._connection.recv()
            if not isinstance(message, logging.LogRecord):
                return message
            logging.getLogger(message.name).handle(message)

    def get(self) -> Any:
        """As a queue has it."""
        return self.receive()

    def put_nowait(self, record: logging.LogRecord) -> None:
        """What is logged goes the same way; it is lost once nobody is there."""
        with suppress(OSError):
            self.send(record)

    def hang_up(self) -> None:
        """Ends the link for both ends, and whoever receives is woken; from any thread."""
        with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Waits for whoever sends, whose descriptor could be another's otherwise before all is written."""
        with self._sending:
            self._connection.close()


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why the child did not start."""

    error: Exception


class ModelProcess:
    """The parent's side of one child, which may be started again and again. All but `send` belong to one thread."""

    def __init__(
        self, name: str, main: Callable[[Link, Any], None], setup: object, *, pass_fds: tuple[int, ...] = ()
    ) -> None:
        """`main` is a function at the top of a module. The child calls it with its end and `setup`; it sends one
        message when it is ready, and returns when the link ends."""
        self._name = name
        self._main = f"{main.__module__}:{main.__qualname__}"
        self._setup = setup
        self._pass_fds = pass_fds
        self._link: Link | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        return None if self._child is None else self._child.pid

    def start(self) -> Any:
        """The child's first message. Raises what kept the child from starting, or `ModelProcessEnded`."""
        here, there = Pipe()
        command = [sys.executable, "-c", f"from {__name__} import run_child; run_child({there.fileno()})"]
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(there.fileno(), *self._pass_fds))
        there.close()
        self._link = Link(here)
        try:
            self.send((self._main, self._setup))
            ready = self.receive(STARTS_WITHIN_S)
        except (OSError, ModelProcessEnded):
            self.stop()
            raise ModelProcessEnded(f"the process for {self._name} did not start") from None
        if isinstance(ready, _Failed):
            self.stop()
            raise ready.error
        return ready

    def send(self, message: object) -> None:
        """From any thread. Raises `OSError` when the child has gone; whoever receives is told as well."""
        link = self._link
        if link is None:
            raise BrokenPipeError(f"the process for {self._name} does not run")
        link.send(message)

    def receive(self, within_s: float) -> Any:
        """The child's next message. Raises `ModelProcessEnded` when it has ended, or said nothing for `within_s`."""
        assert self._link is not None and self._child is not None
        try:
            return self._link.receive(within_s)
        except TimeoutError:
            raise ModelProcessEnded(f"the process for {self._name} does not answer any more") from None
        except (OSError, EOFError):
            code = self._wait()
            raise ModelProcessEnded(f"the process for {self._name} ended with code {code}") from None

    def hang_up(self) -> None:
        """Lets the child end; from any thread."""
        link = self._link
        if link is not None:
            link.hang_up()

    def stop(self) -> None:
        """Ends the child, by force if it has to be. Does nothing where none runs."""
        self.hang_up()
        if self._child is not None:
            self._wait()
            self._child = None
        if self._link is not None:
            self._link.close()
            self._link = None

    def _wait(self) -> int:
        assert self._child is not None
        try:
            return self._child.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


def run_child(descriptor: int) -> None:
    """All that a child does; `descriptor` is that of its end of the link."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    link = Link(Connection(descriptor))
    try:
        main, setup = link.receive()
        logging.getLogger().setLevel(logging.INFO)
        logging.getLogger().addHandler(logging.handlers.QueueHandler(link))
        module, _, function = main.partition(":")
        getattr(import_module(module), function)(link, setup)
    except (EOFError, OSError):
        return
    except AgentError as error:
        link.send(_Failed(error))
