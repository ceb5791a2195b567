"""The embedded reply engine: a child process, so that its Python never holds the interpreter that moves media."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process

from agent.core.errors import EngineUnavailable

log = logging.getLogger(__name__)

STARTS_WITHIN_S = 30.0
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 10.0
STABLE_AFTER_S = 30.0
STOPS_WITHIN_S = 3.0


class EngineProcess:
    """Runs `agent reply` on a loopback port of its own and starts it again when it dies, on the same port.

    The child ends by itself when its standard input closes, so it cannot outlive this process.
    """

    def __init__(self, *, domain: str, database: str, key: str | None = None) -> None:
        """`key` is what who speaks to the engine must show; None leaves it to the settings that the child reads."""
        self._environment = os.environ if key is None else os.environ | {"AGENT_REPLY__KEY": key}
        self._arguments = ("--domain", domain, "--database", database)
        self._port = 0
        self._launched: Process | None = None
        self.starts = 0
        """How often the child was started."""
        self.process_id: int | None = None

    @property
    def url(self) -> str:
        """WebSocket address of the engine. Valid from the first `ready` on, and the same after restarts."""
        if not self._port:
            raise EngineUnavailable("the embedded reply engine has not started yet")
        return f"ws://127.0.0.1:{self._port}"

    async def launch(self) -> None:
        """Starts the child ahead of `run`, so that it loads while other things do; to be ended with `end`."""
        self._launched = await self._start()

    async def end(self) -> None:
        """Ends a child that was launched and never run."""
        if self._launched is not None:
            await _end(self._launched)

    async def run(self, ready: asyncio.Event) -> None:
        """Keeps the child alive until cancelled; sets `ready` at the first start.

        Raises `EngineUnavailable` if the very first start fails, as then nothing will ever answer.
        """
        retry_s = FIRST_RETRY_S
        loop = asyncio.get_running_loop()
        while True:
            process, self._launched = self._launched or await self._start(), None
            began_s = loop.time()
            try:
                await self._await_port(process)
                ready.set()
                code = await process.wait()
                log.warning("the reply engine ended with code %s; starting it again", code)
            except EngineUnavailable:
                if not ready.is_set():
                    raise
                log.warning("the reply engine did not start; trying again")
            finally:
                await _end(process)
            retry_s = FIRST_RETRY_S if loop.time() - began_s > STABLE_AFTER_S else min(2 * retry_s, LONGEST_RETRY_S)
            await asyncio.sleep(retry_s)

    async def _start(self) -> Process:
        self.starts += 1
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "agent.app",
            "reply",
            "--supervised",
            "--port",
            str(self._port),
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment,
        )
        self.process_id = process.pid
        return process

    async def _await_port(self, process: Process) -> None:
        """Reads the line in which the child says where it listens."""
        assert process.stdout is not None
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                line = await process.stdout.readline()
            self._port = int(json.loads(line)["port"])
        except (TimeoutError, ValueError, KeyError):
            raise EngineUnavailable(
                "the embedded reply engine did not start; run `agent reply` by hand to see why"
            ) from None


async def _end(process: Process) -> None:
    """Closes the child's standard input, which ends it, and stops it by force if it does not heed that."""
    if process.returncode is not None:
        return
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOPS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
