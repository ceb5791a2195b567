"""Landmark tracks: packed small, unpacked as they were."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agent.core.errors import StoreError
from agent.storage.tracks import POINT_SCALE, Part, Points, TrackedFrame, packed, points_of, unpacked

COUNT = 5


def frames_of(drawn: Sequence[dict[Part, Points]]) -> list[TrackedFrame]:
    return [TrackedFrame(media_ms=100.0 * place, parts=parts) for place, parts in enumerate(drawn)]


PARTS = st.dictionaries(st.sampled_from(get_args(Part)), arrays(np.int16, (COUNT, 2)), max_size=3)


@given(st.lists(PARTS, max_size=8))
def test_any_movement_comes_back_as_it_was(drawn: list[dict[Part, Points]]) -> None:
    """Whatever parts are seen in whichever frames, and however far they jump, every point is the same again."""
    frames = frames_of(drawn)
    back = unpacked(packed(frames))
    assert [frame.media_ms for frame in back] == [frame.media_ms for frame in frames]
    for frame, other in zip(frames, back, strict=True):
        assert frame.parts.keys() == other.parts.keys()
        assert all(np.array_equal(points, other.parts[part]) for part, points in frame.parts.items())
        assert not any(points.flags.writeable for points in other.parts.values())


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(body: bytes) -> None:
    """What was not packed here is an error that says so, and nothing else."""
    with pytest.raises(StoreError, match="landmarks cannot be read"):
        unpacked(body)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_damage_is_noticed_or_harmless(position: int, value: int) -> None:
    """One wrong byte is an error, or changes nothing that is read."""
    frames = frames_of([{"face": np.full((COUNT, 2), number, np.int16)} for number in range(20)])
    body = bytearray(packed(frames))
    whole = body[position % len(body)] == value
    body[position % len(body)] = value
    try:
        back = unpacked(bytes(body))
    except StoreError:
        assert not whole
    else:
        assert [frame.parts["face"].tolist() for frame in back] == [frame.parts["face"].tolist() for frame in frames]


def test_points_are_parts_of_the_picture() -> None:
    """Pixels become parts of width and height, whatever the picture's size; what lies far outside stays in range."""
    landmarks = np.array([[320, 120, 5], [0, 480, 5], [1e9, -1e9, 0]], np.float32)
    points = points_of(landmarks, 640, 480)
    assert points[:2].tolist() == [[POINT_SCALE // 2, POINT_SCALE // 4], [0, POINT_SCALE]]
    assert points[2].tolist() == [32_767, -32_767]
