"""Certificates of erasure: what was erased, when and what could not be, signed so that anybody can check it."""

from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.core.errors import DataRejected

CONTEXT = b"attentive-agent erasure certificate 1\n"
"""Begins what is signed, so that a signature stands for nothing else."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What one erasure did. It names no person: `customer` is the archive's pseudonym."""

    erased_at: str
    """ISO 8601, UTC."""
    customer: str | None
    """None where calls were erased by their ids."""
    calls: tuple[str, ...]
    going_on: tuple[str, ...]
    """Calls that had not ended; what comes of them afterwards is not written."""
    erased: dict[str, int]
    """Rows, documents and entries by where they were."""
    not_erased: tuple[str, ...]
    """What could not be reached, in words."""
    audit: str
    """Hash of the entry in the audit log."""
    public_key: str = ""
    """Ed25519 (RFC 8032), in hex."""
    signature: str = ""
    """Over the canonical JSON of all the rest, in hex."""


def signed(certificate: Certificate, seed: bytes) -> Certificate:
    """The certificate with the signature of the private key that the 32 bytes `seed` stand for."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    named = msgspec.structs.replace(certificate, public_key=key.public_key().public_bytes_raw().hex(), signature="")
    return msgspec.structs.replace(named, signature=key.sign(_content(named)).hex())


def public_key_of(seed: bytes) -> str:
    """In hex, of the key that `signed` signs with."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def is_genuine(certificate: Certificate, public_key: str) -> bool:
    """Whether nothing in it was changed since the owner of `public_key`, in hex, signed it."""
    content = _content(msgspec.structs.replace(certificate, signature=""))
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(certificate.signature), content)
    except (InvalidSignature, ValueError):
        return False
    return certificate.public_key == public_key


def read_certificate(path: Path) -> Certificate:
    """Raises `DataRejected` for a file that holds none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Certificate)
    except (OSError, ValueError, RecursionError) as fault:
        raise DataRejected(f"{path} is no certificate of erasure: {fault}") from None


def _content(certificate: Certificate) -> bytes:
    return CONTEXT + msgspec.json.encode(msgspec.to_builtins(certificate), order="deterministic")
