"""Who asks, and whether they may: the one dependency that every route names.

    dependencies=[require(Role.SUPERVISOR)]      staff by cookie or programs by key; admins may whatever staff may
    dependencies=[checked_by("the call's token")]    the route looks for itself
    dependencies=[open_to_all("the customer's page")]

A test walks all routes, and fails for one that names none.

Against requests that another site makes a browser send (CSRF), whatever changes something or opens a WebSocket by
cookie must come from a page of this origin, which browsers say in `Origin` and no page can forge; the cookie is
`SameSite=Strict`, so that it does not come along at all; and a header carries what only our page could read. Any one of
the three would do. A key is no cookie: a browser never adds it by itself.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import Depends
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection

from agent.core.errors import StoreError
from agent.core.identity import STAFF, Principal, Role, StaffSession
from agent.transport.keys import ProgramKeys
from agent.transport.sessions import SessionCookie, Sessions, shows_csrf

ASKED_AGAIN_AFTER_S = 15.0
"""Who is signed out or disabled, here or on the command line, stays connected no longer than this."""
CSRF_HEADER = "x-csrf-token"
POLICY_VIOLATION = 1008
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Doorkeeper:
    """Tells who is behind a request. Applications have it as `app.state.doorkeeper`."""

    def __init__(self, keys: ProgramKeys, sessions: Sessions | None = None, *, public_url: str | None = None) -> None:
        """Without `sessions` only programs with keys come in."""
        self.cookie = SessionCookie(public_url)
        self._keys = keys
        self._sessions = sessions
        self._public_url = public_url

    async def principal(self, connection: HTTPConnection) -> Principal | None:
        """Whoever shows a key that is known, or has a session that lasts.

        Raises `HTTPException`: 401 for a key that is not known, 403 for a cookie that another site's page makes use of,
        503 when sessions cannot be looked up.
        """
        key = bearer_token(connection)
        if key is not None:
            program = self._keys.program_of(key)
            if program is None:
                raise HTTPException(401, "this key is not known here", {"WWW-Authenticate": "Bearer"})
            return Principal(name=f"key:{program.name or program.role}", role=program.role)
        session = await self.session(connection)
        if session is None:
            return None
        self._refuse_forgery(connection, session)
        return principal_of(session)

    async def session(self, connection: HTTPConnection) -> StaffSession | None:
        """The session of the cookie, if it lasts. Raises `HTTPException` 503 when it cannot be looked up."""
        token = self.cookie.token(connection)
        if token is None or self._sessions is None:
            return None
        try:
            return await self._sessions.find(token)
        except StoreError:
            detail = "who is signed in cannot be looked up now; try again"
            raise HTTPException(503, detail, {"Retry-After": "5"}) from None

    async def still_welcome(self, principal: Principal) -> bool:
        """Whether a connection that was let in may stay. While sessions cannot be looked up, it may."""
        if principal.session is None or self._sessions is None:
            return True
        try:
            session = await self._sessions.still(principal.session)
        except StoreError:
            return True
        return session is not None and principal_of(session).role is principal.role

    async def until_unwelcome(self, principal: Principal) -> None:
        """Lasts as long as who was let in may stay connected; a key is good for as long as we run."""
        while True:
            await asyncio.sleep(ASKED_AGAIN_AFTER_S)
            if not await self.still_welcome(principal):
                return

    def same_origin(self, connection: HTTPConnection) -> bool:
        """Whether a browser says that a page of ours asks."""
        origin = connection.headers.get("origin")
        if origin is None:
            return False
        scheme, _, host = origin.partition("://")
        fits = scheme == "https" or connection.url.scheme not in ("https", "wss")
        return origin == self._public_url or (fits and host == connection.headers.get("host"))

    def _refuse_forgery(self, connection: HTTPConnection, session: StaffSession) -> None:
        if connection.scope["type"] == "http" and connection.scope["method"] in SAFE_METHODS:
            return
        if not self.same_origin(connection):
            raise HTTPException(403, "only pages of this address may ask for this")
        if connection.scope["type"] == "http" and not shows_csrf(connection.headers.get(CSRF_HEADER, ""), session):
            raise HTTPException(403, "show the `csrf` of GET /api/session as X-CSRF-Token")


@dataclass(frozen=True, slots=True)
class Access:
    """Lets through whoever has one of the roles, as FastAPI calls it for each request and WebSocket."""

    roles: frozenset[Role]

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Raises `HTTPException`: 401 for who is nobody known, 403 for who may not. A WebSocket gets 403 for either, as
        it is not opened, and no answer can be given within."""
        try:
            return await self.principal(connection)
        except HTTPException as refusal:
            if connection.scope["type"] == "websocket":
                raise WebSocketException(POLICY_VIOLATION, refusal.detail) from None
            raise

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Whoever asks, if they may. Raises `HTTPException`."""
        if connection.scope["type"] == "websocket" and "origin" in connection.headers:
            # Whatever else is shown: a page of another site must not listen in.
            if not doorkeeper_of(connection).same_origin(connection):
                raise HTTPException(403, "this page may not watch calls")
        principal = await doorkeeper_of(connection).principal(connection)
        if principal is None:
            detail = "sign in at /signin, or show a key of identity.keys"
            raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
        if principal.role not in self.roles and not (principal.role is Role.ADMIN and self.roles.intersection(STAFF)):
            raise HTTPException(403, f"this is not for the role {principal.role.value}")
        return principal


@dataclass(frozen=True, slots=True)
class Unguarded:
    """Lets everybody through, for a reason."""

    reason: str

    async def __call__(self) -> None: ...


def require(*roles: Role) -> Any:
    """A dependency that gives the `Principal`."""
    return Depends(Access(frozenset(roles)))


def open_to_all(what: str) -> Any:
    """A dependency of a route that is for everybody: `what` it is."""
    return Depends(Unguarded(what))


def checked_by(what: str) -> Any:
    """A dependency of a route that looks for itself whether it may answer, at `what`."""
    return Depends(Unguarded(f"checks {what}"))


def doorkeeper_of(connection: HTTPConnection) -> Doorkeeper:
    doorkeeper = connection.app.state.doorkeeper
    assert isinstance(doorkeeper, Doorkeeper)
    return doorkeeper


def principal_of(session: StaffSession) -> Principal:
    return Principal(name=f"staff:{session.name or 'by link'}", role=session.role, session=session.id)


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750), if there is one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
