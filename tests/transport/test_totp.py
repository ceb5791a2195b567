"""Codes of a second factor are those of the standard, and recovery codes can be typed as they come."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.transport.totp import STEP_S, new_recovery_codes, new_secret, recovery_digest, step_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("now", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")],
)
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    """The last six digits of the values in RFC 6238, appendix B, for SHA-1."""
    assert step_of(RFC_SECRET, code, now=now) == now // STEP_S
    assert step_of(RFC_SECRET, f"{code[:3]} {code[3:]}", now=now) == now // STEP_S


def test_a_clock_may_be_a_step_off_and_no_more() -> None:
    """Half a minute either way; beyond that a code is of no step."""
    for drift_s, fits in ((-60, False), (-30, True), (30, True), (60, False)):
        assert (step_of(RFC_SECRET, "005924", now=1_234_567_890 + drift_s) is not None) is fits


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_none(text: str) -> None:
    """Letters, other scripts and nothing at all raise nothing."""
    assert step_of(RFC_SECRET, text, now=59) in (None, 0, 1, 2)


def test_recovery_codes_are_many_different_and_typed_in_any_form() -> None:
    """Capital letters, spaces and missing dashes make no difference."""
    codes = new_recovery_codes()
    assert len({recovery_digest(code) for code in codes}) == len(codes) == 8
    assert recovery_digest(codes[0].upper().replace("-", "  ")) == recovery_digest(codes[0])
    assert new_secret() != new_secret()
