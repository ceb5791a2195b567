"""Times each frame's way from its first packet through the decoder, and counts the frames that come to nothing."""

import errno
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import av
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.codecs.h264 import H264Decoder
from aiortc.codecs.vpx import Vp8Decoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.frame import Frame

from agent.core.types import Passage

PASSAGES_KEPT = 256
PIXELS_LIMIT = 4096 * 2304
"""Of a picture; a frame that says it is larger is not decoded. Its header alone would have the decoder ask for half a
gigabyte."""
_VP8_START = b"\x9d\x01\x2a"


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
        if isinstance(self._decoder, H264Decoder):
            self._decoder.codec.options = {"max_pixels": str(PIXELS_LIMIT)}

    def decode(self, encoded_frame: Any) -> list[Frame]:
        """The frame's pictures or sound, mostly one. Raises what the codec raises for broken data, and
        `av.InvalidDataError` for a picture of more than `PIXELS_LIMIT`."""
        frame: TrackedFrame = encoded_frame
        decoded: list[Frame] = []
        frame.decode_began_ns = time.monotonic_ns()
        try:
            if isinstance(self._decoder, Vp8Decoder) and vp8_pixels(frame.data) > PIXELS_LIMIT:
                raise av.InvalidDataError(errno.EINVAL, "a picture that large is not decoded")
            decoded = self._decoder.decode(encoded_frame)
        finally:
            frame.decoded_ns = time.monotonic_ns()
            frame.data = b""
            frame.counts.pictures += len(decoded)
            frame.counts.taken += 1
        return decoded


def vp8_pixels(data: bytes) -> int:
    """How many a keyframe says it has (RFC 6386, section 9.1); 0 for a frame that goes by an earlier one."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != _VP8_START:
        return 0
    width_px, height_px = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width_px * height_px


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
