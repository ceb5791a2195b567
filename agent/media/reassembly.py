"""Puts RTP packets back together into frames without ever waiting longer than a live conversation can bear."""

import re
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from agent.media.rollover import RunningCounter

REPAIR_S = 0.15
"""How long a hole in the picture may hold up what follows: enough for a NACK and its answer on most paths."""
ASK_AGAIN_S = 0.4
"""A request for a keyframe is repeated after this long, as it may be lost like any packet."""
PATIENCE_S = 2.0
"""A sender that has not sent a keyframe by then ignores requests: whatever comes is better than a still picture."""
REORDER_S = 0.06
"""How long a hole in the sound may hold up what follows: three packets of 20 ms."""
REORDER_PACKETS = 3
NACK_AGAIN_S = 0.04
NACK_LIMIT = 128
"""Packets further back than this are not asked for: senders keep about as many (aiortc's RTP_HISTORY_SIZE)."""
RESTART_DISTANCE = 3_000
"""A jump of this many sequence numbers is another stream, not a loss."""
HELD_LIMIT = 1_024
"""Packets held while a keyframe is awaited."""
GIVEN_UP_KEPT = 64
"""Frames that were given up are remembered for as long as stragglers of theirs may come."""

_H264_PARAMETERS = re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67]")
"""A sequence parameter set, without which a decoder cannot begin; WebRTC senders put one before every IDR picture."""


class Packet(Protocol):
    """What is used of an RTP packet; `_data` is its payload without the codec's own header."""

    sequence_number: int
    timestamp: int
    payload_type: int
    ssrc: int
    marker: int
    _data: bytes


@dataclass(slots=True, kw_only=True)
class EncodedFrame:
    """One complete frame as a decoder takes it."""

    data: bytes
    timestamp: int
    """RTP time of the frame, as sent: 32 bits."""
    payload_type: int


@dataclass(slots=True)
class AssemblyCounts:
    frames: int = 0
    frames_skipped: int = 0
    """Frames given up because part of them, or of what they build on, never came."""
    keyframes_requested: int = 0
    packets_late: int = 0
    """Packets that came after their place had been passed, and duplicates."""


class Assembler(ABC):
    """What picture and sound have in common: packets by running sequence number, and where the next frame begins.

    `add` has the signature of aiortc's JitterBuffer, but the frames wait in `ready`, as one packet can complete many.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.ready: deque[EncodedFrame] = deque()
        self.counts = AssemblyCounts()
        self._now_s = now_s
        self._held: dict[int, Packet] = {}
        self._next: int | None = None
        self._hole_since_s: float | None = None
        self._ssrc: int | None = None
        self._sequence = RunningCounter(16)

    @abstractmethod
    def add(self, packet: Packet) -> tuple[bool, None]:
        """Takes one packet; True when the sender must be asked for a keyframe."""

    def _place(self, packet: Packet) -> int | None:
        """Running sequence number of `packet`, or None when it comes too late; a new stream starts all over."""
        sequence = self._sequence.extend(packet.sequence_number)
        if self._next is not None and abs(sequence - self._next) > RESTART_DISTANCE or packet.ssrc != self._ssrc:
            self._ssrc = packet.ssrc
            self._sequence = RunningCounter(16)
            self._restart()
            return self._sequence.extend(packet.sequence_number)
        if self._next is not None and sequence < self._next or sequence in self._held:
            self.counts.packets_late += 1
            return None
        return sequence

    def _restart(self) -> None:
        self._held.clear()
        self._next = None
        self._hole_since_s = None

    def _emit(self, packets: Iterable[Packet]) -> None:
        packets = list(packets)
        data = b"".join(packet._data for packet in packets)
        if data:
            self.counts.frames += 1
            first = packets[0]
            self.ready.append(EncodedFrame(data=data, timestamp=first.timestamp, payload_type=first.payload_type))


class AudioAssembler(Assembler):
    """Releases each packet as it comes; a hole holds up what follows for `REORDER_S`, then it is passed over.

    Nothing is prefetched: the listener is a program, which needs sound early, not evenly.
    """

    def add(self, packet: Packet) -> tuple[bool, None]:
        sequence = self._place(packet)
        if sequence is None:
            return False, None
        if self._next is None:
            self._next = sequence
        self._held[sequence] = packet
        self._release()
        if not self._held:
            self._hole_since_s = None
            return False, None
        now_s = self._now_s()
        if self._hole_since_s is None:
            self._hole_since_s = now_s
        if len(self._held) > REORDER_PACKETS or now_s - self._hole_since_s >= REORDER_S:
            first_held = min(self._held)
            self.counts.frames_skipped += first_held - self._next
            self._next = first_held
            self._release()
            self._hole_since_s = now_s if self._held else None
        return False, None

    def _release(self) -> None:
        assert self._next is not None
        while (packet := self._held.pop(self._next, None)) is not None:
            self._next += 1
            self._emit([packet])


class VideoAssembler(Assembler):
    """Releases a frame with its last packet (RTP marker), and never waits long for one that cannot come.

    A hole is left to NACK for `REPAIR_S`; then everything up to the next keyframe is skipped, because frames that
    build on a lost one decode to a smeared face, which must not be read.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__(now_s)
        self._seeking_since_s: float | None = None
        self._ask_at_s = 0.0
        self._given_up: deque[int] = deque(maxlen=GIVEN_UP_KEPT)
        """RTP times of the frames given up last."""

    def add(self, packet: Packet) -> tuple[bool, None]:
        sequence = self._place(packet)
        if sequence is None:
            return False, None
        now_s = self._now_s()
        self._held[sequence] = packet
        self._release()
        if (self._next is None or sequence > self._next) and starts_keyframe(packet._data):
            self._jump(sequence)
            self._release()
        if self._next is None:
            return self._seek(sequence, packet, now_s), None
        return self._watch_hole(now_s), None

    def skip_to_keyframe(self) -> None:
        """Gives up everything held; the next packet asks for a keyframe."""
        self._restart()
        self._seeking_since_s = self._now_s()
        self._ask_at_s = self._seeking_since_s

    def _release(self) -> None:
        """Emits every frame that is whole and has nothing missing before it."""
        if self._next is None:
            return
        frame: list[Packet] = []
        cursor = self._next
        while (packet := self._held.get(cursor)) is not None:
            if frame and packet.timestamp != frame[0].timestamp:
                self._finish(frame, cursor)
                frame = []
            frame.append(packet)
            cursor += 1
            if packet.marker:
                self._finish(frame, cursor)
                frame = []

    def _finish(self, frame: list[Packet], following: int) -> None:
        assert self._next is not None
        for sequence in range(self._next, following):
            del self._held[sequence]
        self._next = following
        self._hole_since_s = None
        self._emit(frame)

    def _watch_hole(self, now_s: float) -> bool:
        assert self._next is not None
        if not self._held or max(self._held) - self._next < len(self._held):
            self._hole_since_s = None
        elif self._hole_since_s is None:
            self._hole_since_s = now_s
        elif now_s - self._hole_since_s >= REPAIR_S:
            self.skip_to_keyframe()
            return self._ask(now_s)
        return False

    def _seek(self, sequence: int, packet: Packet, now_s: float) -> bool:
        """Waits for a keyframe, asks for one when it is time, and in the end takes what comes."""
        if self._seeking_since_s is None:
            self._seeking_since_s = now_s
        if packet.marker and now_s - self._seeking_since_s >= PATIENCE_S:
            self._jump(sequence + 1)
        elif len(self._held) > HELD_LIMIT:
            oldest = sorted(self._held)[: HELD_LIMIT // 2]
            self._give_up([self._held.pop(key) for key in oldest])
        return self._next is None and now_s >= self._ask_at_s and self._ask(now_s)

    def _jump(self, start: int) -> None:
        self._give_up(packet for sequence, packet in self._held.items() if sequence < start)
        self._held = {sequence: packet for sequence, packet in self._held.items() if sequence >= start}
        self._next = start
        self._hole_since_s = None
        self._seeking_since_s = None

    def _restart(self) -> None:
        self._give_up(self._held.values())
        super()._restart()

    def _give_up(self, packets: Iterable[Packet]) -> None:
        for timestamp in {packet.timestamp for packet in packets}.difference(self._given_up):
            self._given_up.append(timestamp)
            self.counts.frames_skipped += 1

    def _emit(self, packets: Iterable[Packet]) -> None:
        packets = list(packets)
        if packets[0].timestamp in self._given_up:
            self._given_up.remove(packets[0].timestamp)
            self.counts.frames_skipped -= 1
        super()._emit(packets)

    def _ask(self, now_s: float) -> bool:
        self._ask_at_s = now_s + ASK_AGAIN_S
        self.counts.keyframes_requested += 1
        return True


def starts_keyframe(data: bytes) -> bool:
    """Whether a depayloaded packet begins a frame that needs no other: VP8 (RFC 6386 section 9.1) or H.264 Annex B."""
    if data.startswith(b"\x00\x00\x00\x01"):
        return _H264_PARAMETERS.search(data, 0, 256) is not None
    return len(data) > 6 and not data[0] & 1 and data[3:6] == b"\x9d\x01\x2a"


class LossReporter:
    """Which packets to ask for again: at once, then every `NACK_AGAIN_S` until they come or no longer help.

    Has the interface of aiortc's NackGenerator, which asks once and never again.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._sequence = RunningCounter(16)
        self._highest: int | None = None
        self._missed_s: dict[int, float] = {}
        self._sent_s = 0.0

    @property
    def missing(self) -> set[int]:
        """Sequence numbers, 16 bits each, that are still worth asking for."""
        return {sequence & 0xFFFF for sequence in self._missed_s}

    def add(self, packet: Packet) -> bool:
        """Notes one packet; True when it is time to send a NACK for `missing`."""
        now_s = self._now_s()
        sequence = self._sequence.extend(packet.sequence_number)
        self._missed_s.pop(sequence, None)
        found = False
        if self._highest is not None and sequence > self._highest + 1:
            first = max(self._highest + 1, sequence - NACK_LIMIT)
            self._missed_s.update((missed, now_s) for missed in range(first, sequence))
            found = True
        self._highest = sequence if self._highest is None else max(self._highest, sequence)
        self._missed_s = {missed: since for missed, since in self._missed_s.items() if now_s - since < REPAIR_S}
        if not self._missed_s or not (found or now_s - self._sent_s >= NACK_AGAIN_S):
            return False
        self._sent_s = now_s
        return True
