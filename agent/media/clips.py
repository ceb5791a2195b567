"""Where a headless customer's picture and sound come from: recorded files, drawn pictures, frames with barcodes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av import AudioResampler, VideoFrame
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.media.barcode import write_barcode

SPEECH_RATE_HZ = 48_000


class FrameSource(Protocol):
    """Pictures for a camera. `picture` is called in a worker thread, once for each frame, when the frame is due."""

    fps: float

    def picture(self, index: int) -> VideoFrame:
        """The frame number `index`, yuv420p; its time is set by the camera."""
        ...


class ClipSource:
    """A video file over and over, at its own frame rate or `fps`, scaled to `width_px` where that is given."""

    def __init__(self, path: Path, *, width_px: int | None = None, fps: float | None = None) -> None:
        """Raises `NotMedia` when the file holds no video."""
        self._path = path
        self._width_px = width_px
        self._frames = self._decoded()
        try:
            first = next(self._frames)
        except (av.FFmpegError, OSError, IndexError, StopIteration) as error:
            raise NotMedia(f"{path} holds no video that can be decoded ({type(error).__name__})") from None
        self._pending: VideoFrame | None = first
        self.fps = fps or self._own_fps

    def picture(self, index: int) -> VideoFrame:
        frame, self._pending = self._pending, None
        return frame or next(self._frames)

    def _decoded(self) -> Iterator[VideoFrame]:
        while True:
            with av.open(str(self._path)) as container:
                stream = container.streams.video[0]
                self._own_fps = float(stream.average_rate or 25)
                empty = True
                for frame in container.decode(stream):
                    empty = False
                    yield self._scaled(frame)
                if empty:
                    return

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        width = self._width_px or frame.width
        height = round(frame.height * width / frame.width)
        return frame.reformat(width=width & ~1, height=height & ~1, format="yuv420p")


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


def read_speech(path: Path) -> SpeechChunk:
    """The sound of a file as one chunk at 48 kHz, its text unknown. Raises `NotMedia` when it holds none."""
    resampler = AudioResampler(format="s16", layout="mono", rate=SPEECH_RATE_HZ)
    parts = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None
                parts += resampler.resample(frame)
        parts += resampler.resample(None)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise NotMedia(f"{path} holds no sound that can be decoded ({type(error).__name__})") from None
    if not parts:
        raise NotMedia(f"{path} holds no sound")
    sound = np.concatenate([part.to_ndarray().reshape(-1) for part in parts])
    samples = np.multiply(sound, 1 / 32_768, dtype=np.float32)
    return SpeechChunk(samples=read_only(samples), rate_hz=SPEECH_RATE_HZ, text="", last=True)
