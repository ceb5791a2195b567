"""A recording is read as it was written; what was altered, moved, taken out or cut off is noticed."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.errors import StoreError
from agent.core.recorded import RecordedFrame, RecordedTrack, Tracks
from agent.core.settings import REPOSITORY
from agent.storage import recordings
from agent.storage.recordings import MARK, RecordingFile, RecordingReader

CALL = "c1"
TRACKS: Tracks = {
    "video": RecordedTrack(codec="video/VP8", clock_hz=90_000),
    "audio": RecordedTrack(codec="audio/opus", clock_hz=48_000),
}
WORD = b"zanzibar"


def frames(second: int) -> list[RecordedFrame]:
    """Two of each second: a picture and a packet of sound."""
    return [
        RecordedFrame(kind="video", timestamp=second * 90_000, arrived_us=second * 1_000_000, data=WORD * 5),
        RecordedFrame(kind="audio", timestamp=second * 48_000, arrived_us=second * 1_000_000 + 7, data=b"o"),
    ]


def recorded(folder: Path, seconds: int) -> RecordingFile:
    file = RecordingFile(folder, CALL, TRACKS)
    for second in range(seconds):
        file.write(frames(second))
    file.finish()
    return file


def read(file: RecordingFile, path: Path, call_id: str = CALL) -> tuple[list[RecordedFrame | None], RecordingReader]:
    reader = RecordingReader(path, call_id, file.key)
    return list(reader.frames()), reader


def pieces(path: Path) -> list[bytes]:
    """What follows the mark, piece by piece."""
    data, parts = path.read_bytes()[len(MARK) :], []
    while data:
        end = 8 + int.from_bytes(data[4:8], "big")
        parts.append(data[:end])
        data = data[end:]
    return parts


def put(path: Path, parts: Sequence[bytes]) -> None:
    path.write_bytes(MARK + b"".join(parts))


def test_what_was_written_is_read_and_tells_nothing_by_itself(tmp_path: Path) -> None:
    """Every frame with its times; on the disk there is neither a byte of it nor anybody else who may read."""
    file = recorded(tmp_path / "new" / "folder", 3)
    path = tmp_path / "new" / "folder" / file.name
    found, reader = read(file, path)
    assert found == [frame for second in range(3) for frame in frames(second)]
    assert (reader.tracks, reader.broken, reader.whole) == (TRACKS, 0, True)
    assert WORD not in path.read_bytes() and b"video" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    """And no folder either."""
    folder = tmp_path / "recordings"
    RecordingFile(folder, CALL, TRACKS).finish()
    assert not folder.exists()


@settings(deadline=None)
@given(cut=st.integers(0, 400))
def test_any_cut_is_noticed_and_leaves_the_whole_pieces_before_it(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As a process that is killed leaves it: what is whole is read, in order, and the end is said to be missing."""
    folder = tmp_path_factory.mktemp("cut")
    file = recorded(folder, 3)
    path = folder / file.name
    parts, size = pieces(path), path.stat().st_size
    os.truncate(path, max(len(MARK) + len(parts[0]), size - 1 - cut))
    found, reader = read(file, path)
    whole = (path.stat().st_size - len(MARK) - len(parts[0])) // len(parts[1])
    assert found == [frame for second in range(min(3, whole)) for frame in frames(second)]
    assert (reader.broken, reader.whole) == (0, False)


KILLED = """
import os, signal
from pathlib import Path
from tests.storage.test_recordings import CALL, TRACKS, RecordingFile, frames
file = RecordingFile(Path("."), CALL, TRACKS)
for second in range(3):
    file.write(frames(second))
print(file.name, file.key.hex(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_leaves_what_it_wrote(tmp_path: Path) -> None:
    """Every whole piece, without an end."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    name, key = killed.stdout.decode().split()
    reader = RecordingReader(tmp_path / name, CALL, bytes.fromhex(key))
    assert list(reader.frames()) == [frame for second in range(3) for frame in frames(second)]
    assert (reader.broken, reader.whole) == (0, False)


@settings(deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Wherever it is, nothing is read that was not written: it is refused, said to be broken, or said to be cut off."""
    folder = tmp_path_factory.mktemp("changed")
    file = recorded(folder, 2)
    path = folder / file.name
    altered = bytearray(path.read_bytes())
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(altered)
    try:
        found, reader = read(file, path)
    except StoreError:
        return
    assert reader.broken or not reader.whole
    assert set(filter(None, found)) <= {frame for second in range(2) for frame in frames(second)}


@pytest.mark.parametrize(
    ("order", "seconds", "broken"),
    [
        ((0, 2, 1, 3, 4), [None, 1, None, 2], 2),
        ((0, 1, 3, 4), [0, None, 2], 1),
        ((0, 1, 1, 2, 3, 4), [0, None, 1, 2], 1),
        ((0, 3, 4), [None, 2], 2),
    ],
)
def test_pieces_that_are_swapped_taken_out_or_repeated_are_counted(
    tmp_path: Path, order: Sequence[int], seconds: Sequence[int | None], broken: int
) -> None:
    """What stands where it belongs is read all the same."""
    file = recorded(tmp_path, 3)
    parts = pieces(tmp_path / file.name)
    put(tmp_path / file.name, [parts[place] for place in order])
    found, reader = read(file, tmp_path / file.name)
    assert found == [frame for second in seconds for frame in ([None] if second is None else frames(second))]
    assert (reader.broken, reader.whole) == (broken, True)


def test_a_piece_of_another_recording_is_none_of_this_one(tmp_path: Path) -> None:
    """Not even with the same key, as it belongs to another call or file."""
    file, other = recorded(tmp_path, 2), recorded(tmp_path, 2)
    path = tmp_path / file.name
    put(path, [*pieces(path)[:2], pieces(tmp_path / other.name)[2], pieces(path)[3]])
    found, reader = read(file, path)
    assert (found, reader.broken) == ([*frames(0), None], 1)
    for key_of, call_id in ((file, "c2"), (other, CALL)):
        with pytest.raises(StoreError, match="another's"):
            read(key_of, path, call_id)
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        read(file, tmp_path / "gone")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(StoreError, match="no recording"):
        read(file, tmp_path / "text")


def test_a_disk_with_too_little_room_ends_it_and_what_was_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so; the frames of before are whole."""
    file = RecordingFile(tmp_path, CALL, TRACKS, leave_bytes=2**20)
    file.write(frames(0))
    monkeypatch.setattr("agent.storage.recordings.shutil.disk_usage", lambda folder: SimpleNamespace(free=2**20 - 1))
    with pytest.raises(OSError, match="too little room") as full:
        file.write(frames(1))
    assert full.value.errno == errno.ENOSPC
    file.break_off()
    found, reader = read(file, tmp_path / file.name)
    assert (found, reader.whole) == (frames(0), False)


def test_a_write_that_fails_in_the_middle_leaves_no_half_piece(tmp_path: Path) -> None:
    """A full disk: the file ends with its last whole piece, and is ended without an error."""
    file = RecordingFile(tmp_path, CALL, TRACKS)
    file.write(frames(0))
    path = tmp_path / file.name
    before, limits = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.write(frames(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.stat().st_size == before
    file.finish(frames(2))
    found, reader = read(file, path)
    assert (found, reader.broken, reader.whole) == ([*frames(0), *frames(2)], 0, True)


def test_one_that_was_deleted_is_not_written_again(tmp_path: Path) -> None:
    """Neither by who deletes it nor behind the back of who writes it."""
    file = RecordingFile(tmp_path, CALL, TRACKS)
    file.write(frames(0))
    file.delete()
    file.write(frames(1))
    file.finish(frames(2))
    assert recordings.names(tmp_path) == ()
    erased = RecordingFile(tmp_path, CALL, TRACKS)
    erased.write(frames(0))
    assert recordings.erase(tmp_path, {CALL}) == 1
    with pytest.raises(FileNotFoundError):
        erased.write(frames(1))
    erased.break_off()
    assert recordings.names(tmp_path) == ()


def test_those_of_a_call_are_erased_and_no_others(tmp_path: Path) -> None:
    """Also of a call whose id begins alike; strays go once they have lain for a while."""
    other = RecordingFile(tmp_path, f"{CALL}.1", TRACKS)
    other.write(frames(0))
    other.finish()
    recorded(tmp_path, 1), recorded(tmp_path, 1)
    assert recordings.erase(tmp_path, {CALL, "c3"}) == 2
    assert recordings.names(tmp_path) == (other.name,)
    assert recordings.call_of(other.name) == f"{CALL}.1"
    written_s = (tmp_path / other.name).stat().st_mtime
    assert recordings.erase_strays(tmp_path, {other.name}, before=written_s + 1) == 0
    assert recordings.erase_strays(tmp_path, set(), before=written_s - 1) == 0
    assert recordings.erase_strays(tmp_path, set(), before=written_s + 1) == 1
    assert recordings.erase(tmp_path / "nowhere", {CALL}) == 0
