"""Works out what each call came to soon after it ended, and keeps it with the call."""

import asyncio
import logging

import msgspec

from agent.app.call_facts import facts_of
from agent.app.kept_data import KeptData
from agent.core.clock import NS_PER_S
from agent.core.errors import CallNotFound, StoreError
from agent.storage.afterwards import Afterwards
from agent.storage.clearing import Pause
from agent.storage.ended_calls import EndedCalls
from agent.storage.history import CallHistory
from agent.storage.retention import DAY_S

log = logging.getLogger(__name__)

SETTLED_AFTER_S = 5.0
"""Its last rows have been written by then."""
LOOKS_EVERY_S = 30.0
CALLS_AT_ONCE = 20
AGAIN_AFTER_S = 3_600.0
"""A call that failed is left out for so long, so that the others get their summaries."""


class Summaries:
    """Of the archive in `kept`. Calls whose signals have gone already get none."""

    def __init__(self, kept: KeptData, *, pause: Pause = asyncio.sleep) -> None:
        self._kept = kept
        self._pause = pause
        self._one_at_a_time = asyncio.Lock()
        self._failed_s: dict[str, float] = {}
        """When each call failed that is left out."""

    async def run(self) -> None:
        """Summarises calls soon after they ended, until cancelled. While the database is away they wait."""
        failing = False
        while True:
            try:
                while await self.complete(CALLS_AT_ONCE):
                    pass
                failing = False
            except Exception as fault:
                # Calls go on whatever happens here.
                if not failing:
                    what = str(fault) if isinstance(fault, StoreError) else type(fault).__name__
                    log.error("calls are not summarised (%s); it is tried again", what)
                failing = True
            await self._pause(LOOKS_EVERY_S)

    async def complete(self, most: int) -> int:
        """Summarises the newest `most` calls that lack it. Returns how many it is done with; raises `StoreError` when
        the archive does not answer."""
        async with self._one_at_a_time:
            now_s = self._kept.clock.wall_ns() / NS_PER_S
            self._failed_s = {one: at_s for one, at_s in self._failed_s.items() if now_s - at_s < AGAIN_AFTER_S}
            days = self._kept.settings.retention.signals_days
            keyring = await asyncio.to_thread(self._kept.keyring.reread)
            lacking = await EndedCalls(self._kept.engine, keyring).unsummarised(
                since_s=0.0 if days is None else now_s - days * DAY_S,
                before_s=now_s - SETTLED_AFTER_S,
                most=most + len(self._failed_s),
            )
            ids = [call_id for call_id in lacking if call_id not in self._failed_s][:most]
            history = CallHistory(self._kept.engine, keyring, self._kept.archive)
            writing = Afterwards(self._kept.engine, keyring)
            for done, call_id in enumerate(ids, 1):
                try:
                    signals, sent = await history.signals(call_id), await history.sent(call_id)
                    facts = await asyncio.to_thread(facts_of, signals, sent)
                    await writing.keep_summary(call_id, msgspec.json.encode(facts))
                except CallNotFound:
                    continue  # erased meanwhile
                except (StoreError, msgspec.DecodeError) as fault:
                    # Were it the archive that fails, the next question would tell.
                    log.error("call %s is not summarised (%s)", call_id, fault)
                    self._failed_s[call_id] = now_s
                    return done
            return len(ids)
