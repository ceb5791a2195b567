"""What was kept long enough goes by its own class of data, in small batches, and the key goes with the last of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.errors import SettingsError, StoreError
from agent.core.settings import load_settings
from agent.core.settings.retention import RetentionSettings
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.clearing import BATCH_ROWS
from agent.storage.retention import DAY_S, OF_CALLS, SEALED, Retention
from tests.storage.kept_rows import ALL, OF_CALL, keep, left, opened_archive

AFTER_31_DAYS = frozenset({"tracks", "recordings", "signals", "states", "summaries"})
AFTER_91_DAYS = AFTER_31_DAYS | {"utterances", "sent", "replies", "cards"}


@pytest.fixture
async def engine(file_storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    async with opened_archive(file_storage) as engine:
        yield engine


class Pauses:
    """Counts how often others were let in."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, seconds: float) -> None:
        self.count += 1


def test_every_table_of_calls_has_a_class() -> None:
    """A new table cannot be forgotten: a setting retires it, or it goes with its call or the last that it opens."""
    retired = {table for held in OF_CALLS.values() for table in held}
    assert retired | {tables.calls, tables.call_keys} == set(tables.IN_ORDER)
    assert set(SEALED) == retired - {tables.consents}


@pytest.mark.parametrize(
    ("days_ago", "gone"),
    [
        (6, set()),
        (8, {"tracks"}),
        (31, AFTER_31_DAYS),
        (91, AFTER_91_DAYS),
        (366, ALL - {"calls", "consents"}),
        (1_096, ALL),
    ],
)
async def test_each_class_goes_in_its_time(
    engine: AsyncEngine, clock: FakeClock, days_ago: float, gone: set[str]
) -> None:
    """With the default settings; the count of before says what really goes; a call of today keeps everything."""
    old, today = await keep(engine, clock, days_ago=days_ago), await keep(engine, clock, days_ago=0)
    retention = Retention(engine, RetentionSettings(), clock)
    due = await retention.due()
    taken = await retention.run()
    assert await left(engine, old) == ALL - gone
    assert await left(engine, today) == ALL
    assert set(due) == gone - {"call_keys"}
    assert {name: count for name, count in taken.items() if name != "call_keys"} == due
    assert await retention.run() == {}


async def test_every_database_retires_alike(storage: StorageSettings, clock: FakeClock) -> None:
    """The statements mean the same on SQLite, PostgreSQL and MariaDB."""
    async with opened_archive(storage) as engine:
        old, ancient = await keep(engine, clock, days_ago=91), await keep(engine, clock, days_ago=2_000)
        retention = Retention(engine, RetentionSettings(), clock)
        due = await retention.due()
        assert due == await retention.run()
        assert await left(engine, old) == ALL - AFTER_91_DAYS
        assert await left(engine, ancient) == set()


async def test_nothing_goes_that_is_kept_for_good(engine: AsyncEngine, clock: FakeClock) -> None:
    """None is for ever, whatever the age."""
    for_ever = RetentionSettings.model_validate(dict.fromkeys(RetentionSettings.model_fields))
    call_id = await keep(engine, clock, days_ago=9_999)
    assert await Retention(engine, for_ever, clock).run() == {}
    assert await left(engine, call_id) == ALL


async def test_key_stays_while_it_opens_anything(engine: AsyncEngine, clock: FakeClock) -> None:
    """Of a call that goes on, and of one that lies in the archive of whole calls, the key is not taken."""
    live = await keep(engine, clock, days_ago=0.5, id="live", ended_at=None)
    archived = await keep(engine, clock, days_ago=100, id="archived", archived_at=1.0)
    short = RetentionSettings(transcripts_days=1, replies_days=1, signals_days=1, tracks_days=1)
    clock.advance(ms=1)
    await Retention(engine, short, clock).run()
    assert "call_keys" in await left(engine, live)
    assert await left(engine, archived) == {"calls", "call_keys", "consents", "labels", "surveys"}


async def test_customers_and_sessions_go_too(engine: AsyncEngine, clock: FakeClock) -> None:
    """A customer of whom no call is kept, long after the last; a session some time after it ran out."""
    now = clock.wall_ns() / NS_PER_S
    await keep(engine, clock, days_ago=1_000, id="kept", customer="has a call")
    async with engine.begin() as connection:
        for pseudonym, days_ago in (("has a call", 2_000), ("long ago", 2_000), ("lately", 3)):
            seen = now - days_ago * DAY_S
            row = {"id": pseudonym, "first_seen_at": seen, "last_seen_at": seen, "locale": "en"}
            await connection.execute(insert(tables.customers), row)
        for token, expires_at in (("out", now - 31 * DAY_S), ("just out", now - DAY_S)):
            row = {"token_hash": token, "created_at": 1.0, "rotated_at": 1.0, "seen_at": 1.0, "expires_at": expires_at}
            await connection.execute(insert(tables.sessions), row)
    taken = await Retention(engine, RetentionSettings(), clock).run()
    assert (taken["customers"], taken["sessions"]) == (1, 1)
    async with engine.connect() as connection:
        people = await connection.execute(select(tables.customers.c.id).order_by(tables.customers.c.id))
        assert people.scalars().all() == ["has a call", "lately"]
        assert (await connection.execute(select(tables.sessions.c.token_hash))).scalars().all() == ["just out"]


async def test_many_rows_go_in_small_batches(engine: AsyncEngine, clock: FakeClock) -> None:
    """Others are let in between; of 1,200 rows of one call that is twice."""
    call_id = await keep(engine, clock, days_ago=40)
    more = [OF_CALL["signals"] | {"call_id": call_id, "seq": seq} for seq in range(2, 1_201)]
    async with engine.begin() as connection:
        await connection.execute(insert(tables.signals), more)
    pauses = Pauses()
    taken = await Retention(engine, RetentionSettings(), clock, pause=pauses).run()
    assert taken["signals"] == 1_200
    assert pauses.count == 1_200 // BATCH_ROWS


async def test_database_that_refuses_is_said(engine: AsyncEngine, clock: FakeClock) -> None:
    """Both methods raise in words, and name what is missing."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE tracks")
    retention = Retention(engine, RetentionSettings(), clock)
    for ask in (retention.due, retention.run):
        with pytest.raises(StoreError, match="no such table: tracks"):
            await ask()


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        ({"calls_days": 30}, "transcripts_days cannot be 90"),
        ({"consents_days": None}, "consents_days cannot be without end"),
        ({"signals_days": 0}, "greater than or equal to 1"),
        ({"photographs_days": 3}, "photographs_days"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(retention: dict[str, Any], says: str) -> None:
    """What hangs on a call cannot be kept longer than the call, and less than a day is no time."""
    with pytest.raises(SettingsError, match=says):
        load_settings(retention=retention)
