"""Recordings of picture and sound on disk: one encrypted file each, written as the call goes on.

A file is `MARK` and then pieces, of about a second each:

    piece  = number (4 bytes), length of the rest (4 bytes), nonce (12 bytes), sealed
    sealed = AES-256-GCM of the clear piece, with the recording's own key; bound to the call, the file and the number
    clear  = "H" and JSON of what the tracks are encoded in (number 0), "F" and frames, or "E" (the last one)
    frame  = kind (1 byte: 0 picture, 1 sound), RTP time (8), arrival in us (8), size (4), data

Numbers are big-endian. As each piece is bound to its place, none can be altered, moved or taken from another recording;
one that is taken out leaves a hole in the numbers, and where the end is cut off there is no "E". A process that is
killed leaves a file without "E", whose whole pieces can be read.
"""

import errno
import os
import secrets
import shutil
import struct
import threading
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from io import FileIO
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.core.errors import StoreError
from agent.core.recorded import Kind, RecordedFrame, RecordedTrack, Tracks
from agent.core.settings.storage import StorageSettings
from agent.storage.keyring import KEY_BYTES
from agent.storage.schema import beside
from agent.storage.sealing import NONCE_BYTES

MARK = b"attentive-agent recording 1\n"
SUFFIX = ".recording"
KINDS: tuple[Kind, ...] = ("video", "audio")
LONGEST_PIECE_BYTES = 64 * 2**20
_HEAD, _FRAMES, _END = b"H", b"F", b"E"
_PIECE = struct.Struct(">II")
_FRAME = struct.Struct(">BqqI")


def recordings_folder(storage: StorageSettings) -> Path:
    """The folder that is set, or one beside an SQLite archive, or in the current folder."""
    return storage.recordings or beside(storage.url, ".recordings")


class RecordingFile:
    """One that is being written. Its methods block, and may be called by any thread: one waits for another.

    The file, and the folder, are made with the first frames, for their owner alone.
    """

    def __init__(self, folder: Path, call_id: str, tracks: Tracks, *, leave_bytes: int = 0) -> None:
        """Ends rather than leave less than `leave_bytes` free on the disk."""
        self.name = f"{call_id}.{secrets.token_hex(8)}{SUFFIX}"
        self.key = secrets.token_bytes(KEY_BYTES)
        self._call_id = call_id
        self._path = folder / self.name
        self._tracks = tracks
        self._leave_bytes = leave_bytes
        self._cipher = AESGCM(self.key)
        self._file: FileIO | None = None
        self._number = 0
        self._over = False
        self._lock = threading.Lock()

    def write(self, frames: Sequence[RecordedFrame]) -> None:
        """Adds a piece; nothing once it has ended. Raises `OSError` for a disk that is full or fails, and for a file
        that somebody has deleted; what was written before can be read."""
        with self._lock:
            if self._over or not frames:
                return
            if self._file is None:
                self._file = self._begun()
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "the recording was deleted")
            if shutil.disk_usage(self._path.parent).free < self._leave_bytes:
                raise OSError(errno.ENOSPC, "too little room is left on the disk")
            self._put(_FRAMES + b"".join(map(_packed, frames)))

    def finish(self, frames: Sequence[RecordedFrame] = ()) -> None:
        """Adds what is left and ends it. A disk that fails leaves it without an end."""
        with suppress(OSError):
            self.write(frames)
        with self._lock:
            over, self._over = self._over, True
            if over or self._file is None:
                return
            with suppress(OSError), self._file:
                self._put(_END)
                os.fsync(self._file.fileno())

    def break_off(self) -> None:
        """Ends it as it is."""
        with self._lock:
            self._over = True
            if self._file is not None:
                self._file.close()

    def delete(self) -> None:
        """Ends it and takes it away. Raises `OSError` where that cannot be done."""
        self.break_off()
        self._path.unlink(missing_ok=True)

    def _begun(self) -> FileIO:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        assert isinstance(file, FileIO)
        self._file = file
        _write_all(file, MARK)
        self._put(_HEAD + msgspec.json.encode(self._tracks))
        return file

    def _put(self, clear: bytes) -> None:
        """A whole piece, or none of it."""
        assert self._file is not None
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, clear, _place(self._call_id, self.name, self._number))
        whole = self._file.tell()
        try:
            _write_all(self._file, _PIECE.pack(self._number, len(sealed)) + sealed)
        except OSError:
            with suppress(OSError):
                self._file.seek(whole)
                self._file.truncate()
            raise
        self._number += 1


class RecordingReader:
    """Reads a recording piece by piece. Blocks. What it says of the whole file it says once all was read."""

    def __init__(self, path: Path, call_id: str, key: bytes) -> None:
        """Raises `StoreError` for a file that is missing, is none, or is sealed with another key."""
        self.broken = 0
        """Pieces that were altered, moved or taken out."""
        self.whole = False
        """Whether its end is there."""
        self._path = path
        self._call_id = call_id
        self._cipher = AESGCM(key)
        head = next(self._pieces(), None)
        if head is None or not head.startswith(_HEAD):
            raise StoreError(f"the recording {path} cannot be opened: its beginning was altered, or it is another's")
        self.tracks: Tracks = msgspec.json.decode(head[1:], type=dict[Kind, RecordedTrack])

    def frames(self) -> Iterator[RecordedFrame | None]:
        """All that can be read, in the order in which it came; None where something is missing."""
        self.broken, self.whole = 0, False
        for clear in self._pieces():
            if clear is None:
                yield None
            elif clear.startswith(_FRAMES):
                yield from _unpacked(clear)
            else:
                self.whole = self.whole or clear == _END

    def _pieces(self) -> Iterator[bytes | None]:
        """Each piece in clear, from the first; None in place of any that cannot be read."""
        expected = 0
        with _opened(self._path) as file:
            if file.read(len(MARK)) != MARK:
                raise StoreError(f"{self._path} is no recording of this version of the agent")
            while len(head := file.read(_PIECE.size)) == _PIECE.size:
                number, length = _PIECE.unpack(head)
                if length > LONGEST_PIECE_BYTES or len(sealed := file.read(length)) < length:
                    return
                clear = self._opened(number, sealed)
                in_order = clear is not None and number >= expected
                missing = number - expected if in_order else 1
                if missing:
                    self.broken += missing
                    yield None
                if in_order:
                    yield clear
                    expected = number + 1
                elif clear is None:
                    expected += 1

    def _opened(self, number: int, sealed: bytes) -> bytes | None:
        nonce, kept = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, kept, _place(self._call_id, self._path.name, number))
        except (InvalidTag, ValueError):
            return None


def erase(folder: Path, call_ids: Set[str]) -> int:
    """Deletes every recording of these calls, those that are being written too. Blocks. Returns how many there were.

    Raises `StoreError` for one that cannot be deleted.
    """
    return _delete([path for path in _all(folder) if call_of(path.name) in call_ids])


def erase_strays(folder: Path, named: Set[str], *, before: float) -> int:
    """Deletes the recordings that are not `named` and were last written to before that time, in Unix seconds: those
    that nothing in the archive speaks of any more. Blocks. Returns how many there were; raises `StoreError`."""
    strays = []
    for path in _all(folder):
        with suppress(FileNotFoundError):
            if path.name not in named and path.stat().st_mtime < before:
                strays.append(path)
    return _delete(strays)


def names(folder: Path) -> tuple[str, ...]:
    """Files of recordings. Blocks."""
    return tuple(path.name for path in _all(folder))


def call_of(name: str) -> str:
    """The call whose recording a file of this name is."""
    return name.removesuffix(SUFFIX).rpartition(".")[0]


def _all(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def _delete(paths: Sequence[Path]) -> int:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as fault:
            raise StoreError(f"the recording {path} cannot be deleted: {fault.strerror}; delete it by hand") from None
    return len(paths)


def _opened(path: Path) -> FileIO:
    try:
        return FileIO(path)
    except OSError as fault:
        raise StoreError(f"the recording {path} cannot be read: {fault.strerror}") from None


def _write_all(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _packed(frame: RecordedFrame) -> bytes:
    head = _FRAME.pack(KINDS.index(frame.kind), frame.timestamp, frame.arrived_us, len(frame.data))
    return head + frame.data


def _unpacked(clear: bytes) -> Iterator[RecordedFrame]:
    at = len(_FRAMES)
    while at < len(clear):
        kind, timestamp, arrived_us, size = _FRAME.unpack_from(clear, at)
        at += _FRAME.size
        yield RecordedFrame(kind=KINDS[kind], timestamp=timestamp, arrived_us=arrived_us, data=clear[at : at + size])
        at += size


def _place(call_id: str, name: str, number: int) -> bytes:
    """Where a piece belongs; names hold no null character."""
    return "\0".join((call_id, name, str(number))).encode()
