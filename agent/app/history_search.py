"""Finds words in what was said and what happened in calls."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec

from agent.app.call_story import KeptStory, events_of, lines_of
from agent.storage.ended_calls import EndedCalls, Sought
from agent.storage.history import (
    CallHistory,
    StoredCall,
    StoredCard,
    StoredConsent,
    StoredMessage,
    StoredReply,
    StoredSignal,
    StoredUtterance,
)
from agent.transport.history_forms import SearchWish
from agent.transport.history_messages import SearchDone, SearchHit, SearchLine, SearchProgress

MOST_SEARCHED = 2_000
"""Calls in one search."""
READ_AT_ONCE = 20
"""Calls that are read together; a search says how far it is after each lot."""


async def search(
    wish: SearchWish, ended: EndedCalls, history: Callable[[], Awaitable[CallHistory]]
) -> AsyncIterator[SearchLine]:
    """Hits as they are found, the newest call first. Calls that are damaged are passed over and counted; raises
    `StoreError` when the archive does not answer."""
    words, sought = Words(wish.words), Sought(from_s=wish.from_at, until_s=wish.until_at)
    searched, hits, damaged, oldest_s = 0, 0, 0, None
    while searched < MOST_SEARCHED and (part := await ended.newest(sought, READ_AT_ONCE)):
        stories = await _stories(await history(), [one.call for one in part])
        found = await asyncio.to_thread(_hits, stories, words)
        for call in (one.call for one in part):
            searched, oldest_s = searched + 1, call.started_at
            damaged += call.id not in found
            for hit in found.get(call.id, ()):
                yield hit
                hits += 1
            if hits >= wish.limit:
                yield SearchDone(calls=searched, why="hits", oldest_at=oldest_s, damaged=damaged)
                return
        yield SearchProgress(calls=searched, oldest_at=oldest_s)
        sought = replace(sought, before=part[-1].place)
    all_read = searched < MOST_SEARCHED
    yield SearchDone(calls=searched, why="all" if all_read else "calls", oldest_at=oldest_s, damaged=damaged)


async def _stories(history: CallHistory, calls: Sequence[StoredCall]) -> dict[str, KeptStory]:
    """Of the calls that are not damaged, with what was perceived and is no state."""
    ids = [call.id for call in calls]
    parts = (
        await history.of_calls(StoredUtterance, ids),
        await history.of_calls(StoredReply, ids),
        await history.of_calls(StoredMessage, ids),
        await history.of_calls(StoredCard, ids),
        await history.of_calls(StoredSignal, ids),
        await history.of_calls(StoredConsent, ids),
    )
    utterances, replies, sent, cards, events, consents = parts
    return {
        call.id: KeptStory(
            began_s=call.started_at,
            utterances=utterances[call.id],
            replies=replies[call.id],
            sent=sent[call.id],
            cards=cards[call.id],
            signals=events[call.id],
            consents=consents[call.id],
        )
        for call in calls
        if all(call.id in part for part in parts)
    }


class Words:
    """What is looked for. Case, accents of typing and the width of letters do not matter."""

    def __init__(self, words: str) -> None:
        self._words = _plain(words).split()

    def within(self, text: str) -> bool:
        """Whether all of them stand in it, anywhere: Chinese has no spaces between words."""
        plain = _plain(text)
        return bool(self._words) and all(word in plain for word in self._words)


def _hits(stories: Mapping[str, KeptStory], words: Words) -> dict[str, list[SearchHit]]:
    """By call, without those of which something is not of its form."""
    found = {}
    for call_id, kept in stories.items():
        with suppress(msgspec.DecodeError):
            found[call_id] = hits_in(call_id, kept, words)
    return found


def hits_in(call_id: str, kept: KeptStory, words: Words) -> list[SearchHit]:
    """Lines, and events by their name or kind, in order of time; of intents where they were understood."""

    def hit(at_s: float, who: str, text: str) -> SearchHit:
        return SearchHit(call_id=call_id, started_at=kept.began_s, at_s=at_s, who=who, text=text)

    lines = lines_of(kept)
    found = [hit(line.at_s, line.who, line.text) for line in lines if words.within(line.text)]
    named = [(line.at_s, "intent", line.intent, "") for line in lines if line.intent]
    named += [(event.at_s, event.kind, event.label, event.detail) for event in events_of(kept)]
    for at_s, kind, label, detail in named:
        text = f"{kind}: {label}".replace("_", " ") + (detail and f" ({detail})")
        if words.within(text):
            found.append(hit(at_s, "event", text))
    return sorted(found, key=lambda one: one.at_s)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
