"""Times each frame's way from its first packet through the decoder, and counts the frames that come to nothing."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.frame import Frame

from agent.core.types import Passage

PASSAGES_KEPT = 256


@dataclass(slots=True)
class DecodedCounts:
    """Written by one decoder's thread; `taken` is written last, so that a reader never sees a frame undecoded that
    has its picture."""

    taken: int = 0
    """Frames that the decoder was given, and is done with."""
    pictures: int = 0


@dataclass(slots=True)
class TrackedFrame:
    """A whole frame on its way through a decoder, as aiortc's decoders take it."""

    data: bytes
    timestamp: int
    """RTP time, running on where 32 bits wrap; becomes `pts`."""
    first_packet_ns: int
    whole_ns: int
    counts: DecodedCounts
    decode_began_ns: int = 0
    decoded_ns: int = 0

    def passage(self) -> Passage:
        """How it came. Only once it is decoded."""
        return Passage(
            first_packet_ns=self.first_packet_ns,
            whole_ns=self.whole_ns,
            decode_began_ns=self.decode_began_ns,
            decoded_ns=self.decoded_ns,
        )


class TimedDecoder(Decoder):
    """aiortc's decoder of a codec, for `TrackedFrame`s."""

    def __init__(self, codec: RTCRtpCodecParameters) -> None:
        self._decoder = get_decoder(codec)

    def decode(self, encoded_frame: Any) -> list[Frame]:
        """The frame's pictures or sound, mostly one. Raises what the codec raises for broken data."""
        frame: TrackedFrame = encoded_frame
        decoded: list[Frame] = []
        frame.decode_began_ns = time.monotonic_ns()
        try:
            decoded = self._decoder.decode(encoded_frame)
        finally:
            frame.decoded_ns = time.monotonic_ns()
            frame.data = b""
            frame.counts.pictures += len(decoded)
            frame.counts.taken += 1
        return decoded


class Arrivals:
    """When the first packet of each frame came, by RTP time, and then the frame itself; the latest are kept."""

    def __init__(self) -> None:
        self._first_ns: OrderedDict[int, int] = OrderedDict()
        self._frames: OrderedDict[int, TrackedFrame] = OrderedDict()

    def packet(self, timestamp: int, now_ns: int) -> None:
        """A packet of the frame at this RTP time (32 bits) came."""
        self._first_ns.setdefault(timestamp, now_ns)
        if len(self._first_ns) > PASSAGES_KEPT:
            self._first_ns.popitem(last=False)

    def first_ns(self, timestamp: int, now_ns: int) -> int:
        """When its first packet came, as far as is remembered; forgets it."""
        return self._first_ns.pop(timestamp, now_ns)

    def keep(self, frame: TrackedFrame) -> None:
        self._frames[frame.timestamp] = frame
        if len(self._frames) > PASSAGES_KEPT:
            self._frames.popitem(last=False)

    def frame(self, pts: int) -> TrackedFrame | None:
        """The frame of this `pts`, if it is one of the last."""
        return self._frames.get(pts)
