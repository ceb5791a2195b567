"""Data keys in each kind of database: wrapped anew, missing, and rows of before there was sealing."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.consent import Choice, consent_for
from agent.core.errors import StoreError
from agent.core.lifecycle import EndReason
from agent.core.settings.storage import StorageSettings
from agent.storage import data_keys, tables
from agent.storage.calls import CallStore
from agent.storage.data_keys import archive_of, open_keyring, rewrap, seal_clear_rows, wrapped_by
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring, key_path
from agent.storage.schema import upgrade
from agent.storage.sealing import is_sealed
from tests.storage.conftest import connected, rows


class Question(msgspec.Struct, frozen=True, tag="question"):
    text: str


CONSENT = consent_for(Choice.AGREE, locale="en", given_at=1_800_000_000.0)


async def keep_calls(storage: StorageSettings, keyring: Keyring, *names: str) -> None:
    async with CallStore.opened(storage, keyring) as store:
        for name in names:
            store.record_call_started(name, CONSENT, 1_800_000_000.0)
            store.record_sent(name, Question("where is my order"))
            store.record_call_ended(name, EndReason.CUSTOMER_LEFT)


async def keep_clear_call(engine: AsyncEngine, name: str) -> None:
    """A call as versions without a seal have left it."""
    body = {"type": "chat", "text": "call me on 415-555-0123", "turn": 1}
    async with engine.begin() as connection:
        await connection.execute(insert(tables.calls).values(id=name, started_at=1.0, locale="en"))
        said = insert(tables.replies).values(call_id=name, said_at=1.0, reply_id="s1", because=b"[]")
        await connection.execute(said.values(text=b"so it is 4242 4242 4242 4242"))
        sent = insert(tables.sent).values(call_id=name, sent_at=1.0, type="chat", body=msgspec.json.encode(body))
        await connection.execute(sent)


async def questions(history: CallHistory, name: str) -> list[str]:
    return [msgspec.json.decode(message.body, type=Question).text for message in await history.sent(name)]


async def test_rotation_wraps_every_data_key_anew(
    storage: StorageSettings, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many batches it takes, all calls can be read with the new master key alone, and a second run has none."""
    monkeypatch.setattr(data_keys, "BATCH", 2)
    await keep_calls(storage, keyring, "c1", "c2", "c3")
    rotated = keyring.rotated()
    async with archive_of(storage) as engine:
        assert await wrapped_by(engine) == {keyring.current.id: 3}
        assert await rewrap(engine, rotated) == 3
        assert await rewrap(engine, rotated) == 0
        assert await wrapped_by(engine) == {rotated.current.id: 3}
    async with CallHistory.opened(storage.url, rotated.without(keyring.current.id)) as history:
        assert await questions(history, "c3") == ["where is my order"]


async def test_words_of_before_are_redacted_and_sealed(storage: StorageSettings, keyring: Keyring) -> None:
    """What an earlier version wrote in clear is sealed at the next start, without numbers that name a person; once."""
    await asyncio.to_thread(upgrade, storage.url)
    async with archive_of(storage) as engine:
        await keep_clear_call(engine, "c1")
        await keep_clear_call(engine, "c2")
        assert await seal_clear_rows(engine, keyring) == 4
        assert await seal_clear_rows(engine, keyring) == 0
    kept = [*await rows(storage, "SELECT text FROM replies"), *await rows(storage, "SELECT body FROM sent")]
    assert [is_sealed(bytes(value)) for (value,) in kept] == [True] * 4
    async with CallHistory.opened(storage.url, keyring) as history:
        assert [reply.text for reply in await history.replies("c2")] == ["so it is [card]"]
        [message] = await history.sent("c2")
        assert msgspec.json.decode(message.body)["text"] == "call me on [phone]"


async def test_destroyed_data_key_shuts_its_call_only(storage: StorageSettings, keyring: Keyring) -> None:
    """With the row of its key gone a call cannot be read, as the message says; others can, and no key is made anew."""
    await keep_calls(storage, keyring, "c1", "c2")
    async with connected(storage) as connection:
        await connection.execute(text("DELETE FROM call_keys WHERE call_id = 'c1'"))
    async with CallHistory.opened(storage.url, keyring) as history:
        with pytest.raises(StoreError, match="no data key of call c1"):
            await questions(history, "c1")
        assert await questions(history, "c2") == ["where is my order"]
    async with archive_of(storage) as engine:
        assert await seal_clear_rows(engine, keyring) == 0
    assert await rows(storage, "SELECT call_id FROM call_keys") == [("c2",)]


async def test_archive_without_its_keys_does_not_open(storage: StorageSettings, tmp_path: Path) -> None:
    """Keys are made for an empty archive; once calls depend on them they are not made again, and others are refused."""
    storage = storage.model_copy(update={"key_file": tmp_path / "a.keys"})
    keyring = await open_keyring(storage)
    await keep_calls(storage, keyring, "c1")
    path = key_path(storage)
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(StoreError, match="is missing"):
        await open_keyring(storage)
    assert not path.exists()
    await asyncio.to_thread(lambda: path.write_text(Keyring.fresh().text()))
    with pytest.raises(StoreError, match=f"sealed with master key {keyring.current.id}"):
        await open_keyring(storage)
    path.write_bytes(kept)
    assert await open_keyring(storage) == keyring
