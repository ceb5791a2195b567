"""Asks an identity provider who somebody is: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import SignInRefused
from agent.core.identity import Role
from agent.core.settings import OidcSettings

ANSWERS_WITHIN_S = 5.0
LOOKED_UP_EVERY_S = 300.0
"""What a provider offers rarely changes; its keys are asked for at each sign-in."""
MOST_BYTES = 512 * 1024
"""Of an answer."""
SKEW_S = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that only the provider can make; with `none` or HMAC somebody else could."""

T = TypeVar("T")


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider gives for a code."""

    id_token: str
    access_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One sign-in as it was begun."""

    redirect_uri: str
    nonce: str
    verifier: str


class IdentityProvider:
    """The provider of the settings. Whatever goes wrong with it is a `SignInRefused` with a sentence."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._trust = ssl.create_default_context()
        self._offers: tuple[Offers, int] | None = None

    async def sign_in_address(self, asked: Asked, *, state: str) -> str:
        """Where a browser is sent."""
        async with self._client() as client:
            offers = await self._looked_up(client)
        address: str = prepare_grant_uri(
            offers.authorization_endpoint,
            self._settings.client_id,
            "code",
            redirect_uri=asked.redirect_uri,
            scope=list(self._settings.scopes),
            state=state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
        )
        return address

    async def who(self, code: str, asked: Asked, *, issuer: str | None = None) -> tuple[str, Role]:
        """Name and role of who came back with `code`; `issuer` is who says to have sent them (RFC 9207)."""
        if issuer not in (None, self._settings.issuer):
            raise SignInRefused("another identity provider answered than the one that was asked; sign in again")
        async with self._client() as client:
            offers = await self._looked_up(client)
            tokens = await self._exchanged(client, offers, code, asked)
            keys = _decoded(await _read(client, "GET", offers.jwks_uri), dict[str, Any])
            claims = self._claims(tokens, keys, asked)
            if offers.userinfo_endpoint is not None and not self._is_known(claims):
                claims |= await self._more_claims(client, offers.userinfo_endpoint, tokens, claims)
        return self._admitted(claims)

    async def sign_out_address(self, *, back_to: str) -> str | None:
        """Where a browser signs out at the provider, too (RP-Initiated Logout 1.0); None where it offers no such."""
        async with self._client() as client:
            offers = await self._looked_up(client)
        if offers.end_session_endpoint is None:
            return None
        query = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": back_to})
        return f"{offers.end_session_endpoint}{'&' if '?' in offers.end_session_endpoint else '?'}{query}"

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._trust, timeout=ANSWERS_WITHIN_S, follow_redirects=False)

    async def _looked_up(self, client: httpx.AsyncClient) -> Offers:
        now_ns = self._clock.now_ns()
        if self._offers is not None and now_ns - self._offers[1] < LOOKED_UP_EVERY_S * NS_PER_S:
            return self._offers[0]
        issuer = self._settings.issuer
        offers = _decoded(await _read(client, "GET", f"{issuer}/.well-known/openid-configuration"), Offers)
        if offers.issuer != issuer:
            raise SignInRefused("the identity provider names itself otherwise than identity.oidc.issuer does")
        endpoints = (offers.authorization_endpoint, offers.token_endpoint, offers.jwks_uri, offers.userinfo_endpoint)
        if issuer.startswith("https:") and not all((url or "https:").startswith("https:") for url in endpoints):
            raise SignInRefused("the identity provider wants to be spoken to without TLS, which shows its secrets")
        self._offers = offers, now_ns
        return offers

    async def _exchanged(self, client: httpx.AsyncClient, offers: Offers, code: str, asked: Asked) -> Tokens:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        auth = None
        if settings.client_secret is None:
            form["client_id"] = settings.client_id
        elif "client_secret_basic" in offers.token_endpoint_auth_methods_supported:
            # Encoded before they are put together, as RFC 6749 asks in section 2.3.1.
            secret = settings.client_secret.get_secret_value()
            auth = httpx.BasicAuth(quote(settings.client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}
        return _decoded(await _read(client, "POST", offers.token_endpoint, data=form, auth=auth), Tokens)

    def _claims(self, tokens: Tokens, keys: dict[str, Any], asked: Asked) -> dict[str, Any]:
        """What the provider signed of somebody (Core, section 3.1.3.7)."""
        settings = self._settings
        try:
            token = jwt.decode(tokens.id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                params={
                    "nonce": asked.nonce,
                    "client_id": settings.client_id,
                    "access_token": tokens.access_token,
                },
            )
            claims.validate(now=self._clock.wall_ns() // NS_PER_S, leeway=SKEW_S)
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise SignInRefused(
                f"what the identity provider says cannot be believed ({type(fault).__name__}); sign in again"
            ) from None
        return dict(claims)

    def _is_known(self, claims: Mapping[str, Any]) -> bool:
        return all(_at(claims, claim) is not None for claim in (self._settings.name_claim, self._settings.role_claim))

    async def _more_claims(
        self, client: httpx.AsyncClient, endpoint: str, tokens: Tokens, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the provider tells besides (Core, section 5.3); of the same person, or nothing is believed."""
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        more = _decoded(await _read(client, "GET", endpoint, headers=headers), dict[str, Any])
        if more.get("sub") != claims["sub"]:
            raise SignInRefused("the identity provider tells of somebody else than of who signed in; sign in again")
        return {name: value for name, value in more.items() if name not in claims}

    def _admitted(self, claims: Mapping[str, Any]) -> tuple[str, Role]:
        settings = self._settings
        name = _at(claims, settings.name_claim)
        if not isinstance(name, str) or not 0 < len(name) <= 64:
            raise SignInRefused(f"the identity provider does not say your {settings.name_claim}; ask an admin")
        if settings.name_claim == "email" and claims.get("email_verified") is False:
            raise SignInRefused("the identity provider has not verified your e-mail address; do so there first")
        held = _at(claims, settings.role_claim)
        values = [held] if isinstance(held, str) else held if isinstance(held, list) else []
        role = next((role for value, role in settings.roles.items() if value in values), None)
        if role is None:
            raise SignInRefused("you are known to the identity provider, but have no role here; ask an admin")
        return name.casefold(), role


async def _read(client: httpx.AsyncClient, method: str, address: str, **more: Any) -> bytes:
    """The body of a good answer, bounded in size and time."""
    try:
        async with client.stream(method, address, **more) as answer:
            if answer.status_code != 200:
                raise SignInRefused(
                    f"the identity provider refused ({answer.status_code}); sign in again, or tell an admin"
                )
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise SignInRefused("the identity provider says more than anybody would read; tell an admin")
            return body
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise SignInRefused(
            f"the identity provider cannot be reached ({type(fault).__name__}); try again in a moment"
        ) from None


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise SignInRefused("the identity provider's answer is not of its protocol; tell an admin") from None


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The value of a claim, which may lie within others: `realm_access.roles`. One of that very name comes first."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
