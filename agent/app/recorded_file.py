"""A recorded file as a call would bring it: pictures of a camera and windows of a microphone, at their time in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.pictures import Picture
from agent.core.speech import MIC_RATE_HZ, MicWindow
from agent.core.types import CameraFrame, CaptureOrigin, Stamp, read_only
from agent.media.media_files import MediaFile

CALL_ID = "file"
WINDOW_SAMPLES = MIC_RATE_HZ // 50
TRAILING_SILENCE_MS = 2_000
"""Fed after the end of the file, so that its last utterance is known to be over."""
GAP_SAMPLES = MIC_RATE_HZ // 10
"""Sound that comes later than what was before it by more than this is late, and not only counted inexactly."""
GAP_LIMIT_SAMPLES = 24 * 3_600 * MIC_RATE_HZ
"""A gap of more than a day is a wrong time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """What a file says of itself."""

    seconds: float
    """0 where it does not say."""
    frames: int
    """As far as is known, for a progress bar."""
    has_video: bool
    has_audio: bool


@dataclass(slots=True, kw_only=True)
class ReadSoFar:
    """How far a file has been read."""

    seconds: float = 0.0
    """Where the last picture or sound was over."""
    damaged: int = 0
    """Packets of the file that could not be decoded, and were left out."""


def clip_facts(path: Path) -> ClipFacts:
    """Raises `NotMedia` for a file that cannot be opened or holds neither picture nor sound."""
    with MediaFile.open(path) as file:
        frames = 0
        if file.video is not None:
            frames = file.video.frames or round(file.seconds * file.fps)
        return ClipFacts(
            seconds=file.seconds, frames=frames, has_video=file.video is not None, has_audio=file.audio is not None
        )


def pictures(path: Path, read: ReadSoFar) -> Iterator[tuple[VideoFrame, CameraFrame]]:
    """The file's pictures as a player shows them. Raises `NotMedia`."""
    with MediaFile.open(path) as file:
        frame_s = 1 / file.fps
        for frame_id, (at_s, frame) in enumerate(file.pictures()):
            read.seconds = max(read.seconds, at_s + frame_s)
            picture = Picture(frame)
            yield (
                frame,
                CameraFrame(
                    call_id=CALL_ID,
                    stamp=_stamp(frame_id, at_s * 1_000, rate_hz=90_000),
                    width_px=picture.width_px,
                    height_px=picture.height_px,
                    pixels=picture,
                ),
            )
        read.damaged += file.damaged


def windows(path: Path, read: ReadSoFar) -> Iterator[MicWindow]:
    """The file's sound as 20 ms windows at 16 kHz, some silence after its end. Raises `NotMedia`."""
    held = np.zeros(0, np.float32)
    start = 0
    with MediaFile.open(path) as file:
        for samples in _samples(file):
            held = np.concatenate([held, samples])
            whole = len(held) - len(held) % WINDOW_SAMPLES
            for offset in range(0, whole, WINDOW_SAMPLES):
                yield _window(held[offset : offset + WINDOW_SAMPLES], start + offset)
            held, start = held[whole:], start + whole
        read.damaged += file.damaged
    read.seconds = max(read.seconds, (start + len(held)) / MIC_RATE_HZ)
    rest = np.concatenate([held, np.zeros(TRAILING_SILENCE_MS * MIC_RATE_HZ // 1_000, np.float32)])
    for offset in range(0, len(rest) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        yield _window(rest[offset : offset + WINDOW_SAMPLES], start + offset)


def _samples(file: MediaFile) -> Iterator[NDArray[np.float32]]:
    """(n,) runs of mono at 16 kHz, silence where the file has a gap, at most a second of it at a time."""
    given = 0
    for at_s, samples in file.mono(MIC_RATE_HZ):
        missing = 0 if at_s is None else round(at_s * MIC_RATE_HZ) - given
        if GAP_SAMPLES < missing <= GAP_LIMIT_SAMPLES:
            for offset in range(0, missing, MIC_RATE_HZ):
                yield np.zeros(min(MIC_RATE_HZ, missing - offset), np.float32)
            given += missing
        given += len(samples)
        yield samples


def _window(samples: NDArray[np.float32], start: int) -> MicWindow:
    number = start // WINDOW_SAMPLES
    return MicWindow(
        call_id=CALL_ID,
        stamp=_stamp(number, start * 1_000 / MIC_RATE_HZ, rate_hz=MIC_RATE_HZ),
        samples=read_only(samples.copy()),
        start_sample=start,
    )


def _stamp(frame_id: int, media_ms: float, *, rate_hz: int) -> Stamp:
    """Time in the file stands in for the clock: second 0 of the file is second 1 of the clock, so that no time is 0."""
    at_ns = round(media_ms * NS_PER_MS) + NS_PER_S
    return Stamp(
        frame_id=frame_id,
        rtp_timestamp=round(media_ms * rate_hz / 1_000),
        arrived_ns=at_ns,
        captured_ns=at_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.FILE,
        media_ms=media_ms,
    )
