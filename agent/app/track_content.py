"""Puts points of face and hands into the form in which a page draws them."""

import zlib
from collections.abc import Sequence

import msgspec

from agent.storage.tracks import POINT_SCALE, TrackedFrame
from agent.transport.history_messages import TrackedPart, TracksFrame, TracksHead

SIZE_BYTES = 4
"""Of the head's length."""


def track_content(frames: Sequence[TrackedFrame]) -> bytes:
    """As `agent.transport.history.PastCalls.tracks` tells it. Takes milliseconds: call it in a thread."""
    head = msgspec.json.encode(
        TracksHead(
            scale=POINT_SCALE,
            frames=tuple(
                TracksFrame(
                    media_ms=frame.media_ms,
                    parts=tuple(TrackedPart(part=part, points=len(points)) for part, points in frame.parts.items()),
                )
                for frame in frames
            ),
        )
    )
    # Whole words of the points begin at an even place, as pages read them where they lie.
    head += b" " * (-len(head) % 2)
    points = b"".join(points.astype("<i2").tobytes() for frame in frames for points in frame.parts.values())
    return zlib.compress(len(head).to_bytes(SIZE_BYTES, "little") + head + points, level=1)
