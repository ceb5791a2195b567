"""Copies an SQLite archive while it is in use, and puts a copy back.

A copy lacks the calls' keys, which go into a file of their own. Of those only the newest is worth keeping: it opens
every copy, but for calls that were erased before it was made: those can be read in no copy any more.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from agent.core.errors import StoreError
from agent.storage.schema import shown, upgrade

KEYS_SUFFIX = ".keys"
WAIT_S = 10.0
"""For who writes at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was copied, or put back."""

    file: Path
    keys: Path
    calls: int
    """In the file."""
    readable: int
    """Those of them whose keys there are."""


def source_of(url: str) -> Path:
    """The archive's file. Raises `StoreError` where there is none, or where it is on a server."""
    source = _path(url)
    if not source.is_file():
        raise StoreError(f"there is no archive in {source}; set storage.url to the one that is to be copied")
    return source


def back_up(url: str, file: Path) -> Backup:
    """Copies the archive at `url` as it is at this moment into `file`, and the calls' keys beside it. Blocks.

    Raises `StoreError` for an archive that is on a server, for a file that is there already, and when either cannot be
    read or written; then there is no new file.
    """
    source = source_of(url)
    keys = file.with_name(file.name + KEYS_SUFFIX)
    for target in (file, keys):
        _require_absent(target)
    new_file, new_keys = _unfinished(file), _unfinished(keys)
    try:
        with closing(sqlite3.connect(source, timeout=WAIT_S)) as archive, closing(_created(new_file)) as copy:
            archive.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            calls, readable = _take_keys_out(copy, new_keys)
        for new, final in ((new_keys, keys), (new_file, file)):
            _flush(new)
            new.replace(final)
    except (sqlite3.Error, OSError) as fault:
        raise StoreError(f"the archive {source} cannot be copied to {file}: {fault}") from None
    finally:
        new_file.unlink(missing_ok=True)
        new_keys.unlink(missing_ok=True)
    return Backup(file=file, keys=keys, calls=calls, readable=readable)


def restore(url: str, file: Path, keys: Path) -> Backup:
    """Makes the archive at `url` of a copy and of calls' keys, those of a later copy perhaps. Blocks.

    Raises `StoreError` for an archive that is on a server or there already, and for files that are no such copies; then
    there is no new archive.
    """
    target = _path(url)
    _require_absent(target)
    for left_over in (target.with_name(target.name + suffix) for suffix in ("-wal", "-shm")):
        _require_absent(left_over)
    new = _unfinished(target)
    try:
        for needed in (file, keys):
            if not needed.is_file():
                raise StoreError(f"{needed} is not there; `agent backup FILE` writes FILE and FILE{KEYS_SUFFIX}")
        with closing(_read_only(file)) as copy, closing(_created(new)) as archive:
            copy.backup(archive)
            calls, readable = _put_keys_in(archive, keys)
        upgrade(f"sqlite+aiosqlite:///{new}")
        with closing(sqlite3.connect(new)) as archive:
            # One file, that can be given its name.
            archive.execute("PRAGMA journal_mode = DELETE")
        _flush(new)
        new.replace(target)
    except (sqlite3.Error, OSError) as fault:
        raise StoreError(f"the archive {target} cannot be made of {file} and {keys}: {fault}") from None
    finally:
        new.unlink(missing_ok=True)
    return Backup(file=file, keys=keys, calls=calls, readable=readable)


def _path(url: str) -> Path:
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database or address.database == ":memory:":
        raise StoreError(
            f"{shown(url)} is no SQLite file; copy it with the server's own tools (pg_dump, mariadb-dump), the table "
            "call_keys apart from all others"
        )
    return Path(address.database)


def _require_absent(file: Path) -> None:
    if file.exists():
        raise StoreError(f"{file} is there already, and is not written over; give another name, or move it away")


def _unfinished(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.new")


def _created(file: Path) -> sqlite3.Connection:
    """A new database that only this user may read."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return sqlite3.connect(file, isolation_level=None)


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _take_keys_out(copy: sqlite3.Connection, keys: Path) -> tuple[int, int]:
    """Moves the calls' keys into a file of their own. Returns how many calls there are, and how many have keys."""
    with closing(_created(keys)) as apart:
        apart.execute("CREATE TABLE call_keys (call_id TEXT PRIMARY KEY, wrapped BLOB, master_key TEXT)")
        apart.execute("BEGIN")
        rows = copy.execute("SELECT call_id, wrapped, master_key FROM call_keys")
        apart.executemany("INSERT INTO call_keys VALUES (?, ?, ?)", rows)
        apart.execute("COMMIT")
        [readable] = apart.execute("SELECT count(*) FROM call_keys").fetchone()
    copy.execute("DELETE FROM call_keys")
    # Otherwise the keys would still stand in pages that are free now.
    copy.execute("VACUUM")
    [calls] = copy.execute("SELECT count(*) FROM calls").fetchone()
    return calls, readable


def _put_keys_in(archive: sqlite3.Connection, keys: Path) -> tuple[int, int]:
    """Takes the keys of those calls that the archive has. Returns how many those are, and how many have keys."""
    with closing(_read_only(keys)) as apart:
        rows = apart.execute("SELECT call_id, wrapped, master_key FROM call_keys").fetchall()
    archive.execute("BEGIN")
    archive.executemany(
        "INSERT INTO call_keys (call_id, wrapped, master_key) SELECT ?1, ?2, ?3 "
        "WHERE EXISTS (SELECT 1 FROM calls WHERE id = ?1)",
        rows,
    )
    archive.execute("COMMIT")
    [calls] = archive.execute("SELECT count(*) FROM calls").fetchone()
    [readable] = archive.execute("SELECT count(*) FROM call_keys").fetchone()
    return calls, readable


def _flush(file: Path) -> None:
    opened = os.open(file, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
