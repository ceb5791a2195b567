"""`/api/session/oidc`: sends staff to the identity provider, and takes them back as signed in."""

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import SignInRefused, StoreError
from agent.transport.addresses import base_of, host_of
from agent.transport.auth import Doorkeeper, open_to_all
from agent.transport.limits import Limits
from agent.transport.oidc import Asked, IdentityProvider
from agent.transport.sign_in import SignIn

PATH = "/api/session/oidc"
COME_BACK_WITHIN_S = 600
MOST_AWAY = 1_000
"""Who is at the provider just now; whoever left first is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Away:
    asked: Asked
    until_ns: int


class OidcSignIn:
    """Who is at the provider just now.

    A browser gets the state in a cookie as well as in the address, so that nobody can be signed in as somebody else by
    a link (RFC 6749, section 10.12). The cookie is `Lax`, since the way back begins at the provider's page.
    """

    def __init__(self, provider: IdentityProvider, sign_in: SignIn, doorkeeper: Doorkeeper, clock: Clock) -> None:
        self._provider = provider
        self._sign_in = sign_in
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._away: dict[str, _Away] = {}

    async def begin(self, base: str) -> Response:
        """To the provider. Raises `SignInRefused`."""
        state = secrets.token_urlsafe(32)
        asked = Asked(
            redirect_uri=f"{base}{PATH}/callback", nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48)
        )
        answer = RedirectResponse(await self._provider.sign_in_address(asked, state=state), 303)
        if len(self._away) >= MOST_AWAY:
            del self._away[next(iter(self._away))]
        self._away[state] = _Away(asked=asked, until_ns=self._clock.now_ns() + COME_BACK_WITHIN_S * NS_PER_S)
        secure = base.startswith("https:")
        answer.set_cookie(
            _cookie(base), state, max_age=COME_BACK_WITHIN_S, secure=secure, httponly=True, samesite="lax"
        )
        return answer

    async def finish(self, request: Request, base: str, *, code: str, state: str, issuer: str | None) -> Response:
        """Back from the provider, with a session. Raises `SignInRefused` and `StoreError`."""
        away = self._away.pop(state, None)
        shown = request.cookies.get(_cookie(base), "")
        if (
            away is None
            or self._clock.now_ns() > away.until_ns
            or not hmac.compare_digest(shown.encode(), state.encode())
        ):
            raise SignInRefused("this sign-in was begun in another browser, or too long ago; begin again")
        name, role = await self._provider.who(code, away.asked, issuer=issuer)
        opened = await self._sign_in.from_outside(name, role)
        answer = RedirectResponse(f"{base}/supervisor", 303)
        self._doorkeeper.cookie.set(answer, request, opened)
        answer.delete_cookie(_cookie(base), secure=base.startswith("https:"), httponly=True, samesite="lax")
        return answer


def oidc_router(
    provider: IdentityProvider,
    sign_in: SignIn,
    doorkeeper: Doorkeeper,
    *,
    limits: Limits,
    clock: Clock,
    public_url: str | None,
) -> APIRouter:
    """The routes. Whoever is refused lands on the sign-in page, which says why: `/signin#refused=…`."""
    router = APIRouter(prefix=PATH, include_in_schema=False)
    signing_in = OidcSignIn(provider, sign_in, doorkeeper, clock)

    @router.get("", dependencies=[open_to_all("who wants to sign in")])
    async def begin(request: Request) -> Response:
        limits.ask(limits.client_of(host_of(request)))
        base = base_of(request, public_url)
        try:
            return await signing_in.begin(base)
        except SignInRefused as refusal:
            return _refused(base, str(refusal))

    @router.get("/callback", dependencies=[open_to_all("who comes back from the identity provider")])
    async def finish(
        request: Request, code: str = "", state: str = "", iss: str | None = None, error: str = ""
    ) -> Response:
        base = base_of(request, public_url)
        if error or not code:
            return _refused(base, "the identity provider did not let you in; sign in again, or ask an admin")
        try:
            return await signing_in.finish(request, base, code=code, state=state, issuer=iss)
        except (SignInRefused, StoreError) as fault:
            return _refused(base, str(fault))

    @router.get("/logout", dependencies=[open_to_all("who has signed out here")])
    async def sign_out_there(request: Request) -> Response:
        page = f"{base_of(request, public_url)}/signin"
        try:
            address = await provider.sign_out_address(back_to=page)
        except SignInRefused:
            address = None
        return RedirectResponse(address or page, 303)

    return router


def _refused(base: str, why: str) -> Response:
    """Behind the address, where neither servers nor other sites get to see it."""
    return RedirectResponse(f"{base}/signin#refused={quote(why)}", 303)


def _cookie(base: str) -> str:
    """With the prefix that keeps other hosts and plain connections from setting it (RFC 6265bis, section 4.1.3)."""
    return "__Host-agent_oidc" if base.startswith("https:") else f"agent_oidc_{base.rpartition(':')[2].strip('/')}"
