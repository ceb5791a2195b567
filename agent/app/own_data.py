"""Lets customers have, or delete, what is kept of them."""

import asyncio

import msgspec

from agent.app.erasing import Erasing
from agent.app.exporting import Export, Exporting
from agent.app.kept_data import KeptData
from agent.core.clock import NS_PER_S
from agent.storage.afterwards import Afterwards

SIGNS_RECEIPTS = "receipts"
"""Name of the secret that signs what proves after a call whose it was."""


class KeptOwnData:
    """Implements `agent.transport.own_data.OwnData` on everything that is kept."""

    def __init__(self, kept: KeptData) -> None:
        self._kept = kept

    @property
    def receipt_secret(self) -> str:
        return self._kept.keyring.secret(SIGNS_RECEIPTS).hex()

    async def exported(self, customer: str) -> bytes:
        return await _as_json(await Exporting(self._kept).customer(customer, actor=self._actor(customer)))

    async def erased(self, customer: str) -> bytes:
        return msgspec.json.encode(await Erasing(self._kept).erase_customer(customer, actor=self._actor(customer)))

    async def call_exported(self, call_id: str) -> bytes:
        return await _as_json(await Exporting(self._kept).call(call_id, actor=_caller(call_id)))

    async def call_erased(self, call_id: str) -> bytes:
        return msgspec.json.encode(await Erasing(self._kept).erase_call(call_id, actor=_caller(call_id)))

    async def keep_survey(self, call_id: str, *, score: int, resolved: bool | None, text: str) -> None:
        now_s = self._kept.clock.wall_ns() / NS_PER_S
        afterwards = Afterwards(self._kept.engine, self._kept.keyring)
        await afterwards.keep_survey(call_id, now_s, score=score, resolved=resolved, text=text)

    def _actor(self, customer: str) -> str:
        return f"customer:{self._kept.keyring.pseudonym_of(customer)}"


def _caller(call_id: str) -> str:
    """Whoever was on the call: a guest has no other name."""
    return f"caller:{call_id}"


async def _as_json(export: Export) -> bytes:
    return await asyncio.to_thread(msgspec.json.encode, export)
