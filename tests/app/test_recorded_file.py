"""A file as a call would bring it: one time for picture and sound, and silence where there is none."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.recorded_file import TRAILING_SILENCE_MS, ReadSoFar, clip_facts, pictures, windows
from tests.media.test_media_files import write_sound, write_video

BLACK = np.zeros((64, 96, 3), np.uint8)


def sound_of(path: Path, read: ReadSoFar | None = None) -> NDArray[np.float32]:
    """All windows, each of which must begin where the one before it ended, and know its time."""
    runs = []
    position = 0
    for window in windows(path, read or ReadSoFar()):
        assert window.start_sample == position
        assert window.stamp.media_ms == pytest.approx(position / 16)
        position += len(window.samples)
        runs.append(window.samples)
    return np.concatenate(runs)


def test_sound_after_a_pause_of_the_file_is_heard_after_it(tmp_path: Path) -> None:
    """A recorder that stopped for ten seconds leaves no sound of them; the rest is heard at its time."""
    path = write_sound(tmp_path / "paused.mka", 0.0, 10.0)
    read = ReadSoFar()
    sound = sound_of(path, read)
    assert len(sound) == pytest.approx(16_000 * (10.1 + TRAILING_SILENCE_MS / 1_000), abs=320)
    loud = np.flatnonzero(np.abs(sound) > 0.25) / 16_000
    assert loud[0] < 0.01 and loud[-1] == pytest.approx(10.1, abs=0.01)
    assert not ((loud > 0.11) & (loud < 9.99)).any()
    assert read.seconds == pytest.approx(10.1, abs=0.01)


def test_sound_that_is_whole_is_left_as_it_is(tmp_path: Path) -> None:
    """Times that are rounded, as Matroska's are, put no silence into speech."""
    path = write_sound(tmp_path / "whole.mka", *(number / 10 for number in range(30)))
    sound = sound_of(path)[: 16_000 * 3]
    assert (np.abs(sound[200:-400]) > 0.25).all()


def test_pictures_are_where_the_sound_is(tmp_path: Path) -> None:
    """A picture five seconds into the file is five seconds after the first sound."""
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=8_000)
        audio.layout = "mono"
        video = container.add_stream("mjpeg", rate=10)
        video.height, video.width = BLACK.shape[:2]
        video.pix_fmt = "yuvj444p"
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate, sound.pts = 8_000, 0
        container.mux(audio.encode(sound))
        picture = av.VideoFrame.from_ndarray(BLACK, format="rgb24")
        picture.pts, picture.time_base = 50, Fraction(1, 10)
        container.mux(video.encode(picture))
        for stream in (video, audio):
            container.mux(stream.encode(None))
    ((_, frame),) = pictures(path, ReadSoFar())
    assert frame.stamp.media_ms == pytest.approx(5_000)


def test_a_file_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    """A stream that was only written down says nothing of its length; it is known once it was read."""
    path = write_video(tmp_path / "stream.mjpeg", [BLACK] * 5)
    assert clip_facts(path).seconds == 0
    read = ReadSoFar()
    assert len(list(pictures(path, read))) == 5
    assert read.seconds == pytest.approx(5 / 25)
