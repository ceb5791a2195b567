"""The same call with a customer who shows no feelings: which replies would have been different."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from agent.app.reply import embedder
from agent.core.errors import StoreError
from agent.core.local_clock import LocalClock
from agent.core.settings import ReplySettings, Settings
from agent.dialogue.domain import Domain, load_domain, open_tools
from agent.dialogue.faq_search import FaqSearch
from agent.dialogue.help_pages import HelpPages, open_searches
from agent.dialogue.protocol import GUEST, CallStarted, Chat, SignalSeen, Utterance
from agent.dialogue.replay import Answer, PastClock, Sent, replayed, without_emotion


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One message that would have been answered otherwise."""

    at_s: float
    """Since the call began."""
    on: str
    """What the engine was told: the customer's words, or the kind of a message."""
    with_emotion: Answer
    without_emotion: Answer


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    answered: int
    """Messages that were answered with feelings."""
    differing: tuple[Difference, ...]


async def compared(sent: Sequence[Sent], settings: Settings, customer: str = GUEST) -> Comparison:
    """Plays the call twice to the engine that ships, each time on a copy of the business's database as it is now.

    `customer` is who called, as the business calls them; the archive has a pseudonym in their place.
    Raises `SettingsError` for a domain that cannot be loaded and `StoreError` for a database that cannot be copied.
    """
    reply = settings.reply
    sent = [_called_by(customer, one) for one in sent]
    domain = load_domain(reply.domain, facts=reply.facts)
    searches = open_searches(reply.domain, sorted(domain.help_languages), partial(embedder, settings.models))
    for search in searches.values():
        await asyncio.to_thread(search.prepare)
    felt = await _played(sent, domain, reply, searches)
    unfelt = await _played(without_emotion(sent), domain, reply, searches)
    began_s = sent[0].at_s if sent else 0.0
    return Comparison(
        answered=sum(answer.noticed for answer in felt),
        differing=tuple(
            Difference(at_s=one.at_s - began_s, on=_named(one), with_emotion=theirs, without_emotion=other)
            for one, theirs, other in zip(sent, felt, unfelt, strict=True)
            if theirs != other
        ),
    )


def _called_by(customer: str, one: Sent) -> Sent:
    if not isinstance(one.message, CallStarted):
        return one
    return replace(one, message=msgspec.structs.replace(one.message, customer=customer))


def _named(one: Sent) -> str:
    match one.message:
        case Utterance(text=text) | Chat(text=text):
            return text
        case SignalSeen(signal=signal):
            return f"signal {signal.__struct_config__.tag}"
        case message:
            return str(message.__struct_config__.tag)


async def _played(
    sent: Sequence[Sent | None], domain: Domain, reply: ReplySettings, searches: Mapping[str, FaqSearch]
) -> list[Answer]:
    clock = PastClock()
    with TemporaryDirectory(prefix="replay-") as folder:
        copy = Path(folder) / "business.sqlite3"
        await asyncio.to_thread(_copy, reply.database, copy)
        tools = await asyncio.to_thread(open_tools, reply.domain, copy, LocalClock.of(reply.time_zone, clock))
        try:
            return await replayed(sent, domain, HelpPages(tools, reply.domain, searches), clock)
        finally:
            tools.close()


def _copy(database: Path, copy: Path) -> None:
    """A consistent copy, whoever writes meanwhile; nothing where there is no database, as tools make their own."""
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as fault:
        raise StoreError(f"the business's database {database} cannot be copied: {fault}. Set reply.database.") from None
