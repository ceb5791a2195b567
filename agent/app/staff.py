"""Opens the accounts of staff in the archive of the settings, and what lets them in."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.core.clock import Clock, SystemClock
from agent.core.errors import SettingsError, StoreAway
from agent.core.settings import Settings
from agent.storage.data_keys import open_keyring
from agent.storage.database import Database
from agent.storage.schema import open_engine
from agent.storage.staff_sessions import StaffSessions
from agent.storage.users import Users
from agent.transport.record import Record
from agent.transport.sessions import Sessions
from agent.transport.sign_in import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDoor:
    """How staff come in."""

    sign_in: SignIn
    link: str | None
    """The secret of the link to print; None where accounts are to be used."""


@asynccontextmanager
async def opened_users(settings: Settings) -> AsyncIterator[Users]:
    """The accounts. Raises `StoreError` when the database cannot be used."""
    async with _opened(settings, SystemClock()) as (users, _):
        yield users


@asynccontextmanager
async def opened_staff_door(
    settings: Settings, clock: Clock, record: Record, database: Database | None = None
) -> AsyncIterator[StaffDoor]:
    """Lets staff of the settings' archive sign in; what they do is written down with `record`.

    While a `database` that is given is away nobody gets in, and there is a link, which is good afterwards if there is
    no account then. Raises `StoreError` when the database cannot be used.
    """
    async with _opened(settings, clock, database) as (users, kept):
        local = settings.server.on_loopback and not settings.server.trusted_proxies
        link = secrets.token_urlsafe(24) if local and await _are_missing(users) in (True, None) else None
        sessions = Sessions(kept, clock, settings.identity)
        yield StaffDoor(sign_in=SignIn(users, sessions, clock, record=record, link=link), link=link)


async def require_safe_address(settings: Settings, database: Database | None = None) -> None:
    """Raises `SettingsError` for an address that other machines can reach, unless it is encrypted and staff have
    accounts. Raises `StoreError` when accounts cannot be looked up; but a `database` that is given may be away, as
    nobody signs in without it."""
    server = settings.server
    if server.on_loopback:
        return
    if server.tls_certificate is None and not server.trusted_proxies:
        raise SettingsError(
            f"server.host is {server.host}, which other machines can reach without encryption; set "
            "server.tls_certificate and server.tls_key, or server.trusted_proxies to the proxy that ends TLS, or use "
            "127.0.0.1"
        )
    async with _opened(settings, SystemClock(), database) as (users, _):
        if await _are_missing(users):
            raise SettingsError(
                f"server.host is {server.host}, which other machines can reach, and no member of staff has an account; "
                "make one first: `agent users add NAME --role admin`"
            )


async def _are_missing(users: Users) -> bool | None:
    """Whether there is no account; None while the database is away."""
    try:
        return not await users.any()
    except StoreAway:
        return None


@asynccontextmanager
async def _opened(
    settings: Settings, clock: Clock, database: Database | None = None
) -> AsyncIterator[tuple[Users, StaffSessions]]:
    keyring = await open_keyring(settings.storage) if database is None else database.keyring
    totp_key = await asyncio.to_thread(keyring.secret, "totp")
    engine = open_engine(settings.storage.url) if database is None else database.engine()
    try:
        yield Users(engine, clock, totp_key=totp_key), StaffSessions(engine)
    finally:
        await engine.dispose()
