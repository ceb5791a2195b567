"""What is kept of how a customer moved: what they agreed to, as often as promised, and otherwise not a row."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.app.track_recorder import LEAST_BETWEEN_MS, TrackRecorder
from agent.core.clock import FakeClock
from agent.core.consent import Asked, Choice, Consent, Purpose, consent_for
from agent.core.settings.storage import StorageSettings
from agent.core.types import VisionReading, read_only
from agent.storage.calls import CallStore
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from agent.storage.tracks import POINT_SCALE, TrackedFrame
from tests.fusion.readings import expressed, frame, hand

CALL = "call"
FPS = 30
SECONDS = 25
AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0)
REPLAY = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=Asked(replay=True), extras=[Purpose.REPLAY])
KEYRING = Keyring.fresh()


def reading(at_ms: float) -> VisionReading:
    """A face that stays, and a right hand that crosses the picture in the time of the call."""
    landmarks = np.full((21, 3), 640 * at_ms / (1_000 * SECONDS), np.float32)
    seen = frame(at_ms, expression=expressed(), hands=(hand("none"),))
    return replace(seen, hands=(replace(seen.hands[0], landmarks_px=read_only(landmarks)),))


@pytest.fixture
def storage(tmp_path: Path) -> StorageSettings:
    return StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite3'}", spool=tmp_path / "spool")


def tracks_in(storage: StorageSettings) -> int:
    """Rows, whatever they hold."""
    with closing(sqlite3.connect(storage.url.partition(":///")[2])) as connection:
        count: int = connection.execute("SELECT count(*) FROM tracks").fetchone()[0]
    return count


async def kept(
    storage: StorageSettings, clock: FakeClock, consent_at: Callable[[float], Consent]
) -> list[TrackedFrame]:
    """What can be read of a call once it is over; `consent_at` gives what its customer agrees to at a time."""
    now_ms = 0.0
    async with CallStore.opened(storage, KEYRING, clock) as store:
        store.record_call_started(CALL, consent_at(0.0), 0.0)
        recorder = TrackRecorder(CALL, lambda: consent_at(now_ms), store)
        for number in range(FPS * SECONDS):
            before_ms, now_ms = now_ms, 1_000 * number / FPS
            if consent_at(now_ms) != consent_at(before_ms):
                store.record_consent(CALL, consent_at(now_ms))
            recorder.see(reading(now_ms))
            if recorder.due:
                await recorder.write()
        recorder.close()
    async with CallHistory.opened(storage.url, KEYRING) as history:
        return await history.tracks(CALL)


async def test_agreed_call_can_be_looked_at_again(storage: StorageSettings, clock: FakeClock) -> None:
    """Face and hand are where they were, ten times a second at most, from beginning to end."""
    frames = await kept(storage, clock, lambda at_ms: REPLAY)
    times = [one.media_ms for one in frames]
    assert min(np.diff(times)) >= LEAST_BETWEEN_MS - 0.1
    assert times[0] == 0
    assert times[-1] == pytest.approx(1_000 * SECONDS, abs=200)
    assert len(times) == pytest.approx(10 * SECONDS, abs=5)
    assert all(one.parts["face"].shape == (468, 2) for one in frames)
    for one in frames:
        across = POINT_SCALE * one.media_ms / (1_000 * SECONDS)
        assert one.parts["right"][0, 0] == pytest.approx(across, abs=1)


async def test_nothing_is_kept_of_who_did_not_agree(storage: StorageSettings, clock: FakeClock) -> None:
    """Who agreed to all but being looked at again leaves no track: not one row."""
    assert await kept(storage, clock, lambda at_ms: AGREED) == []
    assert tracks_in(storage) == 0


async def test_withdrawal_takes_what_was_kept(storage: StorageSettings, clock: FakeClock) -> None:
    """Once it is taken back nothing more is kept, and what was written of the call before is gone."""
    assert await kept(storage, clock, lambda at_ms: REPLAY if at_ms < 14_000 else AGREED) == []
    assert tracks_in(storage) == 0


async def test_who_agrees_again_is_kept_from_then_on(storage: StorageSettings, clock: FakeClock) -> None:
    """After a withdrawal and another yes, only what came after that yes is there."""
    frames = await kept(storage, clock, lambda at_ms: AGREED if 6_000 <= at_ms < 14_000 else REPLAY)
    assert frames[0].media_ms == pytest.approx(14_000, abs=200)
    assert frames[-1].media_ms == pytest.approx(1_000 * SECONDS, abs=200)
