"""What an identity provider says is believed only where everything was checked that the standard has checked."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr, ValidationError

from agent.core.clock import SystemClock
from agent.core.errors import SignInRefused
from agent.core.identity import Role
from agent.core.settings import OidcSettings
from agent.transport.oidc import IdentityProvider
from tests.transport.identity_providers import ASKED, CLIENT, ROLES, SECRET, LyingProvider, by_hand, serving

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def liar() -> AsyncIterator[LyingProvider]:
    liar = LyingProvider()
    async with asyncio.TaskGroup() as tasks:
        server, liar.url = await serving(liar.app(), tasks)
        yield liar
        server.should_exit = True


async def asked_of(liar: LyingProvider, code: str = "good", **more: Any) -> tuple[str, Role]:
    settings = OidcSettings(issuer=liar.url, client_id=CLIENT, client_secret=SecretStr(SECRET), roles=ROLES, **more)
    provider = await asyncio.to_thread(IdentityProvider, settings, SystemClock())
    return await provider.who(code, ASKED)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["other", CLIENT], "azp": CLIENT},
        {"roles": "team-leads"},
        {"roles": ["platform", "team-leads"]},
    ],
    ids=["plain", "for several", "a text", "several roles"],
)
async def test_what_is_right_is_believed(liar: LyingProvider, claims: dict[str, Any]) -> None:
    """Whoever the provider vouches for in one of the forms that the standard allows; the first role of ours counts."""
    liar.claims = claims
    assert await asked_of(liar) == ("ada@shop.example", Role.SUPERVISOR)


async def test_claims_may_lie_deep_or_be_told_apart(liar: LyingProvider) -> None:
    """Keycloak nests roles; others tell e-mail addresses only when they are asked again."""
    liar.claims = {"roles": None, "email": None, "realm": {"roles": ["platform"]}}
    liar.more = {"sub": "u1", "email": "ada@shop.example"}
    assert await asked_of(liar, role_claim="realm.roles") == ("ada@shop.example", Role.ENGINEER)


LIES: dict[str, dict[str, Any]] = {
    "another's nonce": {"nonce": "n-2"},
    "no nonce": {"nonce": None},
    "for another": {"aud": "other"},
    "for others, too, and not us": {"aud": ["other", "third"]},
    "for several, by nobody": {"aud": ["other", CLIENT]},
    "of another issuer": {"iss": "http://127.0.0.1:1"},
    "old": {"exp": 1_000_000_000},
    "without end": {"exp": None},
    "another access token": {"at_hash": "0" * 22},
    "of nobody": {"sub": None},
    "an unverified address": {"email_verified": False},
    "no name": {"email": 7},
    "too long a name": {"email": "a" * 65},
    "no role": {"roles": []},
    "a role of no form": {"roles": {"team-leads": True}},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES)
async def test_what_is_wrong_is_not(liar: LyingProvider, claims: dict[str, Any]) -> None:
    """Each claim that the standard has checked is checked, and what is refused is said."""
    liar.claims = claims
    with pytest.raises(SignInRefused) as refused:
        await asked_of(liar)
    assert len(str(refused.value)) > 30


async def test_only_the_provider_can_sign(liar: LyingProvider) -> None:
    """Neither another key, nor the secret that both share, nor the public key taken for one, nor nothing will do."""
    other = RSAKey.generate_key(2048, {"kid": "k1"})
    for key, algorithm in ((other, "RS256"), (OctKey.import_key(SECRET * 2), "HS256")):
        liar.signs_with, liar.algorithm = key, algorithm
        with pytest.raises(SignInRefused, match="cannot be believed"):
            await asked_of(liar)
    for algorithm, secret in (("HS256", liar.key.as_pem(private=False)), ("none", None)):
        liar.forged = partial(by_hand, algorithm=algorithm, secret=secret)
        with pytest.raises(SignInRefused, match="cannot be believed"):
            await asked_of(liar)


@pytest.mark.parametrize(
    ("offers", "complaint"),
    [
        ({"issuer": "http://127.0.0.1:1"}, "names itself otherwise"),
        ({"token_endpoint": 7}, "not of its protocol"),
        ({"token_endpoint": "http://127.0.0.1:1/token"}, "cannot be reached"),
        ({"jwks_uri": "nowhere"}, "cannot be reached"),
        ({"jwks_uri": "URL/absent"}, "refused \\(404\\)"),
        ({"more": "x" * 600_000}, "more than anybody would read"),
    ],
    ids=["another", "garbage", "gone", "no address", "absent", "huge"],
)
async def test_a_provider_that_is_broken_is_a_sentence(
    liar: LyingProvider, offers: dict[str, Any], complaint: str
) -> None:
    """Whatever it offers, staff get words."""
    liar.offers = {
        name: str(value).replace("URL", liar.url) if name != "token_endpoint" else value
        for name, value in offers.items()
    }
    with pytest.raises(SignInRefused, match=complaint):
        await asked_of(liar)


async def test_a_code_that_is_not_its_own_gets_nobody_in(liar: LyingProvider) -> None:
    """The provider refuses it, and that is said."""
    with pytest.raises(SignInRefused, match="refused \\(400\\)"):
        await asked_of(liar, code="stolen")


async def test_what_is_told_besides_is_of_the_same_person(liar: LyingProvider) -> None:
    """Else somebody would get somebody else's role."""
    liar.claims, liar.more = {"roles": None}, {"sub": "u2", "roles": ["team-leads"]}
    with pytest.raises(SignInRefused, match="somebody else"):
        await asked_of(liar)


async def test_another_provider_cannot_answer(liar: LyingProvider) -> None:
    """Who sent the browser back says so (RFC 9207), and it is the one that was asked."""
    settings = OidcSettings(issuer=liar.url, client_id=CLIENT, client_secret=SecretStr(SECRET), roles=ROLES)
    provider = await asyncio.to_thread(IdentityProvider, settings, SystemClock())
    assert await provider.who("good", ASKED, issuer=liar.url)
    with pytest.raises(SignInRefused, match="another identity provider"):
        await provider.who("good", ASKED, issuer="https://elsewhere.example")
    assert liar.looked_up == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"issuer": "http://sso.example"}, "https"),
        ({"roles": {}}, "at least 1"),
        ({"roles": {"x": "customer"}}, "supervisor, engineer or admin"),
        ({"scopes": ["email"]}, "openid"),
    ],
    ids=str,
)
def test_settings_that_would_let_anybody_in_are_refused(change: dict[str, Any], complaint: str) -> None:
    """At start-up, with what to change."""
    good = {"issuer": "https://sso.example", "client_id": CLIENT, "roles": {"x": "admin"}}
    assert OidcSettings.model_validate(good).roles == {"x": Role.ADMIN}
    with pytest.raises(ValidationError, match=complaint):
        OidcSettings.model_validate(good | change)
