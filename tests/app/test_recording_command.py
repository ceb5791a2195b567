"""`agent recording` writes what can be read of a recording, says what cannot, and notes that it was taken out."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import av
import msgspec
import pytest
from sqlalchemy import delete
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.app.kept_data import opened_kept_data
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import Asked, Choice, Purpose, consent_for
from agent.core.errors import AgentError, NotMedia, StoreError
from agent.core.lifecycle import EndReason
from agent.core.recorded import Tracks
from agent.core.settings import Settings
from agent.storage import tables
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.recordings import RecordingFile, recordings_folder
from tests.media.test_muxing import FPS, H264, SECONDS, VP8, recorded
from tests.storage.test_recordings import pieces, put

CALL = "c1"
AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=Asked(recording=True), extras=[Purpose.RECORDING])
Kept = Callable[[Tracks, str], Path]


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Kept:
    """Keeps a call with a recording, a piece of it a second, in these tracks and of this encoder; tells its file."""
    monkeypatch.chdir(tmp_path)
    storage = Settings().storage

    async def archive(file: RecordingFile) -> None:
        async with CallStore.opened(storage, await open_keyring(storage), clock) as store:
            store.record_call_started(CALL, AGREED, clock.wall_ns() / NS_PER_S)
            store.record_recording(CALL, file.name, file.key)
            store.record_call_ended(CALL, EndReason.CUSTOMER_LEFT)

    def kept(tracks: Tracks, encoder: str) -> Path:
        file = RecordingFile(recordings_folder(storage), CALL, tracks)
        for second in range(SECONDS):
            file.write([frame for frame in recorded(encoder) if frame.arrived_us // 1_000_000 == second])
        file.finish()
        asyncio.run(archive(file))
        return recordings_folder(storage) / file.name

    return kept


def take_out(out: str = "call.webm", *arguments: str) -> Result:
    return CliRunner().invoke(build_app(["recording"]), ["recording", CALL, "--out", out, *arguments])


def pictures(path: str) -> int:
    with av.open(path) as file:
        return sum(1 for _ in file.decode(video=0))


def test_a_recording_becomes_a_file_for_its_owner_alone_and_that_is_on_record(keep: Kept) -> None:
    """Whole, and not encoded again; the audit log names the call."""
    keep(VP8, "libvpx")
    answer = msgspec.json.decode(take_out("call.webm", "--json").stdout)
    assert (answer["broken"], answer["whole"], answer["frames"]["video"]) == (0, True, SECONDS * FPS)
    assert pictures("call.webm") == SECONDS * FPS
    assert Path("call.webm").stat().st_mode & 0o777 == 0o600

    async def deeds() -> list[tuple[str, str]]:
        async with opened_kept_data(Settings()) as kept:
            return [(entry.action, entry.subject) async for entry in kept.audit.entries()]

    assert asyncio.run(deeds()) == [("recording.exported", CALL)]


def test_what_is_left_of_a_damaged_one_is_written_and_how_much_is_said(keep: Kept) -> None:
    """A piece in the middle is broken, and the end is cut off."""
    path = keep(VP8, "libvpx")
    head, first, second, third, _ = pieces(path)
    put(path, [head, first, second[:-1] + bytes([second[-1] ^ 1]), third])
    said = take_out().stdout
    assert "left out: 1 of its pieces" in said and "its end is missing" in said
    assert pictures("call.webm") == (SECONDS - 1) * FPS


def test_h264_goes_into_files_that_can_hold_it(keep: Kept) -> None:
    """WebM cannot, which is said with what can, and leaves what was there; what is replaced is its owner's alone."""
    keep(H264, "libx264")
    for name in ("call.webm", "call.mp4"):
        Path(name).write_text("notes of somebody")
        Path(name).chmod(0o644)
    assert isinstance(error := take_out().exception, NotMedia) and "call.webm cannot" in str(error)
    assert ".mkv or .mp4" in str(error) and Path("call.webm").read_text() == "notes of somebody"
    assert take_out("call.mp4").exit_code == 0
    assert pictures("call.mp4") == SECONDS * FPS
    assert Path("call.mp4").stat().st_mode & 0o777 == 0o600


async def _without(*names: str) -> None:
    async with opened_kept_data(Settings()) as kept, kept.engine.begin() as connection:
        for name in names:
            await connection.execute(delete(tables.metadata.tables[name]))


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        ("recordings", f"no recording of call '{CALL}'"),
        ("call_keys", "no data key"),
        ("file", "storage.recordings of the machine that carried the call"),
    ],
)
def test_what_is_gone_is_said_and_nothing_is_written(keep: Kept, gone: str, says: str) -> None:
    """The row, the key of the call, or the file."""
    path = keep(VP8, "libvpx")
    if gone == "file":
        path.unlink()
    else:
        asyncio.run(_without(gone))
    error = take_out().exception
    assert isinstance(error, AgentError if gone == "recordings" else StoreError) and says in str(error)
    assert not Path("call.webm").exists()
