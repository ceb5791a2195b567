"""Passes encoded frames on as they came, from one connection's receiver to other connections' senders."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction

from aiortc import RTCRtpSender
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet
from av.stream import Stream

from agent.media.reassembly import starts_keyframe

BACKLOG_FRAMES = 60
"""Frames that may wait for a sender that cannot keep up; then it goes on with the next keyframe."""
KEYFRAME_EVERY_S = 0.5
"""Whoever sends the picture is asked for a keyframe no more often, however many viewers ask."""


class EncodedTrack(MediaStreamTrack):
    """Frames of one kind that were encoded elsewhere, for a sender that packs them as they are."""

    def __init__(self, kind: str, clock_hz: int, *, ask_for_keyframe: Callable[[], None] = lambda: None) -> None:
        """`clock_hz` is that of the codec's RTP times, which for G.722 is not the rate of its sound."""
        super().__init__()
        self._clock_hz = clock_hz
        self.kind = kind
        self.dropped = 0
        """Frames that were left out because the sender could not keep up, or had no keyframe to build them on."""
        self.ask_for_keyframe = ask_for_keyframe
        self.sent_pts: int | None = None
        """RTP time of the frame that a sender took last, as it was put."""
        self._backlog: deque[Packet[Stream]] = deque()
        self._arrived = asyncio.Event()
        self._needs_keyframe = kind == "video"

    def put(self, data: bytes, timestamp: int) -> None:
        """A whole frame and its RTP time, running on where 32 bits wrap. Never waits."""
        if self._needs_keyframe and not starts_keyframe(data):
            self.dropped += 1
            self.ask_for_keyframe()
            return
        self._needs_keyframe = False
        if len(self._backlog) >= BACKLOG_FRAMES:
            self.dropped += len(self._backlog) + 1
            self._backlog.clear()
            self._needs_keyframe = self.kind == "video"
            return
        packet = Packet(data)
        packet.pts, packet.time_base = timestamp, Fraction(1, self._clock_hz)
        self._backlog.append(packet)
        self._arrived.set()

    def feed(self, sender: RTCRtpSender) -> None:
        """Has `sender` send this track, and pass on the keyframe requests of whoever receives it."""
        sender.replaceTrack(self)
        sender._send_keyframe = self.ask_for_keyframe  # type: ignore[method-assign]

    async def recv(self) -> "Packet[Stream]":
        while not self._backlog:
            if self.readyState != "live":
                raise MediaStreamError
            self._arrived.clear()
            await self._arrived.wait()
        packet = self._backlog.popleft()
        self.sent_pts = packet.pts
        return packet

    def stop(self) -> None:
        super().stop()
        self._backlog.clear()
        self._arrived.set()


class Relay:
    """Gives each frame of one incoming track to every `EncodedTrack` that was opened on it and to its one listener, and
    to nobody else."""

    def __init__(self, kind: str, clock_hz: int, request_keyframe: Callable[[], None]) -> None:
        self.kind = kind
        self.listener: Callable[[bytes, int], None] | None = None
        """Told each frame and its RTP time as it comes; it must not wait."""
        self._clock_hz = clock_hz
        self._request = request_keyframe
        self._asked_s = -KEYFRAME_EVERY_S
        self._tracks: set[EncodedTrack] = set()

    def open(self) -> EncodedTrack:
        """A track of what comes from now on; a picture begins with the next keyframe, which is asked for."""
        track = EncodedTrack(self.kind, self._clock_hz, ask_for_keyframe=self.ask_for_keyframe)
        self._tracks.add(track)
        if self.kind == "video":
            self.ask_for_keyframe()
        return track

    def close(self, track: EncodedTrack) -> None:
        track.stop()
        self._tracks.discard(track)

    def put(self, data: bytes, timestamp: int) -> None:
        for track in self._tracks:
            track.put(data, timestamp)
        if self.listener is not None:
            self.listener(data, timestamp)

    def ask_for_keyframe(self) -> None:
        """Asks whoever sends, unless that was done a moment ago: their keyframe is for all."""
        now_s = time.monotonic()
        if now_s - self._asked_s >= KEYFRAME_EVERY_S:
            self._asked_s = now_s
            self._request()
