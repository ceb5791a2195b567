"""A number written into a picture as black and white blocks, so that the very frame is known again after coding."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 38
"""Enough for three days in microseconds."""
COLUMNS = 40
"""Blocks across the picture, the last two unused; a block of 640 pixels' width is 16 pixels square."""
_LEAST_CONTRAST = 60


def write_barcode(image: NDArray[np.uint8], value: int) -> None:
    """Writes the low `BITS` of `value`, least first, into the top row of blocks, and their inverse into the next.

    `image` is (height, width) or (height, width, channels) uint8, or the planes of yuv420p as PyAV lays them out; it is
    changed in place.
    """
    block_px = image.shape[1] // COLUMNS
    bits = np.array([value >> bit & 1 for bit in range(BITS)], np.uint8) * 255
    row = np.repeat(bits, block_px)
    shape = (-1, *(1,) * (image.ndim - 2))
    image[:block_px, : len(row)] = row.reshape(shape)
    image[block_px : 2 * block_px, : len(row)] = 255 - row.reshape(shape)


def read_barcode(luma: NDArray[Any]) -> int | None:
    """The number in a (height, width) picture of any brightness scale, or None when the two rows do not agree."""
    block_px = luma.shape[1] // COLUMNS
    margin = block_px // 4
    width = BITS * block_px
    if block_px < 4 or luma.shape[0] < 2 * block_px:
        return None
    rows = luma[: 2 * block_px, :width].reshape(2, block_px, BITS, block_px)
    means = rows[:, margin : block_px - margin, :, margin : block_px - margin].mean(axis=(1, 3))
    contrast = means[0] - means[1]
    if np.any(np.abs(contrast) < _LEAST_CONTRAST):
        return None
    return int(sum(1 << bit for bit in range(BITS) if contrast[bit] > 0))
