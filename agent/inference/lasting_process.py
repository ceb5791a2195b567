"""A process for models that is started again whenever it ends, or says nothing for too long."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent.core.clock import NS_PER_S, Clock
from agent.inference.model_process import ModelProcess

log = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 10.0
STABLE_AFTER_S = 30.0
"""A process that ran for so long is started again as soon as the first time."""


class LastingProcess:
    """Belongs to one event loop; nothing here blocks it. A thread of its own hears what the process says."""

    def __init__(
        self,
        process: ModelProcess,
        clock: Clock,
        *,
        name: str,
        silent_s: float,
        on_began: Callable[[Any], None],
        on_message: Callable[[Any], None],
        on_ended: Callable[[], None],
    ) -> None:
        """`silent_s`: after so long without a word it hangs as a whole. On the loop, `on_began` is given the first
        message of each process, `on_message` every later one, and `on_ended` is told when a process that had begun has
        ended by itself. `name` is that of the thread."""
        self.up = False
        """Whether it is there to be told something."""
        self._process = process
        self._clock = clock
        self._silent_s = silent_s
        self._on_began = on_began
        self._on_message = on_message
        self._on_ended = on_ended
        self._thread = threading.Thread(target=self._attend, name=name, daemon=True)
        self._stopping = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether it is not to come again."""
        return self._stopping.is_set()

    @property
    def process_id(self) -> int | None:
        return self._process.process_id

    async def start(self) -> None:
        """Waits until the process has said that it is ready. Raises what kept it from starting."""
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._thread.start()
        await self._started

    async def stop(self) -> None:
        """Ends the process."""
        self._stopping.set()
        self.up = False
        self._process.hang_up()
        await asyncio.to_thread(self._thread.join)

    def tell(self, message: object) -> None:
        """Sends a message, if somebody is there. That nobody is any more is noticed where the process is heard."""
        if self.up:
            with suppress(OSError):
                self._process.send(message)

    def _began(self, first: object) -> None:
        self.up = True
        self._on_began(first)
        if not self._started.done():
            self._started.set_result(None)

    def _ended(self, error: Exception) -> None:
        """The process has ended, or did not even start."""
        if not self._started.done():
            self._stopping.set()
            self._started.set_exception(error)
        elif not self._stopping.is_set():
            self.up = False
            log.error("%s; it is started again", error)
            self._on_ended()

    def _attend(self) -> None:
        """In the thread: starts the process, hears what it says, and starts it again."""
        retry_s = FIRST_RETRY_S
        while not self._stopping.is_set():
            began_ns = self._clock.now_ns()
            self._run_once()
            if self._clock.now_ns() - began_ns > STABLE_AFTER_S * NS_PER_S:
                retry_s = FIRST_RETRY_S
            self._stopping.wait(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    def _run_once(self) -> None:
        """From the start of the process to its end."""
        try:
            self._on_loop(self._began, self._process.start())
            while not self._stopping.is_set():
                self._on_loop(self._on_message, self._process.receive(self._silent_s))
        except Exception as error:
            self._on_loop(self._ended, error)
        finally:
            self._process.stop()

    def _on_loop(self, do: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(do, *arguments)
