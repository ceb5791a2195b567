"""Looking back at kept calls: what a list, a replay, a search, trends and files tell of them, and what they do not."""

import json
import sqlite3
import threading
import zlib
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import Table, delete, update
from sqlalchemy.event import listen

from agent.app.call_facts import CallFacts, read_facts
from agent.app.exporting import Exporting
from agent.app.kept_data import KeptData, opened_kept_data
from agent.app.past_calls import LookingBack
from agent.app.summaries import SETTLED_AFTER_S, Summaries
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.errors import AgentError, CallDamaged, CallNotFound
from agent.core.lifecycle import Outcome
from agent.core.settings import Settings
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.afterwards import Afterwards
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.sealing import MARK
from agent.storage.tracks import POINT_SCALE
from agent.transport.history_forms import CallsWish, LabelWish, SearchWish, TableWish, TrendsWish
from agent.transport.history_messages import SearchDone, SearchHit, SearchLine, TracksHead
from tests.past_calls import MEDIA_BEGAN_S, REPLIED, SAID, Past, record

pytestmark = pytest.mark.timeout(90)

DRAWN = Past(id="drawn", purposes=frozenset({Purpose.REPLAY, Purpose.TRAINING}), taken_over=True)
SPOILT = MARK + bytes(60)
UNFELT = Past(id="unfelt", locale="zh-CN", said="我想退款", intent="refund", valence=None, outcome=Outcome.UNANSWERED)


@pytest.fixture
async def kept(tmp_path: Path, clock: FakeClock) -> AsyncIterator[KeptData]:
    """An archive with two calls, seconds after the second one."""
    settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}"))
    async with CallStore.opened(settings.storage, await open_keyring(settings.storage), clock) as store:
        record(store, clock, DRAWN)
        record(store, clock, UNFELT)
    clock.advance(ms=1_000 * (SETTLED_AFTER_S + 1))
    async with opened_kept_data(settings, clock) as kept:
        yield kept


@pytest.fixture
def past(kept: KeptData) -> LookingBack:
    return LookingBack(kept, Summaries(kept))


async def found(past: LookingBack, words: str, **wish: object) -> list[SearchLine]:
    return [line async for line in past.search(SearchWish.model_validate({"words": words, **wish}))]


async def test_calls_are_listed_with_what_they_came_to(past: LookingBack) -> None:
    """The newest first, by what was understood in them, a page at a time."""
    everything = (await past.calls(CallsWish())).calls
    assert [(call.call_id, call.intents, call.turns, call.taken_over) for call in everything] == [
        ("unfelt", ("refund",), 1, False),
        ("drawn", ("order_status",), 1, True),
    ]
    assert [call.lasted_s for call in everything] == [20.0, 20.0]
    first = await past.calls(CallsWish(limit=1))
    second = await past.calls(CallsWish(limit=1, before=first.next))
    assert ([call.call_id for call in second.calls], second.next) == (["drawn"], None)
    assert [call.call_id for call in (await past.calls(CallsWish(intent="refund"))).calls] == ["unfelt"]
    assert (await past.calls(CallsWish(intent="refund", domain="bank"))).calls == ()


async def test_a_call_is_listed_as_soon_as_it_has_ended(tmp_path: Path, clock: FakeClock) -> None:
    """It can be read and exported at once, too: whoever looks has it written first."""
    settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}"))
    keyring = await open_keyring(settings.storage)
    async with (
        CallStore.opened(settings.storage, keyring, clock, flush_every_s=60.0) as store,
        opened_kept_data(settings, clock, caught_up=store.caught_up) as kept,
    ):
        past = LookingBack(kept, Summaries(kept))
        assert (await past.calls(CallsWish())).calls == ()
        record(store, clock, DRAWN)
        assert [call.call_id for call in (await past.calls(CallsWish())).calls] == ["drawn"]
        record(store, clock, UNFELT)
        assert (await past.story("unfelt")).lines
        record(store, clock, Past(id="asked for", customer="p1"))
        assert (await Exporting(kept).call("asked for", actor="test")).calls[0]["utterances"]


async def test_a_call_is_told_in_order(past: LookingBack) -> None:
    """Words with what was understood and why it was answered so, events, and what was agreed to."""
    story = await past.story("drawn")
    assert [(line.at_s, line.who, line.text) for line in story.lines] == [
        (2.0, "customer", SAID), (2.0, "agent", REPLIED),
    ]  # fmt: skip
    assert (story.lines[0].intent, story.lines[0].slots) == ("order_status", {"product": "kettle"})
    assert story.lines[1].because == ("the question where an order is (90%)",)
    assert [one.code for one in story.lines[1].told_because] == ["understood"]
    assert [(event.at_s, event.kind, event.label) for event in story.events] == [
        (2.0, "card", "Order 1042"),
        (4.0, "gesture", "thumbs_up"),
        (5.0, "taken_over", "a person took over"),
        (6.0, "turn", "spoke over the agent"),
    ]
    assert story.trains and "replay" in story.consents[0][1]
    assert "order_status" in story.label_values["intent"] and "anger" in story.label_values["emotion"]


async def test_what_was_perceived_comes_second_by_second(past: LookingBack) -> None:
    """Columns of one length; nothing of how somebody felt who had said no to that."""
    felt, unfelt = await past.series("drawn"), await past.series("unfelt")
    assert felt.affect.at_s == tuple(map(float, range(20)))
    assert (felt.affect.valence[0], felt.affect.valence[-1], felt.affect.label[0]) == (-0.5, 0.3, "anger")
    assert [at for at, speaks in zip(felt.voice.at_s, felt.voice.speaking, strict=True) if speaks] == [1.0, 2.0]
    assert unfelt.affect.at_s == unfelt.expression.at_s == () and len(unfelt.voice.at_s) == 20


async def test_points_are_drawn_where_that_was_agreed_to(past: LookingBack, kept: KeptData) -> None:
    """Part by part, on the pictures' clock; else it is said why there are none."""
    replay = (await past.story("drawn")).replay
    assert (replay.state, replay.starts_s, replay.media_began_s) == ("kept", (0.0, 10.0), MEDIA_BEGAN_S)
    content = zlib.decompress(await past.tracks("drawn", 1))
    size = int.from_bytes(content[:4], "little")
    head = msgspec.json.decode(content[4 : 4 + size], type=TracksHead)
    points = np.frombuffer(content[4 + size :], "<i2").reshape(-1, 2)
    assert (len(head.frames), head.scale, head.frames[0].media_ms) == (100, POINT_SCALE, 9_500.0)
    assert sum(part.points for frame in head.frames for part in frame.parts) == len(points)
    assert [part.part for part in head.frames[0].parts] == ["face", "right"]
    assert (np.abs(points / POINT_SCALE - 0.5) < 0.5).all()
    with pytest.raises(CallNotFound):
        await past.tracks("drawn", 2)
    assert (await past.story("unfelt")).replay.state == "not_agreed"
    async with kept.engine.begin() as connection:
        await connection.execute(delete(tables.tracks))
    assert (await past.story("drawn")).replay.state == "gone"


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("KETTLE way", [("unfelt", "agent"), ("drawn", "agent")]),
        ("退款", [("unfelt", "customer")]),
        ("thumbs up", [("unfelt", "event"), ("drawn", "event")]),
        ("refund", [("unfelt", "event")]),
        ("taken over", [("drawn", "event")]),
        ("kettle 退款", []),
        ("__", []),
    ],
)
async def test_words_and_events_are_found(past: LookingBack, words: str, hits: list[tuple[str, str]]) -> None:
    """All words within one line, in whatever case, without spaces too; events by what they are called."""
    lines = await found(past, words)
    assert [(line.call_id, line.who) for line in lines if isinstance(line, SearchHit)] == hits
    assert isinstance(lines[-1], SearchDone) and (lines[-1].why, lines[-1].calls) == ("all", 2)


async def test_a_search_ends_with_as_many_hits_as_were_wanted(past: LookingBack) -> None:
    """And says how far it came, so that it can go on from there."""
    lines = await found(past, "thumbs", limit=1)
    done = lines[-1]
    assert isinstance(done, SearchDone) and (done.why, done.calls) == ("hits", 1)
    older = await found(past, "thumbs", until_at=done.oldest_at)
    assert [line.call_id for line in older if isinstance(line, SearchHit)] == ["drawn"]


async def test_moments_are_labelled(past: LookingBack) -> None:
    """By whom, right or wrong; but not as what the agent cannot read, nor in a call that is not kept."""
    wish = LabelWish(call_id="drawn", at_s=4.0, kind="gesture", read="thumbs_up", right="fist")
    await past.label(wish, by="staff:ada")
    await past.label(wish.model_copy(update={"right": "thumbs_up"}), by="staff:bob")
    labels = (await past.story("drawn")).labels
    assert [(one.at_s, one.read, one.right, one.correct, one.by) for one in labels] == [
        (4.0, "thumbs_up", "fist", False, "staff:ada"),
        (4.0, "thumbs_up", "thumbs_up", True, "staff:bob"),
    ]
    with pytest.raises(AgentError, match="no gesture"):
        await past.label(wish.model_copy(update={"right": "bored"}), by="staff:ada")
    with pytest.raises(CallNotFound):
        await past.label(wish.model_copy(update={"call_id": "draw"}), by="staff:ada")


async def test_trends_tell_no_feelings_of_few(past: LookingBack, kept: KeptData) -> None:
    """One person's valence is no trend: it is in no group, no total and no file; their score is."""
    await Afterwards(kept.engine, kept.keyring).keep_survey("drawn", 1.0, score=4, resolved=True)
    trends = await past.trends(TrendsWish(by="language"))
    assert [(group.name, group.calls, group.hidden) for group in trends.groups] == [("en", 1, True), ("zh", 1, False)]
    assert trends.total.valence_change is None and trends.total.hidden
    assert trends.groups[0].score is not None and trends.groups[0].score.value == 4.0
    assert (trends.prediction.n, trends.prediction.error) == (1, None)
    table = json.loads(await past.table(TableWish(by="language", format="json")))
    assert [row["valence_change"] for row in table] == [None] * 3


async def test_calls_are_files(past: LookingBack) -> None:
    """A row a call, without how anybody felt in it; a text that a spreadsheet would compute is a text."""
    await past.calls(CallsWish())
    rows = (await past.table(TableWish(what="calls", format="csv"))).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("call,started_at,lasted_s,language") and len(rows) == 3
    assert "valence" not in rows[0] and ",refund," in rows[1]


async def test_a_call_that_was_erased_is_found_nowhere(past: LookingBack, kept: KeptData) -> None:
    """Its key gone, nothing of it can be told, and nothing else suffers."""
    async with kept.engine.begin() as connection:
        await connection.execute(delete(tables.calls).where(tables.calls.c.id == "drawn"))
    assert [call.call_id for call in (await past.calls(CallsWish())).calls] == ["unfelt"]
    with pytest.raises(CallNotFound):
        await past.story("drawn")
    assert not any(isinstance(line, SearchHit) for line in await found(past, "where"))


async def test_a_call_that_is_erased_while_it_is_read_is_not_found(past: LookingBack, kept: KeptData) -> None:
    """Not told in part, and no fault of the agent's."""
    file = kept.engine.url.database
    assert file is not None

    def erase(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM labels" in statement:
            with closing(sqlite3.connect(file)) as other:
                other.execute("DELETE FROM calls WHERE id = 'drawn'")
                other.commit()

    listen(kept.engine.sync_engine, "before_cursor_execute", erase)
    with pytest.raises(CallNotFound, match="nothing is kept"):
        await past.story("drawn")


async def alter(kept: KeptData, table: Table, call_id: str, **values: bytes) -> None:
    async with kept.engine.begin() as connection:
        await connection.execute(update(table).where(table.c.call_id == call_id).values(values))


async def test_a_call_whose_summary_was_altered_is_listed_as_damaged(past: LookingBack, kept: KeptData) -> None:
    """So is one whose key was; the others are listed as ever."""
    await past.calls(CallsWish())
    await alter(kept, tables.summaries, DRAWN.id, body=SPOILT)
    listed = (await past.calls(CallsWish())).calls
    assert [(call.call_id, call.turns, call.damaged) for call in listed] == [
        ("unfelt", 1, False), ("drawn", None, True),
    ]  # fmt: skip
    await alter(kept, tables.call_keys, UNFELT.id, wrapped=bytes(60))
    assert [call.damaged for call in (await past.calls(CallsWish())).calls] == [True, True]


async def test_what_is_wrong_with_a_damaged_call_is_said(past: LookingBack, kept: KeptData) -> None:
    """It cannot be told, and waiting would not help."""
    await alter(kept, tables.utterances, DRAWN.id, text=SPOILT)
    with pytest.raises(CallDamaged, match="of call drawn was altered"):
        await past.story("drawn")
    assert (await past.story("unfelt")).lines


@pytest.mark.parametrize(
    ("table", "values"), [(tables.utterances, {"text": SPOILT}), (tables.call_keys, {"wrapped": bytes(60)})]
)
async def test_a_search_passes_damaged_calls_over(
    past: LookingBack, kept: KeptData, table: Table, values: dict[str, bytes]
) -> None:
    """And says how many; what is in the others is found."""
    await alter(kept, table, DRAWN.id, **values)
    *_, hit, _, done = await found(past, "thumbs up")
    assert isinstance(hit, SearchHit) and hit.call_id == "unfelt"
    assert isinstance(done, SearchDone) and (done.calls, done.damaged) == (2, 1)


async def test_summaries_are_read_beside_the_event_loop(past: LookingBack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go on while thousands are looked at for an intent."""
    read_in = set[int]()

    def noted(summary: bytes | None) -> CallFacts | None:
        read_in.add(threading.get_ident())
        return read_facts(summary)

    monkeypatch.setattr("agent.app.past_calls.read_facts", noted)
    monkeypatch.setattr("agent.app.trends.read_facts", noted)
    assert len((await past.calls(CallsWish(intent="refund"))).calls) == 1
    assert read_in and threading.get_ident() not in read_in


async def test_many_calls_are_searched_with_few_questions(past: LookingBack, kept: KeptData) -> None:
    """As many for two calls as for one."""
    newest = (await past.calls(CallsWish())).calls[0].started_at
    asked = list[str]()
    listen(kept.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    one = await found(past, "thumbs up", from_at=newest)
    for_one = len(asked)
    asked.clear()
    both = await found(past, "thumbs up")
    assert (
        sum(isinstance(line, SearchHit) for line in both) == 2 * sum(isinstance(line, SearchHit) for line in one) == 2
    )
    assert len(asked) <= for_one


async def test_a_call_whose_key_was_altered_takes_no_other_call_away(past: LookingBack, kept: KeptData) -> None:
    """It has no summary; the others have theirs, and are listed beside it."""
    await alter(kept, tables.call_keys, UNFELT.id, wrapped=bytes(60))
    summaries = Summaries(kept)
    assert await summaries.complete(10) == 1, "ends with the one that fails"
    assert await summaries.complete(10) == 1
    assert await summaries.complete(10) == 0
    assert [call.turns for call in (await past.calls(CallsWish())).calls] == [None, 1]
