"""Sources of a headless customer, from files that the tests make themselves."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from agent.core.errors import NotMedia
from agent.media.barcode import read_barcode
from agent.media.clips import ArraySource, BarcodeSource, ClipSource, read_speech
from agent.media.recording import Recording
from tests.media.conftest import moving_gradient
from tests.media.test_media_files import with_matrix, write_sound, write_video


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Five frames of 321x241 at 10 frames a second."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 322, 242, "yuvj420p"
        for number in range(5):
            image = np.full((242, 322, 3), number * 50, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_clip_starts_again_at_its_end(clip: Path) -> None:
    """The sixth frame is the first."""
    source = ClipSource(clip)
    brightness = [source.picture(index).to_ndarray(format="gray").mean() for index in range(7)]
    assert source.fps == 10
    assert brightness[5] == pytest.approx(brightness[0], abs=2)
    assert brightness[6] == pytest.approx(brightness[1], abs=2)
    assert brightness[4] > 150


def test_clip_is_scaled_to_even_sides(clip: Path) -> None:
    """A width is kept in proportion, rounded to what coders take."""
    frame = ClipSource(clip, width_px=161).picture(0)
    assert (frame.width, frame.height) == (160, 120)


def test_clip_keeps_its_own_pace(tmp_path: Path) -> None:
    """A clip of 120 frames a second is shown as a camera of 30 would, as fast as it is, and pauses are pauses."""
    path = tmp_path / "fast.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=120)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in (*range(12), 36, 37):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 6, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 120)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    source = ClipSource(path)
    assert source.fps == 30
    shown = [source.picture(index).to_ndarray(format="gray").mean() / 6 for index in range(10)]
    assert shown[:3] == pytest.approx([1, 5, 9], abs=1.1)
    assert shown[3:9] == pytest.approx([11] * 6, abs=0.6)
    assert shown[9] == pytest.approx(37, abs=0.6)


def test_clip_is_upright_and_no_larger_than_a_camera(tmp_path: Path) -> None:
    """A 4K clip that a telephone took on its side comes upright, at most 1280 pixels long."""
    lies = np.zeros((1_080, 3_840, 3), np.uint8)
    lies[:, 1_920:] = 250
    turned = with_matrix(write_video(tmp_path / "phone.mp4", [lies]), (0, 0x10000, -0x10000, 0))
    frame = ClipSource(turned).picture(0)
    assert (frame.width, frame.height) == (360, 1_280)
    grey = frame.to_ndarray(format="gray")
    assert grey[:600].mean() < 10 and grey[680:1_280].mean() > 240


def test_no_picture_is_too_small(tmp_path: Path) -> None:
    """A single pixel makes a picture that coders take."""
    frame = ClipSource(write_video(tmp_path / "pixel.mkv", [np.zeros((1, 1, 3), np.uint8)])).picture(0)
    assert (frame.width, frame.height) == (2, 2)


def test_no_more_speech_is_read_than_there_is_time_for(tmp_path: Path) -> None:
    """A long recording is not held in memory for a short call."""
    path = write_sound(tmp_path / "long.wav", 0.0, samples=np.full(80_000, 0.5, np.float32))
    assert len(read_speech(path, seconds=1.5).samples) == 72_000
    assert len(read_speech(path).samples) == pytest.approx(480_000, abs=50)


def test_what_is_no_media_says_so(tmp_path: Path) -> None:
    """A text file, an empty file and no file at all are named."""
    text = tmp_path / "words.mp4"
    text.write_text("no video at all")
    empty = tmp_path / "empty.wav"
    empty.touch()
    for path in (text, empty, tmp_path / "absent.mp4"):
        with pytest.raises(NotMedia, match=path.name):
            ClipSource(path)
        with pytest.raises(NotMedia, match=path.name):
            read_speech(path)


def test_speech_of_any_rate_is_read_at_48_khz(tmp_path: Path) -> None:
    """A file of another rate keeps its length."""
    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 11_025, 0, "NONE", ""))
        file.writeframes(np.zeros(2 * 11_025, np.int16).tobytes())
    chunk = read_speech(path)
    assert chunk.rate_hz == 48_000
    assert len(chunk.samples) == pytest.approx(48_000, abs=50)


def test_barcode_is_on_every_frame() -> None:
    """Frames carry their number, or what they are told to carry."""
    drawn = ArraySource(moving_gradient)
    assert read_barcode(BarcodeSource(drawn).picture(41).to_ndarray(format="gray")) == 41
    assert (
        read_barcode(BarcodeSource(drawn, lambda index: index + 1_000).picture(41).to_ndarray(format="gray")) == 1_041
    )


def test_recording_knows_sound_from_silence(tmp_path: Path) -> None:
    """Audible stretches are noted, and the file holds all of it."""
    recording = Recording()
    for level in [0] * 10 + [8_000] * 10 + [0] * 10:
        frame = av.AudioFrame.from_ndarray(np.full((1, 960), level, np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        recording._take(frame)
    assert len(recording.spans) == 1 and recording.heard.is_set()
    assert recording.seconds == pytest.approx(0.6)
    recording.save(tmp_path / "heard.wav")
    assert read_speech(tmp_path / "heard.wav").samples.max() == pytest.approx(8_000 / 32_768, abs=0.01)
