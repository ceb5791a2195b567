"""Who a caller is, is believed only from whoever has the secret, and only for a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import NotSignedIn
from agent.core.signed_customer import sign, verify

SECRET = "a secret of the business and its site"


@given(pseudonym=st.text(min_size=1, max_size=40), lasts_s=st.integers(1, 10**9))
def test_who_was_signed_is_who_calls(pseudonym: str, lasts_s: int) -> None:
    """Any name comes back as it was, until the very second at which the token ends."""
    token = sign(pseudonym, secret=SECRET, expires_at=1_000 + lasts_s)
    assert verify(token, secret=SECRET, now=999.0 + lasts_s) == pseudonym
    with pytest.raises(NotSignedIn):
        verify(token, secret=SECRET, now=1_000.0 + lasts_s)


def test_a_token_fits_an_address() -> None:
    """It can stand in a link without being escaped."""
    token = sign("dana & büro/7", secret=SECRET, expires_at=2_000)
    assert all(letter.isalnum() or letter in "-_." for letter in token)


@given(at=st.integers(0, 10**6), letter=st.characters(codec="utf-8"))
def test_one_letter_changed_is_nobody(at: int, letter: str) -> None:
    """Neither the name nor the time nor the signature can be altered."""
    token = sign("dana", secret=SECRET, expires_at=2_000)
    altered = token[: at % len(token)] + letter + token[at % len(token) + 1 :]
    if altered == token:
        return
    with pytest.raises(NotSignedIn):
        verify(altered, secret=SECRET, now=0)


@given(st.text(max_size=80))
def test_what_is_no_token_is_nobody(token: str) -> None:
    """Whatever stands in its place, nothing else is raised."""
    with pytest.raises(NotSignedIn):
        verify(token, secret=SECRET, now=0)


def test_a_token_of_another_business_is_nobody() -> None:
    """The secret decides."""
    token = sign("dana", secret="of some other business and its site", expires_at=2_000)
    with pytest.raises(NotSignedIn):
        verify(token, secret=SECRET, now=0)
