"""What is recorded of a call: the customer's frames as they were sent, and what they are encoded in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

Kind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFrame:
    """One whole encoded frame: a picture, or a packet of sound."""

    kind: Kind
    timestamp: int
    """RTP time in ticks of its track's clock, running on where 32 bits wrap and from one connection to the next."""
    arrived_us: int
    """When it was whole, since the recording began. Times of two tracks are comparable by this alone."""
    data: bytes


class RecordedTrack(msgspec.Struct, frozen=True, kw_only=True):
    codec: str
    """As SDP names it, such as video/VP8."""
    clock_hz: int
    """Of its RTP times."""


Tracks = Mapping[Kind, RecordedTrack]
