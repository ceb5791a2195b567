"""Browsers that are signed in, in the archive's database: digests of their tokens, never the tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.errors import StoreError
from agent.core.identity import Account, Role, StaffSession
from agent.storage.schema import telling
from agent.storage.tables import sessions, users


class StaffSessions:
    """Implements `transport.sessions.SessionStore`. Each method may raise `StoreError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, account: Account | None, *, token_hash: str, now: float, expires_at: float) -> StaffSession:
        row = {
            "user_id": None if account is None else account.id,
            "token_hash": token_hash,
            "created_at": now,
            "rotated_at": now,
            "seen_at": now,
            "expires_at": expires_at,
        }
        async with self._transaction() as connection:
            await connection.execute(insert(sessions).values(**row))
        begun = await self.by_token(token_hash)
        if begun is None:
            raise StoreError("the account was disabled or removed at this moment")
        return begun

    async def by_token(self, token_hash: str) -> StaffSession | None:
        return await self._one((sessions.c.token_hash == token_hash) | (sessions.c.previous_hash == token_hash))

    async def by_id(self, session_id: int) -> StaffSession | None:
        return await self._one(sessions.c.id == session_id)

    async def rotate(self, session: StaffSession, *, token_hash: str, now: float) -> bool:
        as_found = (sessions.c.id == session.id) & (sessions.c.token_hash == session.token_hash)
        fresh = {"token_hash": token_hash, "previous_hash": session.token_hash, "rotated_at": now}
        async with self._transaction() as connection:
            return (await connection.execute(update(sessions).where(as_found).values(**fresh))).rowcount == 1

    async def seen(self, session_id: int, *, now: float) -> None:
        async with self._transaction() as connection:
            await connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))

    async def end(self, session_id: int) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(sessions).where(sessions.c.id == session_id))

    async def _one(self, condition: ColumnElement[bool]) -> StaffSession | None:
        """Of a disabled account there is none. By the printed link comes who runs the agent, and only until there is
        an account."""
        of_account = select(sessions, users.c.name, users.c.role, users.c.password_hash, users.c.disabled_at)
        query = of_account.join_from(sessions, users, isouter=True).where(condition)
        async with self._transaction() as connection:
            row = (await connection.execute(query)).first()
            if row is None or row.disabled_at is not None:
                return None
            if row.user_id is None and await self._is_account(connection):
                return None
        return StaffSession(
            id=row.id,
            name=row.name,
            role=Role.ADMIN if row.role is None else Role(row.role),
            way="link" if row.user_id is None else "oidc" if row.password_hash is None else "password",
            token_hash=row.token_hash,
            previous_hash=row.previous_hash,
            rotated_at=row.rotated_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )

    @staticmethod
    async def _is_account(connection: AsyncConnection) -> Any:
        return (await connection.execute(select(users.c.id).where(users.c.disabled_at.is_(None)).limit(1))).first()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with telling("sessions cannot be read or written"):
            async with self._engine.begin() as connection:
                yield connection
