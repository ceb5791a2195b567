"""Numbers in pictures."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.media.barcode import BITS, read_barcode, write_barcode


@settings(max_examples=50, deadline=None)
@given(st.integers(0, (1 << BITS) - 1), st.sampled_from([(240, 320), (480, 640), (360, 642)]))
def test_number_survives_coarse_pictures(value: int, size: tuple[int, int]) -> None:
    """Any number is read back from grey pictures with noise and reduced contrast."""
    image = np.random.default_rng(value % 1_000).integers(0, 255, size, dtype=np.uint8)
    write_barcode(image, value)
    noisy = image * 0.7 + 30 + np.random.default_rng(1).normal(0, 12, size)
    assert read_barcode(noisy) == value


def test_number_survives_vp8() -> None:
    """A low bit rate blurs, but does not change, the number."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = 320, 240, "yuv420p", 150_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    encoder.time_base = Fraction(1, 30)
    decoder = av.CodecContext.create("libvpx", "r")
    read = []
    for number in range(30):
        image = np.full((360, 320), 128, np.uint8)
        write_barcode(image, number * 7_777_777)
        frame = av.VideoFrame.from_ndarray(image, format="yuv420p")
        frame.pts = number
        for packet in encoder.encode(frame):
            read += [read_barcode(picture.to_ndarray(format="gray")) for picture in decoder.decode(packet)]
    assert read == [number * 7_777_777 for number in range(30)]


@pytest.mark.parametrize(
    "image", [np.zeros((240, 320)), np.zeros((4, 320)), np.zeros((10, 20)), np.full((240, 320), 255)]
)
def test_picture_without_a_number_gives_none(image: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """Nothing is read where nothing was written."""
    assert read_barcode(image) is None


def test_damaged_number_gives_none() -> None:
    """A block that was painted over in one row is noticed."""
    image = np.zeros((240, 320, 3), np.uint8)
    write_barcode(image, 12_345)
    image[:8, :8] = 0
    assert read_barcode(image[:, :, 0]) is None
