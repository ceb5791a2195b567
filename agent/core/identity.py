"""Who somebody is to the agent, and what that lets them do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. No role holds another one's rights, but for `ADMIN`, who may do whatever staff may."""

    CUSTOMER = "customer"
    """Talks in a call of their own, and touches no other."""
    BUSINESS = "business"
    """A program of the business: makes the links by which its customers join."""
    SUPERVISOR = "supervisor"
    """Watches calls: pictures, words, signals."""
    ENGINEER = "engineer"
    """Reads metrics and the times of frames; sees no picture, no word and no feeling."""
    ADMIN = "admin"


STAFF = (Role.SUPERVISOR, Role.ENGINEER, Role.ADMIN)
"""Roles that an account of the agent's own can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks for something, once that is sure."""

    name: str
    """As the audit log has it, such as `staff:ada`."""
    role: Role
    session: int | None = None
    """The signed-in session that speaks; None for a program with a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member of staff."""

    id: int
    name: str
    role: Role
    password_hash: str | None
    """PHC string of Argon2; None for who signs in elsewhere."""
    totp_secret: str | None
    """Base32 (RFC 4648); None without a second factor."""
    recovery_codes: tuple[str, ...]
    """SHA-256 in hex of each code that is left."""
    created_at: float
    """Unix time in seconds."""
    disabled_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A browser that is signed in. All times are Unix seconds."""

    id: int
    name: str | None
    """Of the account; None for who came by the link that `agent serve` prints while there is no account."""
    role: Role
    way: str
    """How this account signs in: by `password`, at an identity provider (`oidc`), or by the printed `link`."""
    token_hash: str
    """SHA-256 in hex of the cookie's token."""
    previous_hash: str | None
    """Of the token before, if it had one."""
    rotated_at: float
    """When it got that token."""
    seen_at: float
    expires_at: float
    """At the latest, however busy it is."""
