"""Lets supervisors look back: lists, tells, searches and compares calls that have ended, and keeps their labels."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import lru_cache

from agent.app import call_series, call_story
from agent.app.call_facts import read_facts
from agent.app.call_story import KeptStory
from agent.app.call_tables import calls_table, trends_table, written
from agent.app.history_search import search
from agent.app.kept_data import KeptData
from agent.app.summaries import Summaries
from agent.app.track_content import track_content
from agent.app.trends import compared, trends_of
from agent.core.clock import NS_PER_S
from agent.core.consent import Purpose
from agent.core.errors import AgentError, CallNotFound, SettingsError
from agent.core.types import EXPRESSIONS, GESTURES
from agent.dialogue.understanding import load_understanding
from agent.storage.afterwards import Afterwards, Marked
from agent.storage.ended_calls import EndedCall, EndedCalls, Place, Sought
from agent.storage.history import CallHistory, StoredCall, StoredSurvey
from agent.storage.retention import DAY_S
from agent.transport.history_forms import CallsWish, LabelWish, SearchWish, TableWish, TrendsWish
from agent.transport.history_messages import (
    CallsPage,
    CallStory,
    PastCall,
    SearchLine,
    Series,
    Survey,
    Trends,
)

USUAL_DAYS = 30
"""Compared where nobody says how far to look back."""
MOST_COMPARED = 20_000
"""Calls behind trends or in a file."""
SEARCHES_AT_ONCE = 2
SCANNED_AT_ONCE = 200
MOST_SCANNED = 5_000
"""Calls that are looked at for one page, where an intent is asked for."""
COMPLETED_AT_ONCE = 50
"""Calls that are summarised for whoever waits; the rest follows by itself."""
MOVES = ("wave", "raised_hand", "nod", "shake")
"""Gestures that are read from movement."""


class LookingBack:
    """Implements `agent.transport.history.PastCalls` on everything that is kept."""

    def __init__(self, kept: KeptData, summaries: Summaries) -> None:
        self._kept = kept
        self._summaries = summaries
        self._searching = asyncio.Semaphore(SEARCHES_AT_ONCE)

    async def calls(self, wish: CallsWish) -> CallsPage:
        await self._summaries.complete(COMPLETED_AT_ONCE)
        sought = Sought(
            from_s=wish.from_at,
            until_s=wish.until_at,
            domain=wish.domain,
            outcome=wish.outcome,
            language=wish.language,
            before=wish.place,
        )
        found, place = await self._matching(sought, wish.intent, wish.limit)
        following = None if place is None else f"{place[0]!r}~{place[1]}"
        told = await asyncio.to_thread(lambda: tuple(map(_past_call, found)))
        return CallsPage(calls=told, next=following)

    async def story(self, call_id: str) -> CallStory:
        history, call = await self._opened(call_id)
        kept = await _kept(history, call)
        survey = await history.survey(call.id)
        labels = await history.labels(call.id)
        starts_ms = await history.track_starts(call.id)
        # Asked last: a call that was erased meanwhile is not told in part.
        still_there = await (await self._ended()).newest(Sought(call_id=call.id), 1)
        if not still_there:
            raise _not_kept(call_id)
        [ended] = still_there
        agreed = kept.consents[-1].purposes.split() if kept.consents else []

        def told() -> CallStory:
            lines = call_story.lines_of(kept)
            return CallStory(
                call=_past_call(ended),
                lines=lines,
                events=call_story.events_of(kept),
                labels=call_story.labels_of(labels),
                survey=None if survey is None else _survey(survey),
                consents=tuple((kept.at_s(one.recorded_at), tuple(one.purposes.split())) for one in kept.consents),
                replay=call_series.replay_of(kept, starts_ms),
                trains=Purpose.TRAINING in agreed,
                label_values={
                    "emotion": EXPRESSIONS,
                    "gesture": (*GESTURES, *MOVES),
                    "intent": _intents(call.domain) or tuple(sorted({line.intent for line in lines if line.intent})),
                },
            )

        return await asyncio.to_thread(told)

    async def series(self, call_id: str) -> Series:
        history, call = await self._opened(call_id)
        signals = await history.signals(call.id)
        return await asyncio.to_thread(call_series.series_of, call.started_at, signals)

    async def tracks(self, call_id: str, part: int) -> bytes:
        history, call = await self._opened(call_id)
        frames = await history.tracks(call.id, part=part)
        if not frames:
            raise CallNotFound(f"there is no part {part} of call {call_id[:64]} to draw")
        return await asyncio.to_thread(track_content, frames)

    async def search(self, wish: SearchWish) -> AsyncIterator[SearchLine]:
        async with self._searching:
            async for line in search(wish, await self._ended(), self._history):
                yield line

    async def label(self, wish: LabelWish, *, by: str) -> None:
        _, call = await self._opened(wish.call_id)
        of_kind = {"emotion": EXPRESSIONS, "gesture": (*GESTURES, *MOVES)}
        known = of_kind.get(wish.kind) or await asyncio.to_thread(_intents, call.domain)
        if known and wish.right and wish.right not in (*known, "unknown"):
            raise AgentError(f"{wish.right!r} is no {wish.kind} that the agent knows")
        marked = Marked(at_ms=wish.at_s * 1e3, kind=wish.kind, read=wish.read, right=wish.right)
        keyring = await asyncio.to_thread(self._kept.keyring.reread)
        await Afterwards(self._kept.engine, keyring).keep_label(call.id, self._now_s(), marked, by=by)

    async def trends(self, wish: TrendsWish) -> Trends:
        await self._summaries.complete(COMPLETED_AT_ONCE)
        until_s = self._now_s() if wish.until_at is None else wish.until_at
        from_s = until_s - USUAL_DAYS * DAY_S if wish.from_at is None else wish.from_at
        ended = await (await self._ended()).newest(Sought(from_s=from_s, until_s=until_s), MOST_COMPARED + 1)

        def worked_out() -> Trends:
            return trends_of(
                compared(ended[:MOST_COMPARED]),
                by=wish.by,
                from_s=from_s,
                until_s=until_s,
                utc_offset_min=wish.utc_offset_min,
                smallest_group=self._kept.settings.privacy.smallest_group,
                cut=len(ended) > MOST_COMPARED,
            )

        return await asyncio.to_thread(worked_out)

    async def table(self, wish: TableWish) -> bytes:
        if wish.what == "trends":
            trends = await self.trends(wish)
            return await asyncio.to_thread(lambda: written(trends_table(trends), wish.format))
        sought = Sought(from_s=wish.from_at, until_s=wish.until_at)
        ended = await (await self._ended()).newest(sought, MOST_COMPARED)
        return await asyncio.to_thread(lambda: written(calls_table(compared(ended)), wish.format))

    async def _matching(self, sought: Sought, intent: str | None, limit: int) -> tuple[list[EndedCall], Place | None]:
        """Up to `limit` of the calls, and where to go on; None at the end."""
        ended, found = await self._ended(), list[EndedCall]()
        at_once = limit + 1 if intent is None else SCANNED_AT_ONCE
        for _ in range(MOST_SCANNED // at_once):
            part = await ended.newest(sought, at_once)
            found += part if intent is None else await asyncio.to_thread(_with_intent, part, intent)
            if len(found) > limit:
                return found[:limit], found[limit - 1].place
            if len(part) < at_once:
                return found, None
            sought = replace(sought, before=part[-1].place)
        return found, sought.before

    async def _opened(self, call_id: str) -> tuple[CallHistory, StoredCall]:
        """The call of just this id. Raises `CallNotFound` for one that is not kept, or goes on."""
        await self._kept.caught_up()
        history = await self._history()
        call = await history.find(call_id) if call_id else None
        if call is None or call.id != call_id:
            raise _not_kept(call_id)
        if call.ended_at is None:
            raise CallNotFound(f"call {call_id} goes on; it can be looked at again once it has ended")
        return history, call

    async def _history(self) -> CallHistory:
        """With the keys as they are now: they may have been changed since this process began."""
        keyring = await asyncio.to_thread(self._kept.keyring.reread)
        return CallHistory(self._kept.engine, keyring, self._kept.archive)

    async def _ended(self) -> EndedCalls:
        """With every call that has ended by now."""
        await self._kept.caught_up()
        return EndedCalls(self._kept.engine, await asyncio.to_thread(self._kept.keyring.reread))

    def _now_s(self) -> float:
        return self._kept.clock.wall_ns() / NS_PER_S


async def _kept(history: CallHistory, call: StoredCall) -> KeptStory:
    return KeptStory(
        began_s=call.started_at,
        utterances=await history.utterances(call.id),
        replies=await history.replies(call.id),
        sent=await history.sent(call.id),
        cards=await history.cards(call.id),
        signals=await history.signals(call.id),
        consents=await history.consents(call.id),
    )


def _past_call(ended: EndedCall) -> PastCall:
    [one] = compared([ended])
    call, facts = ended.call, one.facts
    return PastCall(
        call_id=call.id,
        started_at=call.started_at,
        lasted_s=round(one.lasted_s, 1),
        language=one.language,
        domain=call.domain,
        outcome=call.outcome,
        ended_because=call.ended_because,
        intents=() if facts is None else tuple(facts.intents),
        turns=None if facts is None else facts.turns,
        taken_over=None if facts is None else facts.taken_over,
        score=ended.score,
        resolved=ended.resolved,
        replayable=ended.tracked,
        damaged=ended.damaged,
    )


def _not_kept(call_id: str) -> CallNotFound:
    return CallNotFound(f"nothing is kept of a call {call_id[:64]}")


def _survey(survey: StoredSurvey) -> Survey:
    resolved = None if survey.resolved is None else bool(survey.resolved)
    return Survey(score=survey.score, resolved=resolved, text=survey.text)


def _with_intent(ended: Sequence[EndedCall], intent: str) -> list[EndedCall]:
    return [one for one in ended if (facts := read_facts(one.summary)) is not None and intent in facts.intents]


@lru_cache(maxsize=16)
def _intents(domain: str | None) -> tuple[str, ...]:
    """All that the pack knows; none of an engine of one's own. Blocks at first."""
    if domain is None:
        return ()
    try:
        return load_understanding(domain).intents
    except SettingsError:
        return ()
