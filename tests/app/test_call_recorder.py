"""A recorder takes what it is allowed to take, and no disk holds up or outlives what its customer agreed to."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.app import call_recorder
from agent.app.call_recorder import MediaRecorder
from agent.app.recording_room import RecordingRoom
from agent.core.clock import FakeClock
from agent.core.consent import Asked, Choice, Consent, Purpose, consent_for
from agent.core.recorded import RecordedFrame, Tracks
from agent.media.relay import Relay
from agent.storage.calls import CallStore
from agent.storage.recordings import RecordingFile, RecordingReader, names
from tests.serving import until

CALL = "call"
ASKED = Asked(recording=True)
AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=ASKED, extras=[Purpose.RECORDING])
REFUSED = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=ASKED)
KEYFRAME = b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00picture"
DELTA = b"\x11\x00\x00changes"


class Room(RecordingRoom):
    """Keeps the files that are begun, to be read; `slow` holds its disk up until it is set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, leave_bytes=0)
        self.folder = folder
        self.begun: list[RecordingFile] = []
        self.free = threading.Event()
        self.free.set()

    def begin(self, call_id: str, tracks: Tracks) -> RecordingFile:
        self.begun.append(super().begin(call_id, tracks))
        return self.begun[-1]

    def run(self, work: Callable[[], None]) -> "asyncio.Future[None]":
        def held_up() -> None:
            self.free.wait(10)
            work()

        return super().run(held_up)

    def read(self) -> list[bytes]:
        """Data of the frames of the only file."""
        [name] = names(self.folder)
        [file] = [file for file in self.begun if file.name == name]
        reader = RecordingReader(self.folder / name, CALL, file.key)
        return [frame.data for frame in reader.frames() if isinstance(frame, RecordedFrame)]


class Store:
    """Notes the recordings of which it is told."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def record_recording(self, call_id: str, file: str, key: bytes) -> None:
        assert call_id == CALL and len(key) == 32
        self.files.append(file)


class Line:
    """A call's line: what its customer sends, and what they agree to."""

    def __init__(self, room: Room, clock: FakeClock, consent: Consent, *, sound: str = "audio/opus") -> None:
        codecs = {
            "video": RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000),
            "audio": RTCRtpCodecParameters(mimeType=sound, clockRate=48_000),
        }
        self.keyframes_asked = 0
        self.consent = consent
        self.told: list[tuple[bool, str | None]] = []
        self.store = Store()
        self.relays = {kind: Relay(kind, codec.clockRate, self._asked) for kind, codec in codecs.items()}
        self.recorder = MediaRecorder(
            CALL, lambda: self.consent, self.relays, codecs, room, cast(CallStore, self.store), clock, self._changed
        )

    def send(self, picture: bytes = DELTA, sound: bytes = b"sound") -> None:
        self.relays["video"].put(picture, 0)
        self.relays["audio"].put(sound, 0)

    def agree(self, consent: Consent) -> None:
        self.consent = consent
        self.recorder.follow()

    def _asked(self) -> None:
        self.keyframes_asked += 1

    def _changed(self) -> None:
        self.told.append((self.recorder.recording, self.recorder.fault))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(call_recorder, "WRITE_EVERY_S", 0.01)
    monkeypatch.setattr(call_recorder, "CLOSE_WITHIN_S", 0.2)
    room = Room(tmp_path / "recordings")
    yield room
    room.free.set()
    room.close()


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[None]:
    """While the call goes on."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(line.recorder.run())
        await asyncio.sleep(0)
        yield
        task.cancel()


async def test_what_comes_is_kept_as_it_came_from_a_keyframe_on(room: Room, clock: FakeClock) -> None:
    """Sound at once; pictures that build on one from before are left out, and a keyframe is asked for."""
    line = Line(room, clock, AGREED)
    async with running(line):
        line.send(DELTA)
        line.send(KEYFRAME)
        await until(lambda: names(room.folder), 5, "a file")
        line.send(DELTA)
    assert line.keyframes_asked >= 1
    assert room.read() == [b"sound", KEYFRAME, b"sound", DELTA, b"sound"]
    assert line.store.files == [room.begun[0].name]
    assert line.told == [(True, None)]
    assert not any(relay.listener for relay in line.relays.values())


async def test_without_consent_no_writer_is_made(room: Room, clock: FakeClock) -> None:
    """Nobody listens either; nor once it was taken back."""
    line = Line(room, clock, REFUSED)
    async with running(line):
        line.send(KEYFRAME)
        line.agree(REFUSED)
        await asyncio.sleep(0.05)
        assert not any(relay.listener for relay in line.relays.values())
    assert (room.begun, line.store.files, line.told) == ([], [], [])
    assert not room.folder.exists()


async def test_what_is_taken_back_is_gone_also_if_it_is_agreed_to_again_at_once(room: Room, clock: FakeClock) -> None:
    """Frames that came before, or in between, are in neither recording."""
    line = Line(room, clock, AGREED)
    async with running(line):
        line.send(KEYFRAME, b"before")
        await until(lambda: names(room.folder), 5, "a file")
        line.agree(REFUSED)
        line.send(KEYFRAME, b"between")
        line.agree(AGREED)
        await until(lambda: len(room.begun) == 2, 5, "another recording")
        line.send(KEYFRAME, b"after")
    assert room.read() == [KEYFRAME, b"after"]
    assert line.told == [(True, None), (False, None), (True, None)]


async def test_a_call_that_ends_just_after_it_was_taken_back_leaves_nothing(room: Room, clock: FakeClock) -> None:
    """The customer presses stop and hangs up."""
    line = Line(room, clock, AGREED)
    async with running(line):
        line.send(KEYFRAME)
        await until(lambda: names(room.folder), 5, "a file")
        line.send(DELTA)
        line.agree(REFUSED)
    assert names(room.folder) == ()


async def test_a_disk_that_fails_ends_the_recording_and_says_so(room: Room, clock: FakeClock) -> None:
    """What was written stays, can be read, and goes when the customer takes it back; nothing is begun anew."""
    line = Line(room, clock, AGREED)
    async with running(line):
        line.send(KEYFRAME)
        await until(lambda: names(room.folder), 5, "a file")
        room.begun[0]._leave_bytes = 2**62
        line.send(DELTA)
        await until(lambda: line.recorder.fault, 5, "the fault is known")
        line.send(DELTA)
        await asyncio.sleep(0.05)
        assert line.told[-1] == (False, "the disk does not take it (too little room is left on the disk)")
        assert (room.read(), len(room.begun)) == ([KEYFRAME, b"sound"], 1)
        line.agree(REFUSED)
        await until(lambda: not names(room.folder), 5, "it is gone")
    assert [fault is None for _, fault in line.told] == [True, False, True]


async def test_a_disk_that_hangs_holds_up_neither_the_call_nor_its_end(
    room: Room, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Little waits in memory; the call ends while the disk hangs, and what was taken back goes when it does no more."""
    monkeypatch.setattr(call_recorder, "MOST_WAITING_BYTES", 10_000)
    line = Line(room, clock, AGREED)
    room.free.clear()
    async with running(line):
        line.send(KEYFRAME)
        await asyncio.sleep(0.05)
        for _ in range(100):
            line.send(DELTA, b"s" * 1_000)
        assert line.told[-1] == (False, "the disk is too slow")
        line.agree(REFUSED)
    assert names(room.folder) == ()
    room.free.set()
    room.close()
    assert names(room.folder) == ()


async def test_what_cannot_be_put_into_a_file_is_not_begun(room: Room, clock: FakeClock) -> None:
    """Better no recording than half of one, and the call's health says why."""
    line = Line(room, clock, AGREED, sound="audio/G722")
    async with running(line):
        line.send(KEYFRAME)
    assert (room.begun, line.told) == ([], [(False, "audio/G722 cannot be recorded")])
