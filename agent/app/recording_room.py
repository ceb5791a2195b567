"""Where recordings of all calls go, and the threads that wait for its disk, so that nothing else does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.core.recorded import Tracks
from agent.storage.recordings import RecordingFile

THREADS = 2


class RecordingRoom:
    """Shared by all calls. Belongs to the event loop."""

    def __init__(self, folder: Path, *, leave_bytes: int) -> None:
        self._folder = folder
        self._leave_bytes = leave_bytes
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="recordings")

    def begin(self, call_id: str, tracks: Tracks) -> RecordingFile:
        """One more. Nothing is on the disk before its first frames."""
        return RecordingFile(self._folder, call_id, tracks, leave_bytes=self._leave_bytes)

    def run(self, work: Callable[[], None]) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Waits until everything is on the disk."""
        self._threads.shutdown()
