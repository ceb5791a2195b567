"""Says who a caller is, in words that only who shares the business's secret can have signed."""

import base64
import hashlib
import hmac
from typing import Annotated

import msgspec

from agent.core.errors import LinkRejected

GUEST = "guest"
"""Pseudonym of whoever is not signed in."""
SKEW_S = 60
"""By so much the clock of who signed may be wrong."""
LONGEST_TOKEN = 1_024
LOCALE = r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"
"""A language tag, such as zh or en-GB, as far as letters go (RFC 5646)."""


class SignedCustomer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claims of a customer's token (RFC 7519); those that are not listed here mean nothing."""

    customer: Annotated[str, msgspec.Meta(min_length=1, max_length=256)] = msgspec.field(name="sub")
    """Who calls, as the business knows them."""
    expires_at: float = msgspec.field(name="exp")
    """Unix time in seconds."""
    not_before: float = msgspec.field(name="nbf", default=0.0)
    token_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = msgspec.field(name="jti", default=None)
    """A token that has one makes one call."""
    locale: Annotated[str, msgspec.Meta(max_length=35, pattern=LOCALE)] | None = None
    """The customer's language, whatever their browser says."""
    domain: str | None = msgspec.field(name="aud", default=None)
    """The only domain pack that it is for."""
    emotion: bool = True
    """False: the call may read no emotion, whatever the customer chooses."""


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: str
    crit: msgspec.Raw | None = None


_header_decoder = msgspec.json.Decoder(_Header)
_claims_decoder = msgspec.json.Decoder(SignedCustomer)
_HEADER = msgspec.json.encode({"alg": "HS256", "typ": "JWT"})


def sign(who: SignedCustomer, *, secret: str) -> str:
    """A JSON Web Token (RFC 7519) with HMAC-SHA256 (RFC 7515), safe in an address."""
    signed = f"{_encoded(_HEADER)}.{_encoded(msgspec.json.encode(who))}"
    return f"{signed}.{_signature(signed, secret)}"


def verify(token: str, *, secret: str, now: float) -> SignedCustomer:
    """What a token says. Raises `LinkRejected` for one that is altered, of another secret, of another algorithm or no
    token at all, without telling which; and for one that has run out."""
    signed, _, signature = token.rpartition(".")
    if not token.isascii() or not hmac.compare_digest(_signature(signed, secret), signature):
        raise LinkRejected("invalid")
    header, _, claims = signed.partition(".")
    try:
        how = _header_decoder.decode(_decoded(header))
        who = _claims_decoder.decode(_decoded(claims))
    except (msgspec.DecodeError, ValueError):
        raise LinkRejected("invalid") from None
    if how.alg != "HS256" or how.crit is not None or now < who.not_before - SKEW_S:
        raise LinkRejected("invalid")
    if now >= who.expires_at + SKEW_S:
        raise LinkRejected("expired")
    return who


def _signature(signed: str, secret: str) -> str:
    return _encoded(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
