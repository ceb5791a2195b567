"""Says who a caller is, in words that only the business's own site can have signed."""

import base64
import hashlib
import hmac

from agent.core.errors import NotSignedIn

GUEST = "guest"
"""Pseudonym of whoever is not signed in."""


def sign(pseudonym: str, *, secret: str, expires_at: int) -> str:
    """A token, safe in an address, that stands for a customer until `expires_at`, in Unix seconds.

    `base64url(pseudonym) . expires_at . hex HMAC-SHA256(secret, base64url(pseudonym) . expires_at)`
    """
    named = f"{base64.urlsafe_b64encode(pseudonym.encode()).decode().rstrip('=')}.{expires_at}"
    return f"{named}.{_signature(named, secret)}"


def verify(token: str, *, secret: str, now: float) -> str:
    """The pseudonym that a token stands for. Raises `NotSignedIn` for one that is altered, of another secret or too
    old, and does not tell which."""
    named, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(named, secret).encode(), signature.encode()):
        raise NotSignedIn
    # What was signed has been well formed.
    encoded, _, expires_at = named.partition(".")
    if now >= int(expires_at):
        raise NotSignedIn
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def _signature(named: str, secret: str) -> str:
    return hmac.new(secret.encode(), named.encode(), hashlib.sha256).hexdigest()
