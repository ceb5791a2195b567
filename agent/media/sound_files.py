"""Decodes sound of files, whatever their container, codec and rate, into what hearing takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av import AudioFrame, AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.core.speech import MIC_RATE_HZ

RATES_HZ = range(4_000, 768_001)
"""Of what is taken for sound. A broken header that says less would stretch a moment to hours of samples."""
FORMATS = "aac,aiff,amr,asf,au,avi,caf,flac,matroska,mov,mp3,mp4,mpeg,mpegts,ogg,wav,w64,webm"
"""FFmpeg's names of what is read; playlists and other formats that point to further files are not."""


def decoded_sound(source: Path | BinaryIO, *, name: str | None = None) -> Iterator[NDArray[np.float32]]:
    """The first audio stream in runs of (n,) float32 mono at 16 kHz, decoded as they are asked for.

    `name` stands for the source in what is said of it. Raises `NotMedia`, at the first run or later, when there is no
    sound or it cannot be decoded.
    """
    called = name or (str(source) if isinstance(source, Path) else "the file")
    resampler = AudioResampler(format="flt", layout="mono", rate=MIC_RATE_HZ)
    try:
        with _opened(source) as container:
            for frame in container.decode(container.streams.audio[0]):
                if frame.sample_rate not in RATES_HZ:
                    raise ValueError(f"{frame.sample_rate} samples a second")
                frame.pts = None
                yield from map(_samples, resampler.resample(frame))
        yield from map(_samples, resampler.resample(None))
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise NotMedia(f"{called} holds no sound that can be decoded ({type(error).__name__})") from None


def read_sound(path: Path) -> NDArray[np.float32]:
    """All of a file at once. Raises `NotMedia` when it holds no sound."""
    runs = list(decoded_sound(path))
    if not runs:
        raise NotMedia(f"{path} holds no sound")
    return np.concatenate(runs)


class _Nameless:
    """A file without its name: FFmpeg's binding takes a name for text, and temporary files have numbers."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _opened(source: Path | BinaryIO) -> InputContainer:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    file = f"file:{source}" if isinstance(source, Path) else _Nameless(source)
    return av.open(file, mode="r", container_options=options)


def _samples(part: AudioFrame) -> NDArray[np.float32]:
    return part.to_ndarray().reshape(-1).astype(np.float32, copy=False)
