"""Who a caller is, is believed only from whoever has the secret, and only for a time."""

import base64
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from agent.core.errors import LinkRejected
from agent.core.signed_customer import SKEW_S, SignedCustomer, sign, verify

SECRET = "a secret of the business and its site"
DANA = SignedCustomer(customer="dana", expires_at=2_000)

customers = st.builds(
    SignedCustomer,
    customer=st.text(min_size=1, max_size=40),
    expires_at=st.integers(0, 10**9).map(float),
    token_id=st.none() | st.text(min_size=1, max_size=20),
    locale=st.none() | st.sampled_from(["zh", "en-GB"]),
    domain=st.none() | st.text(max_size=20),
    emotion=st.booleans(),
)


@given(customers)
def test_who_was_signed_is_who_calls(who: SignedCustomer) -> None:
    """Everything comes back as it was, until the token ends; clocks that differ by a minute do no harm."""
    token = sign(who, secret=SECRET)
    assert verify(token, secret=SECRET, now=who.expires_at + SKEW_S - 1) == who
    with pytest.raises(LinkRejected, match="run out"):
        verify(token, secret=SECRET, now=who.expires_at + SKEW_S)


@given(customers)
def test_a_token_fits_an_address(who: SignedCustomer) -> None:
    """It can stand in a link without being escaped."""
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in sign(who, secret=SECRET))


def test_any_library_makes_and_reads_tokens() -> None:
    """A business's backend needs no code of ours: a token is a JSON Web Token like any other."""
    key = OctKey.import_key(SECRET)
    theirs = jwt.encode({"alg": "HS256"}, {"sub": "dana", "exp": 2_000, "iat": 1_900, "jti": "7", "shop": 1}, key)
    assert verify(theirs, secret=SECRET, now=1_950) == SignedCustomer(customer="dana", expires_at=2_000, token_id="7")
    assert jwt.decode(sign(DANA, secret=SECRET), key).claims == {"sub": "dana", "exp": 2_000}


@given(at=st.integers(0, 10**6), letter=st.characters(codec="utf-8"))
def test_one_letter_changed_is_nobody(at: int, letter: str) -> None:
    """Neither the name nor the time nor the signature can be altered."""
    token = sign(DANA, secret=SECRET)
    at %= len(token)
    altered = token[:at] + letter + token[at + 1 :]
    if altered == token:
        return
    with pytest.raises(LinkRejected):
        verify(altered, secret=SECRET, now=0)


@given(st.text(max_size=80))
def test_what_is_no_token_is_nobody(token: str) -> None:
    """Whatever stands in its place, nothing else is raised."""
    with pytest.raises(LinkRejected):
        verify(token, secret=SECRET, now=0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
claims = st.fixed_dictionaries(
    {}, optional={name: json_values for name in ("sub", "exp", "nbf", "jti", "locale", "aud", "emotion", "iss")}
)


@given(header=json_values | st.fixed_dictionaries({"alg": json_values}), body=json_values | claims)
def test_whatever_was_signed_is_a_customer_or_nobody(header: object, body: object) -> None:
    """Even who has the secret cannot make the agent fail: a token is read, or refused."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body))
    signed = ".".join(parts)
    token = f"{signed}.{_signed_by_secret(signed)}"
    try:
        assert isinstance(verify(token, secret=SECRET, now=0), SignedCustomer)
    except LinkRejected as error:
        assert error.reason in ("invalid", "expired")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ({"alg": "none"}, {"sub": "dana", "exp": 2_000}),
        ({"alg": "HS512"}, {"sub": "dana", "exp": 2_000}),
        ({"alg": "HS256", "crit": ["exp"]}, {"sub": "dana", "exp": 2_000}),
        ({"alg": "HS256"}, {"sub": "dana"}),
        ({"alg": "HS256"}, {"sub": "", "exp": 2_000}),
        ({"alg": "HS256"}, {"sub": "dana", "exp": 2_000, "locale": "<b>"}),
        ({"alg": "HS256"}, {"sub": "dana", "exp": 2_000, "nbf": 1_900}),
    ],
    ids=["unsigned", "another algorithm", "a claim beyond us", "for ever", "nobody", "no language", "not yet"],
)
def test_a_token_must_be_of_the_one_form(header: dict[str, object], body: dict[str, object]) -> None:
    """Whatever else is signed is not taken: another algorithm, a demand that is not understood, no end."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body))
    signed = ".".join(parts)
    with pytest.raises(LinkRejected, match="not signed"):
        verify(f"{signed}.{_signed_by_secret(signed)}", secret=SECRET, now=1_000)


def test_a_token_of_another_business_is_nobody() -> None:
    """The secret decides."""
    token = sign(DANA, secret="of some other business and its site")
    with pytest.raises(LinkRejected):
        verify(token, secret=SECRET, now=0)


def _signed_by_secret(signed: str) -> str:
    """As RFC 7515 says."""
    signature = hmac.digest(SECRET.encode(), signed.encode(), "sha256")
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")
