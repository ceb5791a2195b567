"""Processes for `test_crashes` to kill: one that keeps a call, and one that migrates."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from agent.core.settings.storage import StorageSettings
from agent.storage.calls import CallStore
from agent.storage.keyring import Keyring
from agent.storage.schema import upgrade
from tests.storage.kept import CONSENT, Reply, seen

STARTED_S = 1.5


async def keep_a_call(storage: StorageSettings, keys: str) -> None:
    """Talks on and on, and prints how many rows are safe, until it is killed."""
    safe = 0
    async with CallStore.opened(storage, Keyring.parsed(keys, "the test"), flush_every_s=0.02) as store:
        store.record_call_started("c1", CONSENT, STARTED_S, customer="p1")
        for number in range(1_000_000):
            store.record_reply("c1", Reply(f"s{number}", str(number)))
            store.record_signal(seen("affect", number))
            await asyncio.sleep(0.002)
            if store.health.kept_rows != safe:
                safe = store.health.kept_rows
                print(safe, store.health.state, flush=True)


def migrate(url: str, statements: int) -> None:
    """Dies before the statement of this number."""
    left = statements

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    upgrade(url)


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    if what == "call":
        asyncio.run(keep_a_call(StorageSettings(url=url, spool=Path(more[0])), more[1]))
    else:
        migrate(url, int(more[0]))
