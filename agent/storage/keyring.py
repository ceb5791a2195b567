"""The secrets of the archive: master keys, which wrap the calls' data keys, and a root from which other secrets come.

They stand apart from what they protect: in a file beside the database, or in the environment.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.core.signed_customer import GUEST
from agent.storage.schema import beside

log = logging.getLogger(__name__)

KEY_BYTES = 32
_HEAD = """\
# Keys of the archive. Whoever has this file and the database can read what people said; without it nobody can.
# Keep a copy of it, apart from the backups of the database. Change it with `agent keys`.
"""
_LINE = re.compile(r"(root|master):(?:(\d{4}-\d\d-\d\d):)?([A-Za-z0-9+/]{43}=)")


@dataclass(frozen=True, slots=True)
class MasterKey:
    key: bytes = field(repr=False)
    made_on: str
    """Day, as 2026-11-22."""

    @property
    def id(self) -> str:
        """Tells keys apart without telling anything of them; the same key always has the same."""
        return hashlib.sha256(b"id of a master key:" + self.key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Keyring:
    """Immutable; a change of the keys is another keyring."""

    root: bytes = field(repr=False)
    """Never rotated."""
    masters: tuple[MasterKey, ...]
    """The oldest first; the last one wraps what is new."""
    path: Path | None = None
    """Where they are kept; None when they come from the environment, or are kept nowhere."""
    folder: Path = Path()
    """Where else to keep what belongs to the keys."""

    @classmethod
    def fresh(cls) -> "Keyring":
        """New keys, which are kept nowhere yet."""
        return cls(secrets.token_bytes(KEY_BYTES), (_new_master(),))

    @classmethod
    def parsed(cls, text: str, source: str) -> "Keyring":
        """The keys in a file or a variable, which `source` names. Raises `StoreError` for any that are not whole."""
        roots, masters = [], []
        for word in re.sub(r"#[^\n]*", "", text).split():
            parts = _LINE.fullmatch(word)
            if parts is None:
                raise StoreError(f"{source} holds something that is no key; `agent keys new` prints what it looks like")
            try:
                key = base64.b64decode(parts[3], validate=True)
            except binascii.Error:
                raise StoreError(f"{source} holds a key that is not whole; put a copy of it in its place") from None
            if parts[1] == "root":
                roots.append(key)
            else:
                masters.append(MasterKey(key, parts[2] or "unknown"))
        if len(roots) != 1 or not masters:
            raise StoreError(f"{source} must hold one root key and at least one master key; put a copy in its place")
        return cls(roots[0], tuple(masters))

    @property
    def current(self) -> MasterKey:
        return self.masters[-1]

    def master(self, key_id: str) -> MasterKey:
        """Raises `StoreError` for one that is not there."""
        for master in self.masters:
            if master.id == key_id:
                return master
        raise _lacks(self, key_id)

    def require(self, key_ids: Collection[str]) -> None:
        """Raises `StoreError` unless all these master keys are there."""
        for key_id in key_ids:
            self.master(key_id)

    def secret(self, name: str) -> bytes:
        """32 bytes for one use, the same as long as there is this archive: HKDF-SHA256 (RFC 5869) of the root."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=name.encode()).derive(self.root)

    def pseudonym_of(self, customer: str) -> str:
        """What the archive and the logs call a customer: 32 hex digits of HMAC-SHA256 of the business's id.

        Without the root key nobody can find out who it is, nor try out ids. A guest stays a guest.
        """
        if customer == GUEST:
            return GUEST
        return hmac.new(self.secret("pseudonyms"), customer.encode(), hashlib.sha256).hexdigest()[:32]

    def rotated(self) -> "Keyring":
        """With a new master key after the others."""
        return replace(self, masters=(*self.masters, _new_master()))

    def without(self, key_id: str) -> "Keyring":
        return replace(self, masters=tuple(master for master in self.masters if master.id != key_id))

    def text(self) -> str:
        """The keys as a file or a variable holds them."""
        return "\n".join([_line("root", self.root), *(_line(f"master:{one.made_on}", one.key) for one in self.masters)])

    def write(self) -> None:
        """Puts these keys into the file that they came from, at once and whole. Raises `StoreError`."""
        assert self.path is not None
        try:
            temporary = _written(self)
            os.replace(temporary, self.path)
        except OSError as fault:
            raise _unwritable(self.path, fault) from None

    def reread(self) -> "Keyring":
        """The keys as they are in the file now. Blocks. Raises `StoreError`, for another archive's keys as well."""
        now = self if self.path is None else _read(self.path)
        if now.root != self.root:
            raise StoreError(f"{self.path} holds the keys of another archive; put back a copy of its own")
        return now


def opened(storage: StorageSettings, in_use: Collection[str] | None) -> Keyring:
    """The keys of the archive, some of which `in_use` names; made at first, when none is in use. Blocks.

    None for `in_use` stands for an archive that is away: keys are never made for one that may have keys already.

    Raises `StoreError` for keys that are missing, broken or another archive's. Nothing is ever written over.
    """
    path = key_path(storage)
    if storage.keys is not None:
        given = Keyring.parsed(storage.keys.get_secret_value(), "storage.keys")
        keyring = replace(given, folder=path.parent)
    else:
        if not path.exists():
            if in_use is None:
                raise StoreError(
                    f"the archive is away, and {path}, which holds its keys, is missing: start the database, for which "
                    "keys are made if it has none yet, or put a copy of the keys there"
                )
            if in_use:
                raise StoreError(
                    f"{path}, which holds the archive's keys, is missing, and without it nothing that was said can be "
                    "read; put a copy of it there, or set storage.key_file or AGENT_STORAGE__KEYS"
                )
            _create(path)
        keyring = _read(path)
    keyring.require(in_use or ())
    return keyring


def key_path(storage: StorageSettings) -> Path:
    """The file of the keys: the one that is set, or one beside an SQLite archive, or in the current folder."""
    return storage.key_file or beside(storage.url, ".keys")


def _read(path: Path) -> Keyring:
    try:
        text = path.read_text("utf-8")
        open_to_others = os.name == "posix" and path.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as fault:
        raise StoreError(f"the archive's keys in {path} cannot be read: {fault}") from None
    if open_to_others:
        log.warning("%s, which holds the archive's keys, can be read by other users; run chmod 600 on it", path)
    return replace(Keyring.parsed(text, str(path)), path=path, folder=path.parent)


def _create(path: Path) -> None:
    """Makes new keys, unless another process has just done so."""
    fresh = replace(Keyring.fresh(), path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _written(fresh)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        finally:
            temporary.unlink()
    except OSError as fault:
        raise _unwritable(path, fault) from None
    log.warning("made %s, without which the archive cannot be read; keep a copy apart from the database", path)


def _written(keyring: Keyring) -> Path:
    """A whole file on the disk, beside the one that it is for; only its owner may read it."""
    assert keyring.path is not None
    with NamedTemporaryFile("w", encoding="utf-8", dir=keyring.path.parent, prefix=".keys-", delete=False) as file:
        file.write(f"{_HEAD}{keyring.text()}\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name)


def _new_master() -> MasterKey:
    return MasterKey(secrets.token_bytes(KEY_BYTES), datetime.now(UTC).date().isoformat())


def _line(name: str, key: bytes) -> str:
    return f"{name}:{base64.b64encode(key).decode()}"


def _lacks(keyring: Keyring, key_id: str) -> StoreError:
    where = "storage.keys" if keyring.path is None else str(keyring.path)
    return StoreError(
        f"the archive was sealed with master key {key_id}, which {where} does not hold; put a copy of the keys there "
        "that holds it"
    )


def _unwritable(path: Path, fault: OSError) -> StoreError:
    return StoreError(
        f"the archive's keys cannot be written to {path}: {fault}; set storage.key_file to a place that can be written"
    )
