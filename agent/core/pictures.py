"""Decoded pictures: turned upright and converted when somebody asks, and laid out flat for another process."""

import threading
from dataclasses import dataclass

import numpy as np
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray


class _Converter(threading.local):
    """A thread's own converter. A frame that converts itself sets up a new one, with a thread for every core, each
    time, which takes longer than the conversion."""

    def __init__(self) -> None:
        self.reformatter = VideoReformatter()


_converter = _Converter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a decoded picture lies in memory: its planes as the decoder left them, one after another."""

    width_px: int
    height_px: int
    pixel_format: str
    """FFmpeg's name."""
    colorspace: int
    color_range: int
    quarters: int
    """Turns by 90 degrees counterclockwise that make it upright."""
    line_bytes: tuple[int, ...]
    """Of each plane."""
    plane_bytes: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        return sum(self.plane_bytes)


class Picture:
    """A decoded frame of any size and pixel format, turned upright and converted when somebody asks."""

    def __init__(self, frame: VideoFrame, *, quarters: int | None = None) -> None:
        """`quarters` is what the frame says itself by default."""
        self._frame = frame
        self._quarters = round(frame.rotation / 90) % 4 if quarters is None else quarters
        sideways = self._quarters % 2 == 1
        self.width_px = frame.height if sideways else frame.width
        self.height_px = frame.width if sideways else frame.height

    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB, upright, contiguous, read-only. Safe from any thread."""
        converted = _converter.reformatter.reformat(self._frame, format="rgb24", threads=1)
        decoded = np.asarray(converted.to_ndarray(), dtype=np.uint8)
        array = np.ascontiguousarray(np.rot90(decoded, self._quarters))
        array.setflags(write=False)
        return array

    def layout(self) -> Layout:
        """What `copy_into` needs room for, and `unpacked` needs to know."""
        frame = self._frame
        return Layout(
            width_px=frame.width,
            height_px=frame.height,
            pixel_format=frame.format.name,
            colorspace=int(frame.colorspace),
            color_range=int(frame.color_range),
            quarters=self._quarters,
            line_bytes=tuple(plane.line_size for plane in frame.planes),
            plane_bytes=tuple(plane.buffer_size for plane in frame.planes),
        )

    def copy_into(self, memory: memoryview) -> None:
        """Lays the planes into the first `layout().size_bytes` of writable memory."""
        start = 0
        for plane in self._frame.planes:
            memory[start : start + plane.buffer_size] = memoryview(plane)
            start += plane.buffer_size

    @classmethod
    def unpacked(cls, layout: Layout, memory: memoryview) -> "Picture":
        """The picture that was laid into `memory`, which it does not need any longer."""
        frame = VideoFrame(layout.width_px, layout.height_px, layout.pixel_format)
        frame.colorspace, frame.color_range = layout.colorspace, layout.color_range
        start = 0
        for plane, line, size in zip(frame.planes, layout.line_bytes, layout.plane_bytes, strict=True):
            lines = np.frombuffer(memory[start : start + size], np.uint8).reshape(-1, line)
            target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            common = min(line, plane.line_size)
            rows = min(len(lines), len(target))
            target[:rows, :common] = lines[:rows, :common]
            start += size
        return cls(frame, quarters=layout.quarters)
