"""Seals what people said, showed or felt, so that a copy of the database tells nothing of it: envelope encryption.

Each call has a data key of its own, which the archive keeps wrapped by a master key. Whoever destroys a call's data key
makes all that was sealed with it unreadable: rows, spool, and copies that lack the key.
"""

import asyncio
import logging
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.core.errors import CallDamaged, StoreError
from agent.storage.keyring import KEY_BYTES, Keyring, MasterKey

log = logging.getLogger(__name__)

NONCE_BYTES = 12
MARK = b"\xff\x01"
"""What every sealed value begins with: 0xFF, which is no byte of UTF-8, so text in clear never does; then the form."""
OVERHEAD_BYTES = len(MARK) + NONCE_BYTES + 16
"""By which a sealed value is longer."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A call's data key as it is kept."""

    wrapped: bytes
    master_key: str
    """Id of the master key that wrapped it."""


class Vault:
    """Seals and opens values of calls. AES-256-GCM, with a nonce drawn for each value.

    A value is bound to its call, table and column: moved elsewhere, it cannot be opened.
    """

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._ciphers: dict[str, AESGCM] = {}

    def __contains__(self, call_id: str) -> bool:
        """Whether values of the call can be sealed and opened."""
        return call_id in self._ciphers

    async def reread(self) -> None:
        """Has the data keys of calls that begin from now on wrapped by the newest master key in the file."""
        try:
            self.keyring = await asyncio.to_thread(self.keyring.reread)
        except StoreError as fault:
            log.error("%s; calls are sealed with the keys from before", fault)

    def begin(self, call_id: str) -> WrappedKey:
        """Draws the data key of a call that begins; it is to be kept before anything that is sealed with it."""
        data_key = secrets.token_bytes(KEY_BYTES)
        self._ciphers[call_id] = AESGCM(data_key)
        return _wrapped(self.keyring.current, call_id, data_key)

    def learn(self, call_id: str, kept: WrappedKey) -> None:
        """Takes the data key of a call from the archive. Raises `CallDamaged` when it cannot be unwrapped."""
        self._ciphers[call_id] = AESGCM(_unwrapped(self.keyring, call_id, kept))

    def forget(self, call_id: str) -> None:
        """Lets go of the data key of a call that is over."""
        self._ciphers.pop(call_id, None)

    def seal(self, call_id: str, table: str, column: str, clear: bytes) -> bytes:
        """Raises `CallDamaged` for a call whose data key is not at hand."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return MARK + nonce + self._cipher(call_id).encrypt(nonce, clear, _place(call_id, table, column))

    def open(self, call_id: str, table: str, column: str, sealed: bytes) -> bytes:
        """What was sealed; a value of before there was sealing, as it is. Raises `CallDamaged` where the data key of
        the call is not at hand, and for a value that was altered or comes from elsewhere."""
        if not is_sealed(sealed):
            return sealed
        nonce, kept = sealed[len(MARK) : len(MARK) + NONCE_BYTES], sealed[len(MARK) + NONCE_BYTES :]
        try:
            return self._cipher(call_id).decrypt(nonce, kept, _place(call_id, table, column))
        except (InvalidTag, ValueError):
            raise CallDamaged(
                f"a value of {table}.{column} of call {call_id} was altered after it was sealed, or belongs to another "
                "row; put back a backup, and look for who can write to the archive"
            ) from None

    def _cipher(self, call_id: str) -> AESGCM:
        try:
            return self._ciphers[call_id]
        except KeyError:
            raise CallDamaged(f"there is no data key of call {call_id}: what was kept of it cannot be read") from None


def is_sealed(value: bytes) -> bool:
    """Whether it was sealed; otherwise it is UTF-8 in clear."""
    return value.startswith(MARK)


def rewrapped(keyring: Keyring, call_id: str, kept: WrappedKey) -> WrappedKey:
    """The same data key, wrapped by the keyring's current master key. Raises `CallDamaged`."""
    return _wrapped(keyring.current, call_id, _unwrapped(keyring, call_id, kept))


def _wrapped(master: MasterKey, call_id: str, data_key: bytes) -> WrappedKey:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return WrappedKey(nonce + AESGCM(master.key).encrypt(nonce, data_key, _place(call_id)), master.id)


def _unwrapped(keyring: Keyring, call_id: str, kept: WrappedKey) -> bytes:
    nonce, data_key = kept.wrapped[:NONCE_BYTES], kept.wrapped[NONCE_BYTES:]
    try:
        master = keyring.master(kept.master_key)
        return AESGCM(master.key).decrypt(nonce, data_key, _place(call_id))
    except StoreError as fault:
        raise CallDamaged(f"call {call_id} cannot be opened: {fault}") from None
    except (InvalidTag, ValueError):
        raise CallDamaged(
            f"the data key of call {call_id} was altered, or is another call's; put back a backup"
        ) from None


def _place(*names: str) -> bytes:
    """Where a value belongs; names hold no null character."""
    return "\0".join(names).encode()
