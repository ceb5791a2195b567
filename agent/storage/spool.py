"""Batches of rows on disk while the database does not take them: files of their own, in order, bounded in bytes.

A file counts from the moment that it has its name: it is written under another one and flushed to disk first. Each
process has a place of its own in the folder, held by a lock that ends with the process, so that the next one can tell
which places' processes have died, and takes over what they left.
"""

import fcntl
import logging
import os
import secrets
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage.pending import Pending
from agent.storage.schema import beside

log = logging.getLogger(__name__)

MOST_PROCESSES = 256
CHECKSUM_BYTES = 4
WRITERS, FILES, LOCK = "writers", "files", "lock"
"""What a place holds beside batches: ids of its processes, and two locks."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BatchName:
    """Which batch a file holds."""

    writer: str
    number: int
    """Counts the batches of a writer from 1."""

    @property
    def file(self) -> str:
        return f"{self.writer}-{self.number:012d}.rows"

    @classmethod
    def of(cls, path: Path) -> "BatchName":
        writer, _, number = path.stem.rpartition("-")
        return cls(writer=writer, number=int(number))


class Spool:
    """One process's place. Its methods read and write files: call them in a thread, one at a time."""

    def __init__(self, place: Path, lock: int, most_bytes: int) -> None:
        self._place = place
        self._lock = lock
        self._most_bytes = most_bytes
        self.writer = secrets.token_hex(8)
        """Id of this process in the archive."""
        self.dead: tuple[str, ...] = ()
        """Ids of processes that died, or ended, and whose calls may be left open."""
        self._names: list[BatchName] = []
        self._sizes: dict[BatchName, int] = {}
        self._held: int | None = None

    @classmethod
    def opened(cls, folder: Path, most_bytes: int) -> "Spool":
        """The first free place in `folder`, with what is left in every other free one.

        Raises `StoreError` when the folder cannot be used.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for number in range(MOST_PROCESSES):
                place = folder / str(number)
                if (lock := _locked(place)) is not None:
                    spool = cls(place, lock, most_bytes)
                    spool._take_over(folder)
                    return spool
        except OSError as fault:
            raise StoreError(f"storage.spool, {folder}, cannot be used: {fault.strerror}") from None
        raise StoreError(f"storage.spool, {folder}, is in use by {MOST_PROCESSES} processes; set another folder")

    @property
    def size_bytes(self) -> int:
        """Of all batches that wait."""
        return sum(self._sizes.values())

    @property
    def waiting(self) -> int:
        """Batches that wait."""
        return len(self._names)

    def fits(self, size: int, *, share: float = 1.0) -> bool:
        """Whether so many bytes fit into this share of the room."""
        return self.size_bytes + size <= share * self._most_bytes

    def append(self, number: int, data: bytes) -> None:
        """Keeps a batch; it is on disk when this returns. Raises `OSError`."""
        name = BatchName(writer=self.writer, number=number)
        checked = _checked(data)
        with _files(self._place):
            _write(self._place / name.file, checked)
        self._names.append(name)
        self._sizes[name] = len(checked)

    def take(self) -> tuple[BatchName, Pending] | None:
        """The oldest batch, or None. `forget` in another process leaves it alone until it is `put_down`.

        One that is damaged is put aside.
        """
        self._held = _acquired(self._place / FILES)
        while self._names:
            path = self._place / self._names[0].file
            try:
                return self._names[0], _read(path)
            except (ValueError, FileNotFoundError) as fault:
                log.error("a batch of rows in the spool cannot be read and is put aside as %s: %s", path, fault)
                with suppress(FileNotFoundError):
                    path.rename(path.with_suffix(".damaged"))
                self._sizes.pop(self._names.pop(0))
        return None

    def put_down(self, *, written: bool) -> None:
        """Ends what `take` began; a batch that the database has is deleted."""
        if written:
            name = self._names.pop(0)
            self._sizes.pop(name)
            (self._place / name.file).unlink(missing_ok=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def recovered(self) -> None:
        """All that dead processes left is dealt with."""
        self.dead = ()
        _write(self._place / WRITERS, f"{self.writer}\n".encode())

    def close(self) -> None:
        os.close(self._lock)

    def _take_over(self, folder: Path) -> None:
        dead = _writers(self._place)
        for place in sorted(path for path in folder.iterdir() if path.is_dir() and path != self._place):
            if (lock := _locked(place)) is None:
                continue
            dead += _writers(place)
            _write(self._place / WRITERS, "\n".join([*dead, self.writer]).encode())
            for path in sorted(place.glob("*.rows")):
                path.rename(self._place / path.name)
            (place / WRITERS).unlink(missing_ok=True)
            os.close(lock)
        _write(self._place / WRITERS, "\n".join([*dead, self.writer]).encode())
        self.dead = tuple(dead)
        for path in self._place.glob("*.new"):
            path.unlink()
        self._names = sorted(BatchName.of(path) for path in self._place.glob("*.rows"))
        self._sizes = {name: (self._place / name.file).stat().st_size for name in self._names}


def spool_folder(storage: StorageSettings) -> Path:
    """The folder that is set, or one beside an SQLite archive, or in the current folder."""
    return storage.spool or beside(storage.url, ".spool")


def calls_waiting(folder: Path, customer: str) -> frozenset[str]:
    """Ids of the calls of a customer, by pseudonym, of which not even the beginning is in the database."""
    ids: frozenset[str] = frozenset()
    for _, batch in _batches(folder):
        ids |= batch.calls_of(customer)
    return ids


def is_waiting(folder: Path, call_id: str) -> bool:
    """Whether anything of a call is still to be written to the database."""
    return any(len(batch.without(frozenset({call_id}))) < len(batch) for _, batch in _batches(folder))


def forget(folder: Path, owners: Collection[str]) -> int:
    """Takes every row of these calls, and customers by pseudonym, out of the spool, that of running processes too.
    Returns how many there were.

    To erase a call, do this first and then take it out of the database: a batch that is being written meanwhile is
    there by then.
    """
    rows = 0
    ids = frozenset(owners)
    for path, batch in _batches(folder):
        left = batch.without(ids)
        if len(left) < len(batch):
            rows += len(batch) - len(left)
            _write(path, _checked(left.encoded()))
    return rows


def _batches(folder: Path) -> Iterator[tuple[Path, Pending]]:
    """What waits in each place, file by file; nobody else touches a place meanwhile. Damaged files are passed over."""
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        with _files(place):
            for path in sorted(place.glob("*.rows")):
                with suppress(ValueError):
                    batch = _read(path)
                    yield path, batch


def _locked(place: Path) -> int | None:
    """The lock on a place, or None when a living process has it."""
    place.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(place / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _acquired(path: Path) -> int:
    """A lock on the files of a place, once nobody else holds it; closing it gives it back."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


@contextmanager
def _files(place: Path) -> Iterator[None]:
    lock = _acquired(place / FILES)
    try:
        yield
    finally:
        os.close(lock)


def _writers(place: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return (place / WRITERS).read_text(encoding="ascii").split()
    return []


def _checked(data: bytes) -> bytes:
    """As it is in the file: after its checksum."""
    return zlib.crc32(data).to_bytes(CHECKSUM_BYTES) + data


def _read(path: Path) -> Pending:
    """Raises `ValueError` for a damaged file."""
    checked = path.read_bytes()
    data = checked[CHECKSUM_BYTES:]
    if _checked(data) != checked:
        raise ValueError("its checksum is wrong")
    return Pending.decoded(data)


def _write(path: Path, data: bytes) -> None:
    """All or nothing, on disk when this returns."""
    new = path.with_suffix(".new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
