"""Recordings are found by the archive alone, go in their time with their keys, and strays go once they are old."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import Asked, Choice, Purpose, consent_for
from agent.core.errors import StoreError
from agent.core.lifecycle import EndReason
from agent.core.recorded import RecordedFrame, RecordedTrack
from agent.core.settings.retention import RetentionSettings
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.calls import CallStore
from agent.storage.data_keys import rewrap
from agent.storage.erasure import Eraser
from agent.storage.kept_recordings import recordings_of, take_away_files
from agent.storage.keyring import Keyring
from agent.storage.recordings import RecordingFile, RecordingReader, names, recordings_folder
from agent.storage.retention import DAY_S, Retention
from agent.storage.schema import open_engine

DAYS = RetentionSettings().recordings_days
AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=Asked(recording=True), extras=[Purpose.RECORDING])
FRAME = RecordedFrame(kind="audio", timestamp=0, arrived_us=0, data=b"zanzibar")


@pytest.fixture
def storage(tmp_path: Path) -> StorageSettings:
    return StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}", spool=tmp_path / "spool")


@pytest.fixture
async def engine(storage: StorageSettings) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(storage.url)
    yield engine
    await engine.dispose()


async def keep(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock, call_id: str, *, taken_back: bool = False
) -> RecordingFile:
    """A call with a recording, which has ended; the file itself stays where it is taken back."""
    file = RecordingFile(recordings_folder(storage), call_id, {"audio": RecordedTrack(codec="audio/opus", clock_hz=1)})
    file.write([FRAME])
    file.finish()
    async with CallStore.opened(storage, keyring, clock) as store:
        store.record_call_started(call_id, AGREED, clock.wall_ns() / NS_PER_S)
        store.record_recording(call_id, file.name, file.key)
        if taken_back:
            store.record_consent(call_id, AGREED.without(Purpose.RECORDING))
        store.record_call_ended(call_id, EndReason.CUSTOMER_LEFT)
    return file


def traces(folder: Path, *secrets: bytes) -> list[Path]:
    """Files in which one of these stands in clear."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(secret in path.read_bytes() for secret in secrets)]


def now_s(clock: FakeClock) -> float:
    return clock.wall_ns() / NS_PER_S


async def count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(tables.metadata.tables[table])) or 0


async def test_the_archive_has_what_opens_a_recording_and_keeps_it_sealed(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock, engine: AsyncEngine, tmp_path: Path
) -> None:
    """Also once master keys were changed; the key stands nowhere in clear, and goes with that of the call."""
    file = await keep(storage, keyring, clock, "c1")
    rotated = keyring.rotated()
    assert await rewrap(engine, rotated) == 1
    [kept] = await recordings_of(engine, rotated.without(keyring.current.id), "c1")
    reader = RecordingReader(recordings_folder(storage) / kept.file, "c1", kept.key)
    assert list(reader.frames()) == [FRAME]
    assert traces(tmp_path, file.key, FRAME.data) == []
    assert await recordings_of(engine, keyring, "c2") == []
    async with engine.begin() as connection:
        await connection.execute(tables.call_keys.delete())
    with pytest.raises(StoreError, match="c1"):
        await recordings_of(engine, rotated, "c1")


async def test_what_is_taken_back_is_in_the_archive_no_more(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock, engine: AsyncEngine
) -> None:
    """Its key is gone, so that no copy of the file can be read either."""
    await keep(storage, keyring, clock, "c1", taken_back=True)
    assert await recordings_of(engine, keyring, "c1") == []


async def test_a_recording_goes_after_its_days_and_its_key_with_it(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock, engine: AsyncEngine
) -> None:
    """First the file, then the row; the key of a call stays as long as its recording does, though words went before."""
    assert DAYS is not None
    await keep(storage, keyring, clock, "old")
    clock.advance(ms=(DAYS - 1) * DAY_S * 1_000)
    await keep(storage, keyring, clock, "young")
    folder, words_first = recordings_folder(storage), RetentionSettings(transcripts_days=1, replies_days=1)
    retention = Retention(engine, words_first, clock)
    assert await take_away_files(engine, folder, DAYS, now_s=now_s(clock)) == 0
    await retention.run()
    assert await count(engine, "call_keys") == 2
    clock.advance(ms=2 * DAY_S * 1_000)
    assert await retention.due() == {"recordings": 1}
    assert await take_away_files(engine, folder, DAYS, now_s=now_s(clock)) == 1
    assert [name.partition(".")[0] for name in names(folder)] == ["young"]
    await retention.run()
    assert (await count(engine, "recordings"), await count(engine, "call_keys")) == (1, 1)
    assert await take_away_files(engine, folder, None, now_s=now_s(clock) + 1e9) == 0


async def test_files_that_the_archive_knows_not_go_once_they_are_old(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock, engine: AsyncEngine
) -> None:
    """As on a machine beside the one that erased the call; what is young, or waits to be written, stays."""
    for call_id in ("erased", "kept", "young", "waiting"):
        file = await keep(storage, keyring, clock, call_id)
        age_s = 60.0 if call_id == "young" else 2 * DAY_S
        os.utime(recordings_folder(storage) / file.name, (now_s(clock) - age_s,) * 2)
    erased = await Eraser(engine).erase_calls(["erased", "young", "waiting"])
    assert erased["recordings"] == 3
    folder = recordings_folder(storage)
    assert await take_away_files(engine, folder, DAYS, now_s=now_s(clock), waiting=["waiting"]) == 1
    assert [name.partition(".")[0] for name in names(folder)] == ["kept", "waiting", "young"]
