"""Sessions of staff: a random token in a cookie, kept as a digest, changed at intervals, and gone when idle."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.responses import Response

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import StoreError
from agent.core.identity import Account, StaffSession
from agent.core.settings import IdentitySettings

ROTATED_AFTER_S = 15 * 60
OVERLAP_S = 60
"""A token that was replaced is good for so long, as other tabs have requests on the way."""
SEEN_EVERY_S = 60
"""Being used is written down no more often."""


class SessionStore(Protocol):
    """Where sessions are kept. Each may raise `StoreError`."""

    async def begin(self, account: Account | None, *, token_hash: str, now: float, expires_at: float) -> StaffSession:
        """Keeps a new one."""
        ...

    async def by_token(self, token_hash: str) -> StaffSession | None:
        """The session whose token, or the token before, has this digest. A disabled account has none."""
        ...

    async def by_id(self, session_id: int) -> StaffSession | None: ...

    async def rotate(self, session: StaffSession, *, token_hash: str, now: float) -> bool:
        """False when another request was first."""
        ...

    async def seen(self, session_id: int, *, now: float) -> None: ...

    async def end(self, session_id: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with the token that its browser is to keep."""

    session: StaffSession
    token: str

    @property
    def csrf(self) -> str:
        """What a page of ours shows beside the cookie to change something; other sites can make a browser send the
        cookie at most, and never learn this."""
        return _csrf_of(_digest(self.token))


class Sessions:
    """Begins, finds and ends sessions. Only the digest of a token is ever kept: who reads the database is not in."""

    def __init__(self, store: SessionStore, clock: Clock, settings: IdentitySettings) -> None:
        self._store = store
        self._clock = clock
        self._idle_s = settings.session_idle_s
        self._lasts_s = settings.session_lasts_s

    async def begin(self, account: Account | None) -> Opened:
        """A new session with a token that nobody has seen before; None is for the link that `agent serve` prints."""
        token, now = secrets.token_urlsafe(32), self._now()
        session = await self._store.begin(account, token_hash=_digest(token), now=now, expires_at=now + self._lasts_s)
        return Opened(session=session, token=token)

    async def find(self, token: str) -> StaffSession | None:
        """The session that `token` belongs to, which counts as used; None once it is over or was never there."""
        digest = _digest(token)
        session = await self._store.by_token(digest)
        if session is None or self._over(session):
            return None
        if session.token_hash != digest and self._now() - session.rotated_at > OVERLAP_S:
            # A token that was replaced long ago is a copy in someone else's hands, or the owner's own: both are out.
            await self._store.end(session.id)
            return None
        return await self._used(session)

    async def still(self, session_id: int) -> StaffSession | None:
        """The same session while it lasts, for connections that stay open; it counts as used."""
        session = await self._store.by_id(session_id)
        return None if session is None or self._over(session) else await self._used(session)

    async def renewed(self, session: StaffSession, token: str) -> Opened:
        """The session with the token that its browser is to keep from now on: another one when it is due."""
        now = self._now()
        if session.token_hash == _digest(token) and now - session.rotated_at >= ROTATED_AFTER_S:
            fresh = secrets.token_urlsafe(32)
            if await self._store.rotate(session, token_hash=_digest(fresh), now=now):
                changed = replace(session, token_hash=_digest(fresh), previous_hash=session.token_hash, rotated_at=now)
                return Opened(session=changed, token=fresh)
        return Opened(session=session, token=token)

    async def end(self, session_id: int) -> None:
        await self._store.end(session_id)

    async def _used(self, session: StaffSession) -> StaffSession:
        now = self._now()
        if now - session.seen_at >= SEEN_EVERY_S:
            # While nothing can be written, what can still be read is enough.
            with suppress(StoreError):
                await self._store.seen(session.id, now=now)
        return session

    def _over(self, session: StaffSession) -> bool:
        now = self._now()
        return now >= session.expires_at or now - session.seen_at >= self._idle_s

    def _now(self) -> float:
        return self._clock.wall_ns() / NS_PER_S


class SessionCookie:
    """How a browser keeps a token.

    Over TLS it is `__Host-agent_session` (RFC 6265bis, section 4.1.3.2): no other host, and no plain connection, can
    have set it. Over plain HTTP, which is for this machine only, it has the port in its name, as cookies know no ports.
    """

    def __init__(self, public_url: str | None) -> None:
        self._public_tls = (public_url or "").startswith("https:")

    def token(self, connection: HTTPConnection) -> str | None:
        return connection.cookies.get(self._name(connection))

    def set(self, response: Response, connection: HTTPConnection, opened: Opened) -> None:
        """Lasts until the browser is closed; the session itself ends at its own time."""
        secure = self._tls(connection)
        response.set_cookie(self._name(connection), opened.token, secure=secure, httponly=True, samesite="strict")

    def clear(self, response: Response, connection: HTTPConnection) -> None:
        secure = self._tls(connection)
        response.delete_cookie(self._name(connection), secure=secure, httponly=True, samesite="strict")

    def _name(self, connection: HTTPConnection) -> str:
        return "__Host-agent_session" if self._tls(connection) else f"agent_session_{connection.url.port or 80}"

    def _tls(self, connection: HTTPConnection) -> bool:
        return self._public_tls or connection.url.scheme in ("https", "wss")


def shows_csrf(shown: str, session: StaffSession) -> bool:
    """Whether a page of this session shows what it was told, by this token or, in another tab, by the one before."""
    hashes = (session.token_hash, session.previous_hash or session.token_hash)
    return any([hmac.compare_digest(shown.encode(), _csrf_of(token_hash).encode()) for token_hash in hashes])


def _csrf_of(token_hash: str) -> str:
    return hashlib.sha256(b"csrf\0" + token_hash.encode()).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
