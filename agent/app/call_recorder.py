"""Records what a customer sends, as it was encoded, for those who agreed to that and while they do, and nobody else."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.app.agreement import Agreement
from agent.app.recording_room import RecordingRoom
from agent.app.rooms import Rooms
from agent.core.clock import NS_PER_US, Clock
from agent.core.consent import Consent, Purpose
from agent.core.recorded import Kind, RecordedFrame, RecordedTrack
from agent.core.sentences import tell
from agent.media.muxing import RECORDABLE
from agent.media.peer import Peer
from agent.media.reassembly import starts_keyframe
from agent.media.relay import Relay
from agent.storage.calls import CallStore
from agent.storage.recordings import KINDS, RecordingFile

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
MOST_WAITING_BYTES = 8 * 2**20
"""That a disk may be behind with a call: half a minute of picture and sound."""
CLOSE_WITHIN_S = 2.0
"""A call that ends waits no longer for the disk."""


class MediaRecorder:
    """Of one call. Belongs to the event loop. `run` records; `follow` is told of each change of consent.

    Whatever the disk does, the call does not notice: a recording that it cannot take ends, and `fault` says why.
    """

    def __init__(
        self,
        call_id: str,
        consent: Callable[[], Consent],
        relays: Mapping[str, Relay],
        codecs: Mapping[str, RTCRtpCodecParameters],
        room: RecordingRoom,
        store: CallStore,
        clock: Clock,
        on_change: Callable[[], None],
    ) -> None:
        """`relays` pass on what the customer sends, in `codecs`; `consent` gives the one that is in force; `on_change`
        is told when `recording` or `fault` have changed."""
        self.recording = False
        """Whether frames that come now are kept."""
        self.fault: str | None = None
        self._call_id = call_id
        self._consent = consent
        self._relays = relays
        self._tracks: dict[Kind, RecordedTrack] = {
            kind: RecordedTrack(codec=codecs[kind].mimeType, clock_hz=codecs[kind].clockRate)
            for kind in KINDS
            if kind in relays
        }
        self._room = room
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._changed = asyncio.Event()
        self._file: RecordingFile | None = None
        """The last recording that there is."""
        self._taken_back = False
        """Whether that is to be deleted, as it was not agreed to meanwhile."""
        self._began_ns = 0
        self._frames: list[RecordedFrame] = []
        self._waiting_bytes = 0
        self._lacks_keyframe = True

    @property
    def records(self) -> bool:
        """Whether what the customer sends is recorded, or will be in a moment."""
        return self._allowed and self.fault is None

    @property
    def _allowed(self) -> bool:
        return self._consent().allows(Purpose.RECORDING)

    def follow(self) -> None:
        """The customer agrees to something else from now on. A recording that is no longer agreed to ends here."""
        if not self._allowed:
            self._taken_back = self._file is not None
            self._frames.clear()
            self._stand(recording=False, fault=None)
        self._changed.set()

    async def run(self) -> None:
        """Records whenever that is agreed to, until cancelled."""
        try:
            while True:
                self._changed.clear()
                if self._taken_back:
                    await self._delete()
                elif self.records:
                    await self._record()
                else:
                    await self._changed.wait()
        finally:
            if self._taken_back:
                await self._delete()

    async def _record(self) -> None:
        """One recording, which ends with the call, the consent, or the disk."""
        if foreign := [track.codec for track in self._tracks.values() if track.codec.lower() not in RECORDABLE]:
            self._stand(recording=False, fault=tell("not_recorded", tracks=tuple(foreign)))
            return
        self._file = file = self._room.begin(self._call_id, self._tracks)
        self._store.record_recording(self._call_id, file.name, file.key)
        self._began_ns, self._lacks_keyframe = self._clock.now_ns(), True
        self._listen()
        self._stand(recording=True, fault=None)
        try:
            while self.recording:
                with suppress(TimeoutError):
                    async with asyncio.timeout(WRITE_EVERY_S):
                        await self._changed.wait()
                self._changed.clear()
                if self.recording:
                    await self._room.run(partial(file.write, self._taken()))
        except OSError as fault:
            self._fail(tell("disk_refuses", error=str(fault.strerror)))
        finally:
            await self._end(file)

    async def _end(self, file: RecordingFile) -> None:
        self.recording = False
        for relay in self._relays.values():
            relay.listener = None
        if not self._taken_back:
            await self._wait_for(partial(file.finish, self._taken()) if self.fault is None else file.break_off)

    async def _delete(self) -> None:
        """Takes the recording away that is not agreed to any more."""
        file, self._file, self._taken_back = self._file, None, False
        if file is not None:
            await self._wait_for(partial(_deleted, file, self._call_id))

    async def _wait_for(self, work: Callable[[], None]) -> None:
        """As long as a call can bear; it is done all the same."""
        working = self._room.run(work)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await asyncio.shield(working)

    def _listen(self) -> None:
        for kind in self._tracks:
            self._relays[kind].listener = partial(self._take, kind)
        if "video" in self._relays:
            self._relays["video"].ask_for_keyframe()

    def _take(self, kind: Kind, data: bytes, timestamp: int) -> None:
        """Takes a frame as it comes; a picture that builds on one from before cannot be seen, and is left out."""
        if not self.recording or not self._allowed:
            return
        if kind == "video" and self._lacks_keyframe:
            if not starts_keyframe(data):
                self._relays[kind].ask_for_keyframe()
                return
            self._lacks_keyframe = False
        if self._waiting_bytes > MOST_WAITING_BYTES:
            self._fail("the disk is too slow")
            return
        arrived_us = (self._clock.now_ns() - self._began_ns) // NS_PER_US
        self._frames.append(RecordedFrame(kind=kind, timestamp=timestamp, arrived_us=arrived_us, data=data))
        self._waiting_bytes += len(data)

    def _taken(self) -> list[RecordedFrame]:
        """What has come since the last time, as far as it is agreed to."""
        frames, self._frames, self._waiting_bytes = self._frames, [], 0
        return frames if self._allowed else []

    def _fail(self, fault: str) -> None:
        log.warning("call %s: the recording ends, as %s", self._call_id, fault)
        self._frames.clear()
        self._stand(recording=False, fault=fault)
        self._changed.set()

    def _stand(self, *, recording: bool, fault: str | None) -> None:
        if (recording, fault) != (self.recording, self.fault):
            self.recording, self.fault = recording, fault
            self._on_change()


def recorder_for(
    call_id: str, agreement: Agreement, peer: Peer, rooms: Rooms, on_change: Callable[[], None]
) -> MediaRecorder | None:
    """Of what the customer of a call sends; None where the notice did not ask whether that may be recorded."""
    if rooms.recordings is None or Purpose.RECORDING not in agreement.consent.asked:
        return None
    return MediaRecorder(
        call_id,
        lambda: agreement.consent,
        peer.relays,
        peer.codecs,
        rooms.recordings,
        rooms.store,
        rooms.clock,
        on_change,
    )


def _deleted(file: RecordingFile, call_id: str) -> None:
    try:
        file.delete()
    except OSError as fault:
        log.error("call %s: its recording cannot be deleted (%s); the daily job tries again", call_id, fault.strerror)
