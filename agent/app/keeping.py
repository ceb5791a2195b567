"""The daily job: what was kept long enough goes, from everywhere, and what was erased stays erased."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from agent.app.erasing import Erasing
from agent.app.kept_data import KeptData
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.errors import StoreError
from agent.storage.archiving import Archivist
from agent.storage.clearing import Pause
from agent.storage.kept_recordings import take_away_files
from agent.storage.recordings import call_of, names, recordings_folder
from agent.storage.retention import DAY_S, Retention
from agent.storage.spool import is_waiting, spool_folder

log = logging.getLogger(__name__)

TRY_AGAIN_S = 3_600.0
MS_PER_DAY = DAY_S * NS_PER_S // NS_PER_MS


class Keeping:
    """Keeps what is in `kept` as long as `settings.retention` says, and no longer."""

    def __init__(self, kept: KeptData, *, pause: Pause = asyncio.sleep) -> None:
        self._kept = kept
        self._pause = pause
        days = kept.settings.retention
        self._retention = Retention(kept.engine, days, kept.clock, pause=pause)
        self._archivist = None
        if kept.archive is not None:
            self._archivist = Archivist(kept.engine, kept.archive, days.archive_days, kept.clock, pause=pause)

    async def run(self) -> None:
        """Once now and then every day, and calls into the archive of whole calls soon after they end; until cancelled.

        A database that does not answer is logged and asked again, and nothing else suffers.
        """
        async with asyncio.TaskGroup() as tasks:
            if self._archivist is not None:
                tasks.create_task(self._archivist.run(), name="archive of whole calls")
            while True:
                try:
                    gone = await self.retire()
                except Exception as fault:
                    # Calls go on whatever happens here.
                    what = str(fault) if isinstance(fault, StoreError) else type(fault).__name__
                    log.error("what was kept long enough could not all be taken away: %s; it is tried again", what)
                    await self._pause(TRY_AGAIN_S)
                    continue
                if gone:
                    log.info("kept long enough: %s", ", ".join(f"{name} {rows}" for name, rows in gone.items()))
                await self._pause(DAY_S)

    async def due(self) -> Mapping[str, int]:
        """How many rows `retire` would take away now, by where they are. Raises `StoreError`."""
        due = dict(await self._retention.due())
        if self._archivist is not None:
            due["mongo"] = await self._archivist.due()
        if self._kept.memory is not None and (before := self._memory_before()) is not None:
            due["memory"] = await asyncio.to_thread(self._kept.memory.aged, before)
        return {name: rows for name, rows in due.items() if rows}

    async def retire(self, *, actor: str = "server") -> Mapping[str, int]:
        """Takes away all that is due, and again what was erased and came back. Returns how much, by where it was.

        What cannot be reached keeps nothing else: its `StoreError` is raised when the rest is done.
        """
        gone: dict[str, int] = {}
        failed: StoreError | None = None
        for take in (
            *(self._erased, self._recordings, self._retention.run),
            *(self._remembered, self._audited, self._archived),
        ):
            try:
                gone |= await take()
            except StoreError as fault:
                failed = failed or fault
        gone = {name: rows for name, rows in gone.items() if rows}
        if gone:
            details: dict[str, Any] = {name.replace(" ", "_"): rows for name, rows in gone.items()}
            await self._kept.audit.record(actor, "retention.run", **details)
        if failed is not None:
            raise failed
        return gone

    async def _erased(self) -> Mapping[str, int]:
        return {"erased again": await Erasing(self._kept).erase_again()}

    async def _recordings(self) -> Mapping[str, int]:
        """Files, before their rows: what a crash leaves in between is then found again."""
        settings = self._kept.settings
        folder, spool = recordings_folder(settings.storage), spool_folder(settings.storage)
        now_s = self._kept.clock.wall_ns() / NS_PER_S
        waiting = await asyncio.to_thread(
            lambda: {call for call in map(call_of, names(folder)) if is_waiting(spool, call)}
        )
        days = settings.retention.recordings_days
        return {
            "recordings files": await take_away_files(self._kept.engine, folder, days, now_s=now_s, waiting=waiting)
        }

    async def _remembered(self) -> Mapping[str, int]:
        before = self._memory_before()
        if self._kept.memory is None or before is None:
            return {}
        return {"memory": await asyncio.to_thread(self._kept.memory.retire, before)}

    async def _audited(self) -> Mapping[str, int]:
        days = self._kept.settings.retention.audit_days
        if days is None:
            return {}
        return {"audit": await self._kept.audit.cut(self._kept.clock.wall_ns() // NS_PER_MS - days * MS_PER_DAY)}

    async def _archived(self) -> Mapping[str, int]:
        return {} if self._archivist is None else {"mongo": await self._archivist.retire()}

    def _memory_before(self) -> date | None:
        days = self._kept.settings.retention.memory_days
        if days is None:
            return None
        return date.fromtimestamp(self._kept.clock.wall_ns() / NS_PER_S) - timedelta(days=days)
