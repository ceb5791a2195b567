"""What `agent analyse` writes: signals as lines of JSON, and pictures with what was read drawn on them."""

import errno
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import msgspec
from av import VideoFrame

from agent.app.analysis import Analysed
from agent.app.drawing import draw
from agent.core.errors import StoreError
from agent.core.pictures import Picture

ENDINGS = (".mp4", ".mov", ".mkv")
"""Of the files that H.264 is written to here."""
CLOCK_HZ = 90_000
LEAST_SIDE_PX = 2
"""H.264 halves the sides of its colour planes."""


class SignalsWriter:
    """One signal a line, in the wire form; a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises `StoreError` when nothing can be written to `path`."""
        self._path = path
        try:
            self._file = path.open("wb")
        except (OSError, av.FFmpegError) as error:
            raise _failed(path, error) from None

    def write(self, step: Analysed) -> None:
        """Raises `StoreError` when it cannot be written."""
        try:
            for signal in step.signals:
                self._file.write(msgspec.json.encode(signal) + b"\n")
        except (OSError, av.FFmpegError) as error:
            raise _failed(self._path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._file.close()
        except (OSError, av.FFmpegError) as error:
            if kind is None:
                raise _failed(self._path, error) from None


class OverlayWriter:
    """H.264, each picture at its own time in the analysed file; a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises `StoreError` when nothing can be written to `path`, of one of `ENDINGS`."""
        self._path = path
        self._stream: av.VideoStream | None = None
        self._last_pts = -1
        try:
            self._container = av.open(f"file:{path}", "w")
        except (OSError, av.FFmpegError) as error:
            raise _failed(path, error) from None

    def write(self, step: Analysed) -> None:
        """Raises `StoreError` when it cannot be written."""
        if step.frame is None or step.reading is None:
            return
        drawn = VideoFrame.from_ndarray(draw(Picture(step.frame).rgb(), step.reading, step.signals), format="rgb24")
        pts = max(round(step.reading.stamp.media_ms * CLOCK_HZ / 1_000), self._last_pts + 1)
        try:
            stream = self._stream or self._started(drawn)
            fitting = drawn.reformat(width=stream.width, height=stream.height, format="yuv420p")
            fitting.pts, fitting.time_base = pts, Fraction(1, CLOCK_HZ)
            self._container.mux(stream.encode(fitting))
        except (OSError, av.FFmpegError) as error:
            raise _failed(self._path, error) from None
        self._last_pts = pts

    def _started(self, first: VideoFrame) -> av.VideoStream:
        stream = self._container.add_stream("h264", rate=30)
        stream.width, stream.height = (max(side & ~1, LEAST_SIDE_PX) for side in (first.width, first.height))
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "veryfast"}
        stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
        self._stream = stream
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._stream is not None and kind is None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (OSError, av.FFmpegError) as error:
            if kind is None:
                raise _failed(self._path, error) from None


def _failed(path: Path, error: OSError | av.FFmpegError) -> StoreError:
    why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
    return StoreError(f"{path} cannot be written: {why}")
