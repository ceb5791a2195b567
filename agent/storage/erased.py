"""A list beside the keys of what was erased, so that a backup that is put back is erased again."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent.core.errors import StoreError


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure."""

    at: float
    """Unix seconds; calls that a customer makes later are not meant."""
    customer: str | None
    """A pseudonym."""
    calls: tuple[str, ...]


class ErasedList:
    """The file at `path`, one erasure a line. It blocks, briefly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, erased: Erased) -> None:
        """Appends, one process at a time; the disk has it when this returns. Raises `StoreError`."""
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # A line that a crash cut off goes: its erasure had not begun.
                whole = file.read().rpartition(b"\n")
                file.seek(len(whole[0]) + len(whole[1]))
                file.truncate()
                file.write(msgspec.json.encode(erased) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise StoreError(f"the list of what was erased, {self.path}, cannot be written: {fault}") from None

    def __iter__(self) -> Iterator[Erased]:
        """All erasures, oldest first. A line that a crash cut off is left out. Raises `StoreError` when unreadable."""
        try:
            text = self.path.read_bytes() if self.path.exists() else b""
            for line in text.rpartition(b"\n")[0].splitlines():
                yield msgspec.json.decode(line, type=Erased)
        except (OSError, msgspec.DecodeError) as fault:
            raise StoreError(f"the list of what was erased, {self.path}, cannot be read: {fault}") from None
