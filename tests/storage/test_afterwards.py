"""What is added to calls that have ended: answers of customers and labels of staff, on each database."""

import msgspec
import pytest
from sqlalchemy import select

from agent.core.errors import CallNotFound
from agent.core.lifecycle import EndReason
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.afterwards import Afterwards, Marked
from agent.storage.calls import CallStore
from agent.storage.export import CallReader
from agent.storage.keyring import Keyring
from agent.storage.schema import open_engine
from tests.storage.conftest import connected
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT

pytestmark = pytest.mark.timeout(60)

WRONG = Marked(at_ms=2_000.0, kind="emotion", read="anger", right="neutral")


async def keep_call(storage: StorageSettings, keyring: Keyring) -> None:
    """A call "c1" that has ended."""
    async with CallStore.opened(storage, keyring, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        store.record_call_ended("c1", EndReason.CUSTOMER_LEFT)


async def test_what_comes_after_a_call_is_kept_sealed(storage: StorageSettings, keyring: Keyring) -> None:
    """A second answer replaces the first, numbers that tell who somebody is are taken out, and whoever's call it was
    gets all of it in an export."""
    await keep_call(storage, keyring)
    engine = open_engine(storage.url)
    try:
        afterwards = Afterwards(engine, keyring)
        await afterwards.keep_survey("c1", BEGAN_S + 60, score=1)
        await afterwards.keep_survey("c1", BEGAN_S + 61, score=5, resolved=True, text="好! 4242 4242 4242 4242 it was")
        await afterwards.keep_label("c1", BEGAN_S + 90, WRONG, by="staff:ada")
        await afterwards.keep_summary("c1", b'{"intents":[]}')
        call = await CallReader(engine, keyring).call("c1")
    finally:
        await engine.dispose()
    [survey], [label], [summary] = call["surveys"], call["labels"], call["summaries"]
    assert (survey["score"], bool(survey["resolved"]), survey["answered_at"]) == (5, True, BEGAN_S + 61)
    assert survey["text"].startswith("好!") and "4242 4242" not in survey["text"]
    assert (label["kind"], label["labelled_by"], bool(label["correct"])) == ("emotion", "staff:ada", False)
    assert label["value"] == {"read": "anger", "right": "neutral"}
    assert summary["body"] == {"intents": []}
    async with connected(storage) as connection:
        sealed = [(await connection.execute(select(column))).scalar_one() for column in (
            tables.surveys.c.text, tables.labels.c.value, tables.summaries.c.body)]  # fmt: skip
    assert not any(word in bytes(value) for value in sealed for word in (b"it was", b"anger", b"intents"))


async def test_nothing_is_added_to_a_call_that_is_gone(file_storage: StorageSettings, keyring: Keyring) -> None:
    """Neither to one that never was, nor to one whose key was destroyed."""
    await keep_call(file_storage, keyring)
    engine = open_engine(file_storage.url)
    try:
        afterwards = Afterwards(engine, keyring)
        with pytest.raises(CallNotFound):
            await afterwards.keep_survey("never", BEGAN_S, score=3)
        async with engine.begin() as connection:
            await connection.execute(tables.call_keys.delete())
        with pytest.raises(CallNotFound):
            await afterwards.keep_label("c1", BEGAN_S, WRONG, by="staff:ada")
    finally:
        await engine.dispose()


async def test_an_answer_reaches_the_archive_of_whole_calls(file_storage: StorageSettings, keyring: Keyring) -> None:
    """A call that was copied already is copied again when its customer answers, but not when part of it may be gone."""
    await keep_call(file_storage, keyring)
    ended_at, copied_at = tables.calls.c.ended_at, tables.calls.c.archived_at
    engine = open_engine(file_storage.url)
    marks: list[float | None] = []
    try:
        async with engine.begin() as connection:
            await connection.execute(tables.calls.update().values(archived_at=1.0))
            ended = (await connection.execute(select(ended_at))).scalar_one()
        for later_s in (90_000.0, 60.0):
            await Afterwards(engine, keyring).keep_survey("c1", ended + later_s, score=4)
            async with engine.connect() as connection:
                marks.append((await connection.execute(select(copied_at))).scalar_one())
    finally:
        await engine.dispose()
    assert marks == [1.0, None]


def test_a_label_says_whether_the_agent_had_it_right() -> None:
    """Right is what was read, and nothing else."""
    assert not WRONG.correct
    assert msgspec.structs.replace(WRONG, right="anger").correct
