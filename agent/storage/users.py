"""Accounts of staff in the archive's database."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import AccountError, StoreAway, StoreError
from agent.core.identity import Account, Role
from agent.storage.away import is_away
from agent.storage.schema import plain
from agent.storage.tables import sessions, users

LONGEST_NAME = 64
NONCE_BYTES = 12


class Users:
    """Finds, makes and changes accounts. Names are kept in lower case. Each method may raise `StoreError`."""

    def __init__(self, engine: AsyncEngine, clock: Clock, *, totp_key: bytes) -> None:
        """`totp_key`, 32 bytes, seals the secrets of second factors: a stolen database makes no codes."""
        self._engine = engine
        self._clock = clock
        self._box = AESGCM(totp_key)

    async def any(self) -> bool:
        """Whether there is an account that is not disabled."""
        async with self._transaction() as connection:
            found = await connection.execute(select(users.c.id).where(users.c.disabled_at.is_(None)).limit(1))
            return found.first() is not None

    async def find(self, name: str) -> Account | None:
        async with self._transaction() as connection:
            row = (await connection.execute(select(users).where(users.c.name == name.casefold()))).first()
        return None if row is None else self._account(row)

    async def of(self, name: str) -> Account:
        """Raises `AccountError` where there is none of this name."""
        account = await self.find(name)
        if account is None:
            raise AccountError(f"there is no account {name!r}; `agent users list` shows those that there are")
        return account

    async def all(self) -> list[Account]:
        """By name."""
        async with self._transaction() as connection:
            rows = (await connection.execute(select(users).order_by(users.c.name))).all()
        return [self._account(row) for row in rows]

    async def require_free(self, name: str) -> None:
        """Raises `AccountError` for a name that is taken, or none."""
        if not name.isprintable() or not name.strip() or name != name.strip() or len(name.casefold()) > LONGEST_NAME:
            raise AccountError(f"{name!r} is no name: 1 to {LONGEST_NAME} characters, no space around them")
        if await self.find(name) is not None:
            raise _taken(name)

    async def add(self, name: str, role: Role, password_hash: str | None) -> Account:
        """Raises `AccountError` for a name that is taken, or none."""
        await self.require_free(name)
        name = name.casefold()
        row = {
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "recovery_codes": "[]",
            "created_at": self._clock.wall_ns() / NS_PER_S,
        }
        try:
            async with self._transaction() as connection:
                await connection.execute(insert(users).values(**row))
        except IntegrityError:
            raise _taken(name) from None
        return await self.of(name)

    async def outside(self, name: str, role: Role) -> Account:
        """The account of somebody whom an identity provider vouches for, made or brought up to date.

        Raises `AccountError` where it is disabled, or has a password: it may belong to somebody else then.
        """
        account = await self.find(name)
        if account is None:
            return await self.add(name, role, None)
        if account.disabled_at is not None:
            raise AccountError("this account is disabled here; ask an admin")
        if account.password_hash is not None:
            raise AccountError("an account of this name signs in with its password here; ask an admin")
        if account.role is not role:
            await self.set_role(account, role)
        return await self.of(name)

    async def set_role(self, account: Account, role: Role) -> None:
        await self._change(account, role=role.value)

    async def set_password(self, account: Account, password_hash: str) -> None:
        """Ends its sessions, as whoever had the old password may have some, and enables the account."""
        await self._change(account, ends_sessions=True, password_hash=password_hash, disabled_at=None)

    async def set_second_factor(
        self, account: Account, secret: str | None, recovery_codes: tuple[str, ...] = ()
    ) -> None:
        """Takes digests of recovery codes; None takes the second factor away. Ends its sessions."""
        sealed = None if secret is None else self._sealed(account.name, secret)
        codes = json.dumps(recovery_codes)
        await self._change(account, ends_sessions=True, totp_secret=sealed, totp_step=0, recovery_codes=codes)

    async def disable(self, account: Account) -> None:
        """It stays for the records, and cannot sign in. Ends its sessions."""
        await self._change(account, ends_sessions=True, disabled_at=self._clock.wall_ns() / NS_PER_S)

    async def accept_step(self, account: Account, step: int) -> bool:
        """Remembers the time step of a code. False for one that is not later than the last, of however many at once."""
        later = (users.c.id == account.id) & (users.c.totp_step < step)
        async with self._transaction() as connection:
            changed = await connection.execute(update(users).where(later).values(totp_step=step))
        return changed.rowcount == 1

    async def spend_recovery_code(self, account: Account, digest: str) -> bool:
        """Takes a recovery code away. False when it, or another one, was taken meanwhile."""
        left = [code for code in account.recovery_codes if code != digest]
        as_found = (users.c.id == account.id) & (users.c.recovery_codes == json.dumps(account.recovery_codes))
        async with self._transaction() as connection:
            changed = await connection.execute(update(users).where(as_found).values(recovery_codes=json.dumps(left)))
        return changed.rowcount == 1

    async def _change(self, account: Account, *, ends_sessions: bool = False, **values: Any) -> None:
        async with self._transaction() as connection:
            await connection.execute(update(users).where(users.c.id == account.id).values(**values))
            if ends_sessions:
                await connection.execute(delete(sessions).where(sessions.c.user_id == account.id))

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as fault:
            away = StoreAway if is_away(fault) else StoreError
            raise away(f"accounts cannot be read or written: {plain(fault)}") from None

    def _account(self, row: Row[Any]) -> Account:
        return Account(
            id=row.id,
            name=row.name,
            role=Role(row.role),
            password_hash=row.password_hash,
            totp_secret=None if row.totp_secret is None else self._opened(row.name, row.totp_secret),
            recovery_codes=tuple(json.loads(row.recovery_codes)),
            created_at=row.created_at,
            disabled_at=row.disabled_at,
        )

    def _sealed(self, name: str, secret: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, secret.encode(), name.encode())

    def _opened(self, name: str, sealed: bytes) -> str:
        try:
            return self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode()).decode()
        except InvalidTag:
            raise StoreError(
                f"the second factor of {name!r} was sealed with another key than this; restore the key file"
            ) from None


def _taken(name: str) -> AccountError:
    return AccountError(f"there is an account {name!r} already; `agent users reset {name}` sets its password")
