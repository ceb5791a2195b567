"""Whole calls as documents in MongoDB, for those who keep their archive there: still sealed, and without their keys.

Needs pymongo, so nobody imports this who does not use it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bson import encode
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from agent.core.errors import StoreError

Document = dict[str, Any]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

DATABASE, COLLECTION = "agent", "calls"
"""The database where the address names none, and the collection."""
ANSWERS_WITHIN_MS = 5_000
MOST_BYTES = 12 * 1024 * 1024
"""Of rows in one document; MongoDB takes 16 MiB. What is more goes into further documents of the same call."""


class MongoArchive:
    """Documents of calls. Each method raises `StoreError` when the server does not answer.

    A call is one document, or several where it is very long: `call_id`, `customer` and `started_at` to find it by,
    `call`, which is its row, and under the name of each table a list of rows, as the SQL archive holds them.
    """

    def __init__(self, client: AsyncMongoClient[Document]) -> None:
        self._client = client
        self._indexed = False

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator["MongoArchive"]:
        """The archive at a `mongodb://` or `mongodb+srv://` address; the server need not be there yet.

        Raises `StoreError` for an address that is none.
        """
        try:
            client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, serverSelectionTimeoutMS=ANSWERS_WITHIN_MS, timeoutMS=2 * ANSWERS_WITHIN_MS
            )
        except (PyMongoError, ValueError) as fault:
            raise StoreError(f"storage.mongo_url cannot be used: {fault}") from None
        try:
            yield cls(client)
        finally:
            await client.close()

    async def keep(self, call: Mapping[str, Any], rows: Rows) -> None:
        """Writes a call, over what was kept of it before. `call` is its row of `calls`."""
        parts = _parts(rows)
        found_by = {"call_id": call["id"], "customer": call["customer"], "started_at": call["started_at"]}
        documents = [
            {"_id": f"{call['id']}/{number}", **found_by, "call": dict(call), **part}
            for number, part in enumerate(parts)
        ]
        async with self._calls() as calls:
            if not self._indexed:
                for name in found_by:
                    await calls.create_index(name)
                self._indexed = True
            for document in documents:
                await calls.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def rows(self, call_id: str, table: str) -> list[Document]:
        """The rows of one table of a call, in order; none where it is not kept."""
        return (await self.rows_of([call_id], table))[call_id]

    async def rows_of(self, call_ids: Sequence[str], table: str) -> dict[str, list[Document]]:
        """The same of several calls, each under its id."""
        async with self._calls() as calls:
            found = await calls.find({"call_id": {"$in": list(call_ids)}}, {"call_id": 1, table: 1}).to_list()
        rows: dict[str, list[Document]] = {call_id: [] for call_id in call_ids}
        for part in found:
            rows[part["call_id"]] += part.get(table, ())
        for of_call in rows.values():
            of_call.sort(key=lambda row: int(row["id"]))
        return rows

    async def holds(self, call_id: str) -> bool:
        return bool(await self._ids({"call_id": call_id}))

    async def calls_of(self, customer: str) -> tuple[str, ...]:
        """Ids of the calls of a customer, by pseudonym."""
        return await self._ids({"customer": customer})

    async def calls_before(self, started_at: float) -> tuple[str, ...]:
        """Ids of the calls that began before a time, in Unix seconds."""
        return await self._ids({"started_at": {"$lt": started_at}})

    async def erase(self, call_ids: Sequence[str]) -> int:
        """Deletes all documents of these calls, and says how many they were."""
        if not call_ids:
            return 0
        async with self._calls() as calls:
            return (await calls.delete_many({"call_id": {"$in": list(call_ids)}})).deleted_count

    async def _ids(self, condition: Document) -> tuple[str, ...]:
        async with self._calls() as calls:
            found = await calls.find(condition, {"call_id": 1}).to_list()
        return tuple(sorted({document["call_id"] for document in found}))

    @asynccontextmanager
    async def _calls(self) -> AsyncIterator[AsyncCollection[Document]]:
        try:
            yield self._client.get_default_database(DATABASE)[COLLECTION]
        except PyMongoError as fault:
            # The driver's words name hosts and the whole topology.
            raise StoreError(f"MongoDB does not answer ({type(fault).__name__}); look at storage.mongo_url") from None


def _parts(rows: Rows) -> list[dict[str, list[Document]]]:
    """The rows in portions that each fit a document."""
    parts: list[dict[str, list[Document]]] = [{}]
    room = MOST_BYTES
    for table, of_table in rows.items():
        for row in of_table:
            size = len(encode(row))
            if size > room and room < MOST_BYTES:
                parts.append({})
                room = MOST_BYTES
            parts[-1].setdefault(table, []).append(dict(row))
            room -= size
    return parts
