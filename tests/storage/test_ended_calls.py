"""Which calls are found, in which order and on which page, on each database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.lifecycle import Outcome
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.afterwards import Afterwards
from agent.storage.calls import CallStore
from agent.storage.ended_calls import EndedCalls, Sought
from agent.storage.history import CallHistory, StoredMessage, StoredSignal, StoredUtterance
from agent.storage.keyring import Keyring
from agent.storage.schema import open_engine
from agent.storage.sealing import MARK
from tests.past_calls import Past, record
from tests.storage.kept import AT_ONCE_S, CONSENT

pytestmark = pytest.mark.timeout(90)

CALLS = (
    Past(id="a", lasts_s=5),
    Past(id="b", lasts_s=5, locale="zh-CN", outcome=Outcome.PERSON_ASKED),
    Past(id="c", lasts_s=5, domain="bank"),
)


@pytest.fixture
async def engine(storage: StorageSettings, keyring: Keyring, clock: FakeClock) -> AsyncIterator[AsyncEngine]:
    """An archive with `CALLS`, one after the other, and one that goes on."""
    async with CallStore.opened(storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        for past in CALLS:
            record(store, clock, past)
        store.record_call_started("live", CONSENT, clock.wall_ns() / NS_PER_S)
    engine = open_engine(storage.url)
    yield engine
    await engine.dispose()


async def test_ended_calls_are_found_by_what_they_were(engine: AsyncEngine, keyring: Keyring, clock: FakeClock) -> None:
    """Newest first; by time, domain, outcome and language; each with its answer, summary and whether it has tracks."""
    ended = EndedCalls(engine, keyring)

    async def found(sought: Sought, most: int = 9) -> str:
        return "".join([one.call.id for one in await ended.newest(sought, most)])

    everything = await ended.newest(Sought(), 9)
    middle = everything[1].call.started_at
    assert [one.call.id for one in everything] == ["c", "b", "a"]
    assert await found(Sought(domain="shop")) == "ba"
    assert await found(Sought(outcome="person_asked")) == "b"
    assert await found(Sought(language="en")) == "ca" and await found(Sought(language="zh")) == "b"
    assert await found(Sought(from_s=middle)) == "cb" and await found(Sought(until_s=middle)) == "a"
    assert await found(Sought(call_id="a")) == "a"
    assert await found(Sought(before=(middle, "b"))) == "a"
    afterwards = Afterwards(engine, keyring)
    await afterwards.keep_survey("a", 1.0, score=2, resolved=False)
    now_s = clock.wall_ns() / NS_PER_S + 1
    assert sorted(await ended.unsummarised(since_s=0, before_s=now_s, most=9)) == ["a", "b", "c"]
    assert await ended.unsummarised(since_s=middle, before_s=now_s, most=1) == ["c"]
    await afterwards.keep_summary("a", b"{}")
    [told] = await ended.newest(Sought(call_id="a"), 1)
    assert (told.score, told.resolved, told.summary, told.tracked) == (2, False, b"{}", False)
    assert sorted(await ended.unsummarised(since_s=0, before_s=now_s, most=9)) == ["b", "c"]


async def test_many_calls_are_read_together(engine: AsyncEngine, keyring: Keyring) -> None:
    """Each call's rows under its id; a call that was altered is left out and takes no other away."""
    asked = ["c", "a", "b", "live"]
    messages = await CallHistory(engine, keyring).of_calls(StoredMessage, asked)
    assert {name: [one.type for one in rows] for name, rows in messages.items()} == {
        "c": ["utterance"], "a": ["utterance"], "b": ["utterance"], "live": [],
    }  # fmt: skip
    events = await CallHistory(engine, keyring).of_calls(StoredSignal, asked)
    assert [one.kind for one in events["a"]] == ["intent", "gesture"]
    spoilt = update(tables.utterances).where(tables.utterances.c.call_id == "b").values(text=MARK + bytes(60))
    async with engine.begin() as connection:
        await connection.execute(spoilt)
    assert set(await CallHistory(engine, keyring).of_calls(StoredUtterance, asked)) == {"c", "a", "live"}
