"""Windows of any length become even frames, none of the sound is lost, and positions keep their dates."""

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.speech import MicWindow
from agent.core.types import read_only
from agent.perception.activity import WINDOW_SAMPLES
from agent.perception.framing import Framer
from tests.perception.sound import stamp_at, windows


def window_at(start: int, length: int) -> MicWindow:
    samples = read_only(np.arange(start, start + length, dtype=np.float32))
    return MicWindow(call_id="call", stamp=stamp_at(start), samples=samples, start_sample=start)


@given(st.lists(st.integers(1, 1_500), min_size=1, max_size=30))
def test_frames_do_not_depend_on_how_the_sound_was_cut(lengths: list[int]) -> None:
    """Whatever the windows' lengths, the frames hold the same samples in order, and none reports a gap."""
    framer = Framer()
    starts = [0, *accumulate(lengths)]
    frames = [
        frame
        for start, length in zip(starts, lengths, strict=False)
        for frame in framer.frames(window_at(start, length))
    ]
    assert len(frames) == sum(lengths) // WINDOW_SAMPLES
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.samples, np.arange(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES))
        assert frame.end_sample == (index + 1) * WINDOW_SAMPLES
        assert frame.gap_samples == 0


def test_sound_before_a_gap_is_filled_up_and_the_gap_is_told_once() -> None:
    """What does not fill a frame comes out with zeros; the frame after the gap says how much is missing."""
    framer = Framer()
    assert list(framer.frames(window_at(0, 300))) == []
    cut, after = framer.frames(window_at(1_300, 2 * WINDOW_SAMPLES - 1))
    assert cut.gap_samples == 0
    np.testing.assert_array_equal(cut.samples[:300], np.arange(300))
    assert not cut.samples[300:].any()
    assert after.gap_samples == 1_000
    assert after.end_sample == 1_300 + WINDOW_SAMPLES
    (last,) = framer.frames(window_at(1_299 + 2 * WINDOW_SAMPLES, 1))
    assert last.gap_samples == 0


def test_a_track_that_jumps_back_has_a_gap_too() -> None:
    """Sound from an earlier position is not glued to what came before."""
    framer = Framer()
    list(framer.frames(window_at(10 * WINDOW_SAMPLES, WINDOW_SAMPLES)))
    (frame,) = framer.frames(window_at(0, WINDOW_SAMPLES))
    assert frame.gap_samples > 0


def test_positions_are_dated_by_the_newest_window() -> None:
    """A position 100 ms after a window's start was captured 100 ms after it, in every one of the stamp's clocks."""
    framer = Framer()
    with pytest.raises(ValueError, match="no window"):
        framer.stamp_at(0)
    window = next(windows(np.zeros(320, np.float32), start_sample=16_000, start_ns=5_000))
    list(framer.frames(window))
    stamp = framer.stamp_at(16_000 + 1_600)
    assert stamp.captured_ns == window.stamp.captured_ns + 100_000_000
    assert stamp.arrived_ns == window.stamp.arrived_ns + 100_000_000
    assert stamp.rtp_timestamp == window.stamp.rtp_timestamp + 4_800
    assert stamp.media_ms == window.stamp.media_ms + 100
