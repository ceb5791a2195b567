"""Puts everything that is kept of a customer, or of one call, into a file for programs and a text for people."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from agent.app.kept_data import KeptData
from agent.core.clock import NS_PER_S, iso_time
from agent.core.errors import AgentError, CallNotFound, StoreError
from agent.core.signed_customer import GUEST
from agent.storage.erasure import Eraser
from agent.storage.export import CallReader
from agent.storage.spool import is_waiting, spool_folder

RECORDED = (
    "The recording of picture and sound of call {call} is a file of its own, which `agent export` writes beside this "
    "one. If you have this from a page, ask the business for it."
)
SPEAKERS = {"customer": "You", "agent": "Agent"}


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept. Times inside are Unix seconds, UTC."""

    made_at: str
    """ISO 8601."""
    customer: str | None
    """As the business calls them; None where one call was asked for."""
    pseudonym: str | None
    """What the archive calls them."""
    profile: dict[str, Any] | None
    """What is kept beside calls."""
    calls: tuple[dict[str, Any], ...]
    """The oldest first: each call's row, and under the names of tables what hangs on it."""
    remembered: Mapping[str, Sequence[Mapping[str, Any]]]
    """By the reply engine's domain pack, from call to call."""
    missing: tuple[str, ...]
    """Where else something may be that cannot be read from here, in words."""


class Exporting:
    """Reads from everything in `kept`. Each export is in the audit log before it is read.

    Raises `StoreError` for what cannot be read.
    """

    def __init__(self, kept: KeptData) -> None:
        self._kept = kept

    async def customer(self, customer: str, *, actor: str) -> Export:
        """All of a customer, by the business's own id. Raises `AgentError` for guests, who have none."""
        if customer == GUEST:
            raise AgentError("guests have no id by which their calls could be told apart; export calls by theirs")
        kept = self._kept
        pseudonym = kept.keyring.pseudonym_of(customer)
        await kept.caught_up()
        reader = await self._reader()
        await kept.audit.record(actor, "customer.exported", pseudonym)
        ids = (await Eraser(kept.engine).calls_of(pseudonym)).ids
        remembered = {} if kept.memory is None else await asyncio.to_thread(kept.memory.known, customer)
        return self._export(
            customer=customer,
            pseudonym=pseudonym,
            profile=await reader.customer(pseudonym),
            calls=tuple([await reader.call(call_id) for call_id in ids]),
            remembered=remembered,
        )

    async def call(self, call_id: str, *, actor: str) -> Export:
        """One call, such as a guest's. Raises `CallNotFound`."""
        await self._kept.caught_up()
        if not (await Eraser(self._kept.engine).calls_named([call_id])).ids:
            if await asyncio.to_thread(is_waiting, spool_folder(self._kept.settings.storage), call_id):
                raise StoreError(f"call {call_id} waits to be written to the archive; ask again when that takes rows")
            raise CallNotFound(f"nothing is kept of a call {call_id!r}; give its whole id")
        await self._kept.audit.record(actor, "call.exported", call_id)
        reader = await self._reader()
        return self._export(calls=(await reader.call(call_id),))

    async def _reader(self) -> CallReader:
        """With the keys as they are now: they may have been changed since this process began."""
        keyring = await asyncio.to_thread(self._kept.keyring.reread)
        return CallReader(self._kept.engine, keyring, self._kept.archive)

    def _export(
        self,
        *,
        calls: tuple[dict[str, Any], ...],
        customer: str | None = None,
        pseudonym: str | None = None,
        profile: dict[str, Any] | None = None,
        remembered: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> Export:
        own_engine = "The reply engine at reply.url is not this agent's: ask whoever runs it for what it keeps."
        return Export(
            made_at=iso_time(self._kept.clock.wall_ns() / NS_PER_S),
            customer=customer,
            pseudonym=pseudonym,
            profile=profile,
            calls=calls,
            remembered=remembered or {},
            missing=(
                *(RECORDED.format(call=call["id"]) for call in calls if call["recordings"]),
                *(() if self._kept.settings.reply.url is None else (own_engine,)),
            ),
        )


def readable(export: Export) -> str:
    """The same for people: what was said, what was agreed to, what was perceived in numbers, what is remembered."""
    lines = [f"What is kept of {export.customer or 'this call'}, as of {export.made_at}", ""]
    lines += [line for call in export.calls for line in _call(call)]
    if not export.calls:
        lines += ["No call is kept.", ""]
    for name, rows in export.remembered.items():
        lines.append(f"Remembered from call to call: {name}")
        lines += [f"  {', '.join(f'{key}: {value}' for key, value in row.items())}" for row in rows]
        lines.append("")
    return "\n".join([*lines, *export.missing, ""])


def _call(call: Mapping[str, Any]) -> Iterator[str]:
    began = call.get("started_at")
    yield f"Call {call['id']}" + ("" if began is None else f", {iso_time(began)}")
    for consent in call["consents"]:
        agreed = consent["purposes"].replace("_", " ").replace(" ", ", ") or "nothing"
        yield f"  {iso_time(consent['recorded_at'])}  agreed to: {agreed} (notice {consent['version']})"
    said = [(row["said_at"], SPEAKERS.get(row["speaker"], row["speaker"]), row["text"]) for row in call["utterances"]]
    said += [(row["said_at"], SPEAKERS["agent"], row["text"]) for row in call["replies"]]
    said += [
        (row["shown_at"], "Card", row["body"].get("title", "")) for row in call["cards"] if row["body"] is not None
    ]
    for at, speaker, text in sorted(said, key=lambda line: line[0]):
        yield f"  {iso_time(at)}  {speaker}: {text}"
    kinds = Counter(row["kind"] for row in call["signals"])
    kinds |= Counter(state["kind"] for row in call["states"] for state in row["body"])
    if kinds:
        yield "  Perceived, see the other file: " + ", ".join(
            f"{kind} {count}" for kind, count in sorted(kinds.items())
        )
    if call["tracks"]:
        yield f"  Points of face and hands: {len(call['tracks'])} pieces"
    if call["recordings"]:
        yield "  Picture and sound were recorded: a file of its own"
    for label in call["labels"]:
        yield f"  Noted by staff: {label['kind']} {label['value']}"
    for survey in call["surveys"]:
        yield f"  {iso_time(survey['answered_at'])}  You gave it {survey['score']} of 5. {survey['text']}".rstrip()
    yield ""
