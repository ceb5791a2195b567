"""The headless customer's camera sends as small pictures as it is told to."""

import numpy as np
from numpy.typing import NDArray

from agent.media.caller import CameraTrack
from agent.media.clips import ArraySource


def _grey(index: int) -> NDArray[np.uint8]:
    return np.full((480, 640, 3), index % 256, np.uint8)


async def test_pictures_become_smaller_and_large_again() -> None:
    """Their shape stays, their sides even, and none is made larger than it was."""
    camera = CameraTrack(ArraySource(_grey, fps=200))
    sizes = []
    for width_px in (None, 480, 161, 1_280, 640):
        camera.width_px = width_px
        frame = await camera.recv()
        sizes.append((frame.width, frame.height))
    assert sizes == [(640, 480), (480, 360), (160, 120), (640, 480), (640, 480)]
    camera.stop()
