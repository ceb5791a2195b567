"""Recorded frames become a file that players open, with picture and sound where they belong."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, CodecContext, VideoFrame

from agent.core.errors import NotMedia
from agent.core.recorded import RecordedFrame, RecordedTrack, Tracks
from agent.media.muxing import mux

SOUND = RecordedTrack(codec="audio/opus", clock_hz=48_000)
VP8: Tracks = {"video": RecordedTrack(codec="video/VP8", clock_hz=90_000), "audio": SOUND}
H264: Tracks = {"video": RecordedTrack(codec="video/H264", clock_hz=90_000), "audio": SOUND}
SECONDS = 3
FPS = 10
GRAY, BRIGHT = 40, 220


@cache
def pictures(encoder: str) -> Sequence[tuple[int, bytes]]:
    """RTP times and frames: dark, and bright from the second second on; a keyframe each second."""
    codec = CodecContext.create(encoder, "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 320, 240, "yuv420p", Fraction(1, 90_000)  # type: ignore[attr-defined]
    codec.options = {"g": str(FPS)} | ({"deadline": "realtime"} if encoder == "libvpx" else {"tune": "zerolatency"})
    frames = []
    for index in range(SECONDS * FPS):
        level = BRIGHT if index >= FPS else GRAY
        frame = VideoFrame.from_ndarray(np.full((240, 320, 3), level, np.uint8), format="rgb24")
        frame.pts, frame.time_base = index * 90_000 // FPS, Fraction(1, 90_000)
        frames += [(packet.pts or 0, bytes(packet)) for packet in codec.encode(frame)]  # type: ignore[attr-defined]
    return frames


@cache
def sound() -> Sequence[tuple[int, bytes]]:
    """RTP times and packets of 20 ms: silence, and noise from the second second on."""
    codec = CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "s16"
    random, packets = np.random.default_rng(1), []
    for index in range(SECONDS * 50):
        level = 8_000 if index >= 50 else 1
        samples = random.integers(-level, level, (1, 1_920)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, index * 960
        packets += [(packet.pts or 0, bytes(packet)) for packet in codec.encode(frame)]
    return packets


def recorded(encoder: str = "libvpx", *, late_ms: int = 0) -> list[RecordedFrame]:
    """Both tracks as they arrive, each with RTP times of its own; every fifth picture comes `late_ms` later."""
    frames = [
        RecordedFrame(
            kind="video",
            timestamp=7_000_000_000 + pts,
            arrived_us=pts * 1_000_000 // 90_000 + (late_ms * 1_000 if at % 5 else 0),
            data=data,
        )
        for at, (pts, data) in enumerate(pictures(encoder))
    ]
    frames += [
        RecordedFrame(kind="audio", timestamp=pts - 960, arrived_us=pts * 1_000_000 // 48_000, data=data)
        for pts, data in sound()
    ]
    return sorted(frames, key=lambda frame: frame.arrived_us)


def changes_at_s(path: Path) -> tuple[float, float]:
    """When the picture becomes bright, and when the sound becomes loud."""
    with av.open(str(path)) as file:
        bright = next(
            float(frame.time or 0) for frame in file.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128
        )
    with av.open(str(path)) as file:
        loud = next(float(frame.time or 0) for frame in file.decode(audio=0) if np.abs(frame.to_ndarray()).max() > 0.05)
    return bright, loud


@pytest.mark.parametrize(
    ("tracks", "encoder", "name"),
    [
        (VP8, "libvpx", "call.webm"),
        (VP8, "libvpx", "call.mkv"),
        (H264, "libx264", "call.mp4"),
        (H264, "libx264", "c.MKV"),
    ],
)
def test_picture_and_sound_lie_together_whatever_they_are_encoded_in(
    tmp_path: Path, tracks: Tracks, encoder: str, name: str
) -> None:
    """RTP times of two tracks have nothing in common; pictures that come late by turns do not move."""
    muxed = mux(tracks, recorded(encoder, late_ms=60), tmp_path / name)
    assert muxed.frames == {"video": SECONDS * FPS, "audio": len(sound())}
    assert muxed.seconds == pytest.approx(SECONDS, abs=0.15)
    bright, loud = changes_at_s(tmp_path / name)
    assert bright == pytest.approx(1.0, abs=0.1) and loud == pytest.approx(bright, abs=0.1)


def test_a_pause_keeps_its_length_even_if_times_begin_anew(tmp_path: Path) -> None:
    """A connection that came back counts from somewhere else."""
    first, again = recorded(), recorded()
    moved = [
        RecordedFrame(
            kind=frame.kind,
            timestamp=frame.timestamp % 1_000,
            arrived_us=frame.arrived_us + 10_000_000,
            data=frame.data,
        )
        for frame in again[:1]
    ]
    assert mux(VP8, [*first, *moved], tmp_path / "call.webm").seconds == pytest.approx(10, abs=0.2)


def test_after_something_that_is_missing_pictures_go_on_with_a_keyframe(tmp_path: Path) -> None:
    """Those that build on what is missing would be smeared; sound goes on at once."""
    frames: list[RecordedFrame | None] = [*recorded()]
    place = next(at for at, frame in enumerate(frames) if frame is not None and frame.arrived_us >= 1_500_000)
    muxed = mux(VP8, [*frames[:place], None, *frames[place:]], tmp_path / "call.webm")
    assert muxed.frames == {"video": SECONDS * FPS - FPS // 2, "audio": len(sound())}


def test_a_file_that_cannot_hold_it_is_refused_with_what_can(tmp_path: Path) -> None:
    """Before anything is written; and what holds nothing to play is refused, too."""
    with pytest.raises(NotMedia, match=r"cannot hold audio/opus and video/h264.*\.mkv or \.mp4"):
        mux(H264, recorded("libx264"), tmp_path / "call.webm")
    with pytest.raises(NotMedia, match="no picture and no sound"):
        mux(VP8, [None], tmp_path / "call.webm")
    assert list(tmp_path.iterdir()) == []


def test_sound_alone_is_a_file_of_sound(tmp_path: Path) -> None:
    """A caller without a camera, or one whose pictures never began with a keyframe."""
    frames = [frame for frame in recorded() if frame.kind == "audio"]
    assert mux(VP8, frames, tmp_path / "call.webm").frames == {"audio": len(sound())}
    with av.open(str(tmp_path / "call.webm")) as file:
        assert [stream.type for stream in file.streams] == ["audio"]
