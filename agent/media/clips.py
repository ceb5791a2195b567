"""Where a headless customer's picture and sound come from: recorded files, drawn pictures, frames with barcodes."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.media.barcode import write_barcode
from agent.media.media_files import USUAL_FPS, MediaFile

SPEECH_RATE_HZ = 48_000
CAMERA_FPS = 30.0
CAMERA_SIDE_PX = 1_280
"""The longer one. What is larger or faster is brought down to what cameras send on calls."""


class FrameSource(Protocol):
    """Pictures for a camera. `picture` is called in a worker thread, once for each frame, when the frame is due."""

    fps: float

    def picture(self, index: int) -> VideoFrame:
        """The frame number `index`, yuv420p; its time is set by the camera."""
        ...


class ClipSource:
    """A video file over and over as a camera shows it: upright, at its own pace, no larger than a camera's picture."""

    def __init__(self, path: Path, *, width_px: int | None = None, fps: float | None = None) -> None:
        """`width_px` scales it to that width; `fps` is its own by default, within what cameras have. Raises `NotMedia`
        when the file holds no video."""
        self._path = path
        self._width_px = width_px
        self._own_fps = USUAL_FPS
        self._frames = self._decoded()
        self._next_s, self._next = next(self._frames)
        self._shown = self._scaled(self._next)
        self.fps = fps or min(max(self._own_fps, 1.0), CAMERA_FPS)

    def picture(self, index: int) -> VideoFrame:
        due_s = (index + 0.5) / self.fps
        latest: VideoFrame | None = None
        while self._next_s < due_s:
            latest = self._next
            self._next_s, self._next = next(self._frames)
        if latest is not None:
            self._shown = self._scaled(latest)
        return self._shown

    def _decoded(self) -> Iterator[tuple[float, VideoFrame]]:
        """Each picture and when it is due, from 0 on and without end."""
        began_s = 0.0
        while True:
            with MediaFile.open(self._path) as file:
                self._own_fps = file.fps
                first_s: float | None = None
                for at_s, frame in file.pictures():
                    first_s = at_s if first_s is None else first_s
                    due_s = began_s + at_s - first_s
                    yield due_s, frame
                began_s = due_s + 1 / min(file.fps, CAMERA_FPS)

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        width = self._width_px or round(frame.width * min(1.0, CAMERA_SIDE_PX / max(frame.width, frame.height)))
        height = round(frame.height * width / frame.width)
        return frame.reformat(width=max(width & ~1, 2), height=max(height & ~1, 2), format="yuv420p")


class ArraySource:
    """Pictures from a function of the frame's number: (height, width, 3) uint8 RGB with even sides."""

    def __init__(self, draw: Callable[[int], NDArray[np.uint8]], *, fps: float = 30.0) -> None:
        self.fps = fps
        self._draw = draw

    def picture(self, index: int) -> VideoFrame:
        return VideoFrame.from_ndarray(self._draw(index), format="rgb24").reformat(format="yuv420p")


class BarcodeSource:
    """Another source with a barcode on each frame: by default its number, else what `value` gives for it."""

    def __init__(self, source: FrameSource, value: Callable[[int], int] = lambda index: index) -> None:
        self.fps = source.fps
        self._source = source
        self._value = value

    def picture(self, index: int) -> VideoFrame:
        frame = self._source.picture(index)
        planes = np.array(frame.to_ndarray(format="yuv420p"), dtype=np.uint8)
        write_barcode(planes, self._value(index))
        return VideoFrame.from_ndarray(planes, format="yuv420p")


def read_speech(path: Path, *, seconds: float = math.inf) -> SpeechChunk:
    """The sound of a file, at most its first `seconds`, as one chunk at 48 kHz, its text unknown. Raises `NotMedia`
    when it holds none."""
    runs: list[NDArray[np.float32]] = []
    wanted = seconds * SPEECH_RATE_HZ
    with MediaFile.open(path) as file:
        for _, run in file.mono(SPEECH_RATE_HZ):
            runs.append(run[: int(min(wanted, len(run)))])
            wanted -= len(run)
            if wanted <= 0:
                break
    if not runs:
        raise NotMedia(f"{path} holds no sound")
    return SpeechChunk(samples=read_only(np.concatenate(runs)), rate_hz=SPEECH_RATE_HZ, text="", last=True)
