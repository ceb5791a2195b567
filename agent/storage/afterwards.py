"""Adds to calls what is known of them only afterwards: what customers answer, what staff notes, what they came to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import Table, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from agent.core.errors import CallNotFound
from agent.storage import tables
from agent.storage.content import fit_to_keep
from agent.storage.data_keys import learn
from agent.storage.keyring import Keyring
from agent.storage.retention import DAY_S
from agent.storage.schema import BEGIN_WRITING, telling
from agent.storage.sealing import Vault


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff says of one moment of a call."""

    at_ms: float
    """Since the call began."""
    kind: str
    """An emotion, a gesture or an intent."""
    read: str
    """What the agent took it for."""
    right: str
    """What it was; empty where the agent was wrong and nobody can tell."""

    @property
    def correct(self) -> bool:
        return self.read == self.right


class Afterwards:
    """Writes to the archive behind `engine`, beside whoever records calls.

    Content is redacted and sealed like all other. Each method raises `CallNotFound` for a call that is not kept, or
    whose content was erased, and `StoreError` when the database does not answer.
    """

    def __init__(self, engine: AsyncEngine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    async def keep_survey(
        self, call_id: str, at_s: float, *, score: int, resolved: bool | None = None, text: str = ""
    ) -> None:
        """What the customer answers, in place of an answer before. `score` is 1 to 5, the best."""
        row = {"answered_at": at_s, "score": score, "resolved": resolved, "text": text.encode()}
        async with self._writing(call_id) as connection:
            await self._put(connection, tables.surveys, call_id, row, anew=True)
            calls = tables.calls.c
            # Copied to the archive of whole calls once more, unless something of the call may have gone already.
            fresh = (calls.id == call_id) & (calls.ended_at > at_s - DAY_S / 2)
            await connection.execute(update(tables.calls).where(fresh).values(archived_at=None))

    async def keep_label(self, call_id: str, at_s: float, marked: Marked, *, by: str) -> None:
        value = msgspec.json.encode({"read": marked.read, "right": marked.right})
        row = {
            "labelled_at": at_s,
            "labelled_by": by,
            "at_ms": marked.at_ms,
            "kind": marked.kind,
            "value": value,
            "correct": marked.correct,
        }
        async with self._writing(call_id) as connection:
            await self._put(connection, tables.labels, call_id, row)

    async def keep_summary(self, call_id: str, body: bytes) -> None:
        """In place of one before; `body` is JSON."""
        async with self._writing(call_id) as connection:
            await self._put(connection, tables.summaries, call_id, {"body": body}, anew=True)

    async def _put(
        self, connection: AsyncConnection, table: Table, call_id: str, row: dict[str, Any], *, anew: bool = False
    ) -> None:
        vault = Vault(await asyncio.to_thread(self._keyring.reread))
        await learn(connection, vault, {call_id})
        if call_id not in vault:
            raise CallNotFound(f"nothing is kept of a call {call_id[:64]}")
        for column in tables.CONTENT[table]:
            row[column] = vault.seal(call_id, table.name, column, fit_to_keep(table, column, row[column]))
        if anew:
            await connection.execute(delete(table).where(table.c.call_id == call_id))
        await connection.execute(insert(table), row | {"call_id": call_id})

    @asynccontextmanager
    async def _writing(self, call_id: str) -> AsyncIterator[AsyncConnection]:
        with telling(f"nothing can be added to call {call_id[:64]}"):
            try:
                async with self._engine.begin() as connection:
                    if connection.dialect.name == "sqlite":
                        await connection.exec_driver_sql(BEGIN_WRITING)
                    yield connection
            except IntegrityError:
                raise CallNotFound(f"call {call_id[:64]} is not kept any more") from None
