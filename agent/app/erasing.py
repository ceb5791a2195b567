"""Erases a customer, or single calls, wherever something of them is kept, and certifies it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from agent.app.kept_data import KeptData
from agent.core.clock import NS_PER_S, iso_time
from agent.core.errors import AgentError, CallNotFound
from agent.core.signed_customer import GUEST
from agent.storage.certificate import Certificate, signed
from agent.storage.erased import Erased
from agent.storage.erasure import CallsFound, Eraser
from agent.storage.recordings import erase as erase_recordings
from agent.storage.recordings import recordings_folder
from agent.storage.spool import calls_waiting, forget, is_waiting, spool_folder

log = logging.getLogger(__name__)

SIGNS_CERTIFICATES = "certificates"
"""Name of the secret that signs certificates."""

COPIES = (
    "Backups from before hold the calls sealed. Only with a copy of the calls' keys from then as well (`FILE.keys` of "
    "`agent backup`, of which the newest alone is to be kept; dumps of a database server hold them) and with this "
    "agent's key file could they be read. A backup that is put back here is erased again when the agent starts."
)
SERVERS = (
    "A database server clears deleted rows out of its files and logs in its own time; they are sealed, and their keys "
    "are deleted like them."
)
READ_MEANWHILE = (
    "Somebody goes on reading an earlier state of the database, whose log holds the deleted, sealed rows until then."
)
OWN_ENGINE = "The reply engine at reply.url is not this agent's: whoever runs it has to erase what it keeps."
BOOKS = "The business's own books, such as orders and appointments, are kept as other law asks."


class Erasing:
    """Erases from everything in `kept`.

    The audit log gets an entry before and one after. What fails in between raises `StoreError`; the same erasure can
    then be asked for again, and is taken up by itself when the agent starts.
    """

    def __init__(self, kept: KeptData) -> None:
        self._kept = kept
        self._eraser = Eraser(kept.engine)
        self._recordings = recordings_folder(kept.settings.storage)

    async def erase_customer(self, customer: str, *, actor: str) -> Certificate:
        """All that is kept of a customer, by the business's own id. Raises `AgentError` for guests, who have none."""
        if customer == GUEST:
            raise AgentError("guests have no id by which their calls could be told apart; erase calls by theirs")
        pseudonym = self._kept.keyring.pseudonym_of(customer)
        await self._kept.audit.record(actor, "customer.erase_begun", pseudonym)
        await self._kept.caught_up()
        found = await self._eraser.calls_of(pseudonym)
        archived = await self._kept.archive.calls_of(pseudonym) if self._kept.archive is not None else ()
        waiting = await asyncio.to_thread(calls_waiting, spool_folder(self._kept.settings.storage), pseudonym)
        ids = tuple(dict.fromkeys((*found.ids, *archived, *sorted(waiting))))
        await self._note(pseudonym, ids)
        erased = dict(await self._erase_calls(ids, customer=pseudonym))
        erased |= await self._eraser.erase_customer(pseudonym)
        if self._kept.memory is not None:
            taken = await asyncio.to_thread(self._kept.memory.erase, customer)
            erased |= {f"memory.{name}": rows for name, rows in taken.items()}
        return await self._certified(pseudonym, CallsFound(ids=ids, going_on=found.going_on), erased, actor=actor)

    async def erase_call(self, call_id: str, *, actor: str) -> Certificate:
        """One call, such as a guest's. Raises `CallNotFound` where nothing is kept of it."""
        await self._kept.caught_up()
        found = await self._eraser.calls_named([call_id])
        archived = self._kept.archive is not None and await self._kept.archive.holds(call_id)
        spool = spool_folder(self._kept.settings.storage)
        if not found.ids and not archived and not await asyncio.to_thread(is_waiting, spool, call_id):
            raise CallNotFound(f"nothing is kept of a call {call_id!r}; give its whole id")
        await self._kept.audit.record(actor, "call.erase_begun", call_id)
        await self._note(None, (call_id,))
        erased = await self._erase_calls([call_id])
        return await self._certified(None, CallsFound(ids=(call_id,), going_on=found.going_on), erased, actor=actor)

    async def erase_again(self) -> int:
        """Erases what came back since it was erased, by a backup that was put back or by rows that were still to be
        written then, and what an erasure that was cut off had left. Returns how many calls the database held."""
        noted = await asyncio.to_thread(list, self._kept.erased)
        came_back: list[str] = []
        for erased in noted:
            came_back += (await self._eraser.calls_named(erased.calls)).ids
            if erased.customer is not None:
                came_back += (await self._eraser.calls_of(erased.customer, before=erased.at)).ids
                await self._eraser.erase_customer(erased.customer, before=erased.at)
        ids = list(dict.fromkeys(came_back))
        if ids:
            await self._kept.audit.record("server", "calls.erased_again", calls=len(ids))
            await self._erase_calls(ids)
            await self._eraser.wipe()
            log.warning("erased %d calls again, which had come back, as from a backup", len(ids))
        every_call = {call_id for erased in noted for call_id in erased.calls}
        await asyncio.to_thread(erase_recordings, self._recordings, every_call)
        if self._kept.archive is not None:
            for erased in noted:
                await self._kept.archive.erase(erased.calls)
        return len(ids)

    async def _erase_calls(self, ids: Sequence[str], *, customer: str | None = None) -> Mapping[str, int]:
        # Rows that wait to be written come first: those that are being written are found in the database after that.
        owners = ids if customer is None else (*ids, customer)
        erased = {"spool": await asyncio.to_thread(forget, spool_folder(self._kept.settings.storage), owners)}
        erased |= await self._eraser.erase_calls(ids)
        erased["recordings files"] = await asyncio.to_thread(erase_recordings, self._recordings, frozenset(ids))
        if self._kept.archive is not None:
            erased["mongo"] = await self._kept.archive.erase(ids)
        return {name: rows for name, rows in erased.items() if rows}

    async def _note(self, customer: str | None, ids: tuple[str, ...]) -> None:
        """Before anything goes, so that an erasure that is cut off is taken up again."""
        now = self._kept.clock.wall_ns() / NS_PER_S
        await asyncio.to_thread(self._kept.erased.add, Erased(at=now, customer=customer, calls=ids))

    async def _certified(
        self, customer: str | None, calls: CallsFound, erased: Mapping[str, int], *, actor: str
    ) -> Certificate:
        wiped = await self._eraser.wipe()
        action, subject = ("call.erased", calls.ids[0]) if customer is None else ("customer.erased", customer)
        entry = await self._kept.audit.record(actor, action, subject, calls=len(calls.ids), rows=sum(erased.values()))
        certificate = Certificate(
            erased_at=iso_time(self._kept.clock.wall_ns() / NS_PER_S),
            customer=customer,
            calls=calls.ids,
            going_on=calls.going_on,
            erased=dict(erased),
            not_erased=self._not_erased(customer, wiped=wiped),
            audit=entry.hash,
        )
        return signed(certificate, self._kept.keyring.secret(SIGNS_CERTIFICATES))

    def _not_erased(self, customer: str | None, *, wiped: bool) -> tuple[str, ...]:
        sqlite = self._kept.engine.dialect.name == "sqlite"
        left = [COPIES]
        if not wiped:
            left.append(READ_MEANWHILE if sqlite else SERVERS)
        if customer is not None:
            left.append(BOOKS if self._kept.settings.reply.url is None else OWN_ENGINE)
        return tuple(left)
