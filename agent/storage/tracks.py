"""Landmark tracks: how the points of a customer's face and hands moved, small enough to keep some seconds in a row.

A run of frames is stored as whole numbers of 16 bits: the first frame of each part of the body as it is, every other as
the difference to the one before it, low and high bytes apart, deflated (RFC 1950). Whatever is packed is sealed, as it
tells a person from others.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import StoreError

POINT_SCALE = 2_048
"""Points are kept in parts of the picture's width and height: at 640 pixels a third of one."""
FORM = 1
Part = Literal["face", "left", "right"]
"""The customer's face, or their own left or right hand."""
Points = NDArray[np.int16]
"""(n, 2) x and y in parts of `POINT_SCALE` of the picture's width and height, read-only; n is 468 of a face and 21 of a
hand, in MediaPipe's topology. Depth is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFrame:
    """What was read of one camera frame. Of two hands of the same side the last one counts."""

    media_ms: float
    """On the call's media clock."""
    parts: Mapping[Part, Points]


class _Stream(msgspec.Struct, frozen=True, array_like=True):
    part: Part
    points: int
    frames: tuple[int, ...]
    """In which of the frames it was seen, by place."""


class _Head(msgspec.Struct, frozen=True, array_like=True):
    form: int
    scale: int
    media_ms: tuple[float, ...]
    streams: tuple[_Stream, ...]


def points_of(landmarks_px: NDArray[np.float32], width_px: int, height_px: int) -> Points:
    """Landmarks (n, 2 or more) in pixels of a frame as they are kept."""
    scale = np.array([POINT_SCALE / width_px, POINT_SCALE / height_px], np.float32)
    most = np.iinfo(np.int16).max
    points: Points = np.clip(np.rint(landmarks_px[:, :2] * scale), -most, most).astype(np.int16)
    points.setflags(write=False)
    return points


def packed(frames: Sequence[TrackedFrame]) -> bytes:
    """A run of frames in a few bytes. Takes milliseconds: call it in a thread."""
    streams, planes = [], []
    for part in get_args(Part):
        seen = [(place, frame.parts[part]) for place, frame in enumerate(frames) if part in frame.parts]
        if not seen:
            continue
        stacked = np.stack([points for _, points in seen])
        moved = np.diff(stacked, axis=0, prepend=np.zeros_like(stacked[:1]))
        # Neighbouring bytes are alike where a point's movement follows its own, and high bytes follow high bytes.
        by_point = np.ascontiguousarray(moved.transpose(1, 2, 0), "<i2")
        planes.append(by_point.view(np.uint8).reshape(-1, 2).T.tobytes())
        streams.append(_Stream(part=part, points=stacked.shape[1], frames=tuple(place for place, _ in seen)))
    head = _Head(FORM, POINT_SCALE, tuple(round(frame.media_ms, 1) for frame in frames), tuple(streams))
    encoded = msgspec.msgpack.encode(head)
    return zlib.compress(len(encoded).to_bytes(4, "little") + encoded + b"".join(planes))


def unpacked(body: bytes) -> list[TrackedFrame]:
    """The frames of `packed`, in order. Raises `StoreError` for anything else."""
    try:
        whole = zlib.decompress(body)
        size = 4 + int.from_bytes(whole[:4], "little")
        head = msgspec.msgpack.decode(whole[4:size], type=_Head)
        if head.form != FORM or head.scale != POINT_SCALE:
            raise ValueError(f"they are of form {head.form}")
        parts: list[dict[Part, Points]] = [{} for _ in head.media_ms]
        for part, place, points in _points(head, whole[size:]):
            parts[place][part] = points
    except (zlib.error, msgspec.MsgspecError, ValueError, IndexError) as fault:
        raise StoreError(f"kept landmarks cannot be read ({fault}); put back a backup") from None
    return [TrackedFrame(media_ms=at_ms, parts=seen) for at_ms, seen in zip(head.media_ms, parts, strict=True)]


def _points(head: _Head, planes: bytes) -> Iterator[tuple[Part, int, Points]]:
    """The points of each part in each frame, by its place."""
    begin = 0
    for stream in head.streams:
        shape = (stream.points, 2, len(stream.frames))
        end = begin + 2 * stream.points * 2 * len(stream.frames)
        plane = np.frombuffer(planes[begin:end], np.uint8).reshape(2, -1)
        moved = np.ascontiguousarray(plane.T).view("<i2").reshape(shape).transpose(2, 0, 1)
        stacked = np.cumsum(moved, axis=0, dtype=np.int16)
        stacked.setflags(write=False)
        for place, points in zip(stream.frames, stacked, strict=True):
            yield stream.part, place, points
        begin = end
