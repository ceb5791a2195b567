"""The second factor of staff: time-based codes (RFC 6238) of any authenticator app, and codes for when it is lost."""

import hashlib
import hmac
import secrets

import pyotp

STEP_S = 30
DRIFT_STEPS = 1
"""A telephone's clock may be this many steps ahead or behind (RFC 6238, section 5.2)."""
RECOVERY_CODES = 8
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that are taken for each other."""


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, *, name: str, issuer: str) -> str:
    """What an app takes, typed in or as a picture: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, *, now: float) -> int | None:
    """The number of the step that `code` belongs to, near `now` in Unix seconds; None for a code of no such step.

    Whoever takes it accepts each step once, and none before the last one: a code that was looked at over a shoulder
    is worth nothing.
    """
    digits = code.replace(" ", "")
    present = int(now) // STEP_S
    totp = pyotp.TOTP(secret)
    fitting = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()):
            fitting = step
    return fitting


def new_recovery_codes() -> tuple[str, ...]:
    """Codes of fifty random bits, each good for one sign-in."""
    return tuple(f"{_letters(5)}-{_letters(5)}" for _ in range(RECOVERY_CODES))


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))


def recovery_digest(code: str) -> str:
    """As a code is kept. What is random needs no slow hash."""
    plain = "".join(character for character in code.casefold() if character in _ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()
