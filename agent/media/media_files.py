"""Opens recorded files of any make: which of their pictures and sounds count, as a player shows them, at their time."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import av
import numpy as np
from av import AudioFrame, AudioResampler, AudioStream, Packet, VideoFrame, VideoStream
from av.container import InputContainer
from av.frame import Frame
from av.sidedata.sidedata import SideData, Type
from av.stream import Disposition
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.media.sound_files import FORMATS as SOUND_FORMATS
from agent.media.sound_files import RATES_HZ

FORMATS = f"{SOUND_FORMATS},apng,av1,bmp_pipe,dv,flv,gif,h264,hevc,ivf,jpeg_pipe,m4v,mjpeg,mpegvideo,mxf,nut,obu,\
png_pipe,rm,webp_pipe,yuv4mpegpipe"
"""FFmpeg's names of what is read; playlists and other formats that point to further files are not."""
PIXELS_LIMIT = 8192 * 4608
"""Of a picture; a file that says it holds larger ones is not decoded. One of these takes 113 MB as RGB."""
ASPECT_LIMIT = 4.0
"""Of a pixel; beyond it, either way, the file is taken to be wrong and pixels to be square."""
USUAL_FPS = 25.0
"""Where a file does not say."""
_DEFAULT_COUNTS_PIXELS = 5_000_000
"""What the mark "default" of a stream is worth against the size of another's picture, as in FFmpeg's own program."""


@dataclass(slots=True, kw_only=True)
class MediaFile:
    """One pass over an open file; a context manager. Times are in seconds since the beginning of the file."""

    path: Path
    container: InputContainer = field(repr=False)
    video: VideoStream | None
    """The default or largest one; None for sound with a picture of its cover."""
    audio: AudioStream | None
    seconds: float
    """As the file says; 0 where it does not."""
    damaged: int = 0
    """Packets that could not be decoded until now, and were left out."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises `NotMedia` for what is no file, or one that cannot be opened, or without picture or sound."""
        if path.exists() and not path.is_file():
            raise NotMedia(f"{path} is not a regular file, and must be read more than once; save it as one first")
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
        try:
            container = av.open(f"file:{path}", container_options=options, metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise NotMedia(
                f"{path} cannot be read as video or audio ({type(error).__name__}); is it a whole media file?"
            ) from None
        try:
            return cls._of(path, container)
        except NotMedia:
            container.close()
            raise

    @classmethod
    def _of(cls, path: Path, container: InputContainer) -> Self:
        streams = container.streams
        video = max((one for one in streams.video if _is_shown(one)), key=_worth, default=None)
        audio = container.streams.best("audio")
        if video is None and audio is None:
            raise NotMedia(f"{path} holds neither video nor audio that can be decoded")
        if video is not None and video.codec_context.width * video.codec_context.height > PIXELS_LIMIT:
            size = f"{video.codec_context.width}x{video.codec_context.height}"
            raise NotMedia(f"{path} holds pictures of {size}, which is too large; scale it down to 8192x4608 at most")
        seconds = (container.duration or 0) / av.time_base
        sound = audio if isinstance(audio, AudioStream) else None
        return cls(path=path, container=container, video=video, audio=sound, seconds=seconds)

    @property
    def fps(self) -> float:
        """How many pictures a second there are on average."""
        return float((self.video and self.video.average_rate) or USUAL_FPS)

    def pictures(self) -> Iterator[tuple[float, VideoFrame]]:
        """Each picture as a player shows it, and when; times never go back. Raises `NotMedia` when there is none."""
        if self.video is None:
            raise NotMedia(f"{self.path} holds no video")
        shown_s = -math.inf
        for frame in self._decoded(self.video):
            assert isinstance(frame, VideoFrame)
            following_s = max(0.0, shown_s + 1 / self.fps)
            at_s = following_s if frame.time is None else max(frame.time - self._begins_s, 0.0)
            shown_s = at_s if at_s > shown_s else following_s
            yield shown_s, as_shown(frame, self.video)

    def sounds(self) -> Iterator[tuple[float | None, AudioFrame]]:
        """Each run of sound and when it begins, None where the file does not say. Raises `NotMedia` when there is
        none."""
        if self.audio is None:
            raise NotMedia(f"{self.path} holds no sound")
        for frame in self._decoded(self.audio):
            assert isinstance(frame, AudioFrame)
            if frame.sample_rate not in RATES_HZ:
                raise NotMedia(f"{self.path} claims {frame.sample_rate} samples of sound a second, which none has")
            yield None if frame.time is None else frame.time - self._begins_s, frame

    def mono(self, rate_hz: int) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
        """The sound as (n,) float32 in [-1, 1] at `rate_hz`, with the time of each run as `sounds` has it, and raising
        the same."""
        resampler: AudioResampler | None = None
        made_for: tuple[str, str, int] | None = None
        for at_s, frame in self.sounds():
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or form != made_for:
                # A broadcast may go from stereo to 5.1 in its midst.
                # As whole numbers, for floating point mixes channels down without keeping within bounds.
                resampler, made_for = AudioResampler(format="s16", layout="mono", rate=rate_hz), form
            frame.pts = None
            for part in resampler.resample(frame):
                yield at_s, _samples(part)
        for part in resampler.resample(None) if resampler is not None else ():
            yield None, _samples(part)

    @property
    def _begins_s(self) -> float:
        return (self.container.start_time or 0) / av.time_base

    def _decoded(self, stream: VideoStream | AudioStream) -> Iterator[Frame]:
        """What can be decoded; a file of which nothing can is no media."""
        if isinstance(stream, VideoStream):
            stream.thread_type = "NONE"
            stream.codec_context.options = {"max_pixels": str(PIXELS_LIMIT)}
        decoded = 0
        packets = self.container.demux(stream)
        while (packet := self._next(packets)) is not None:
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                continue
            decoded += len(frames)
            yield from frames
        if not decoded:
            raise NotMedia(f"{self.path} holds no {stream.type} that can be decoded ({stream.codec_context.name})")

    def _next(self, packets: Iterator["Packet[Any]"]) -> "Packet[Any] | None":
        """None at the end, and where the file breaks off."""
        try:
            return next(packets, None)
        except (av.FFmpegError, OSError):
            self.damaged += 1
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()


def _samples(part: AudioFrame) -> NDArray[np.float32]:
    return np.multiply(part.to_ndarray().reshape(-1), 1 / 32_768, dtype=np.float32)


def as_shown(frame: VideoFrame, stream: VideoStream) -> VideoFrame:
    """The picture upright, not mirrored and with square pixels, at the same time; mostly the frame itself."""
    width_px, height_px = _square_pixels(frame, float(stream.sample_aspect_ratio or 1))
    turn = _turn(frame)
    if turn is None:
        return frame if width_px == frame.width and height_px == frame.height else frame.reformat(width_px, height_px)
    pixels = np.asarray(frame.reformat(width_px, height_px, "rgb24").to_ndarray(), dtype=np.uint8)
    shown = VideoFrame.from_ndarray(np.ascontiguousarray(_turned(pixels, *turn)), format="rgb24")
    shown.pts, shown.time_base = frame.pts, frame.time_base
    return shown


def _square_pixels(frame: VideoFrame, aspect: float) -> tuple[int, int]:
    """Width and height where pixels are `aspect` times as wide as high; nothing is made smaller."""
    if not 1 / ASPECT_LIMIT <= aspect <= ASPECT_LIMIT:
        return frame.width, frame.height
    if aspect > 1:
        return round(frame.width * aspect), frame.height
    return frame.width, round(frame.height / aspect)


def _turn(frame: VideoFrame) -> tuple[int, int, int, int] | None:
    """The signs of the display matrix's upper left quarter, turned to the nearest right angle; None where it changes
    nothing. A point (x, y) is shown at (a·x + c·y, b·x + d·y) of (a, b, c, d)."""
    every = cast(Iterable[SideData], frame.side_data)
    data = next((one for one in every if one.type == Type.DISPLAYMATRIX), None)
    if data is None:
        return None
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float)
    straight = abs(a) + abs(d) >= abs(b) + abs(c)
    a, b, c, d = (a, 0, 0, d) if straight else (0, b, c, 0)
    turn = (int(np.sign(a)), int(np.sign(b)), int(np.sign(c)), int(np.sign(d)))
    return None if turn == (1, 0, 0, 1) else turn


def _turned(pixels: NDArray[np.uint8], a: int, b: int, c: int, d: int) -> NDArray[np.uint8]:
    """(height, width, 3), or with width and height exchanged."""
    if b or c:
        pixels = pixels.transpose(1, 0, 2)
    if a + c < 0:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if b + d < 0 else pixels


def _is_shown(stream: VideoStream) -> bool:
    """Not the cover of a record, and in a codec that is known."""
    return stream.codec_context is not None and not stream.disposition & Disposition.attached_pic


def _worth(stream: VideoStream) -> int:
    pixels = stream.codec_context.width * stream.codec_context.height
    return pixels + _DEFAULT_COUNTS_PIXELS * bool(stream.disposition & Disposition.default)
