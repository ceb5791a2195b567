"""Strange but legitimate files: their pictures and sound, upright and at their time, and damage left out."""

import os
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.media import media_files
from agent.media.media_files import MediaFile
from agent.media.sound_files import read_sound

ONE = 0x10000
UPRIGHT = np.array([[[250, 0, 0], [0, 250, 0]], [[0, 0, 250], [250, 250, 250]]], np.uint8).repeat(32, 0).repeat(48, 1)
"""64 by 96: red, green above blue, white."""
TURNS = {
    "a quarter clockwise": ((0, ONE, -ONE, 0), np.rot90(UPRIGHT)),
    "a quarter back": ((0, -ONE, ONE, 0), np.rot90(UPRIGHT, -1)),
    "upside down": ((-ONE, 0, 0, -ONE), np.rot90(UPRIGHT, 2)),
    "mirrored": ((-ONE, 0, 0, ONE), UPRIGHT[:, ::-1]),
    "mirrored downwards": ((ONE, 0, 0, -ONE), UPRIGHT[::-1]),
    "mirrored and turned": ((0, ONE, ONE, 0), UPRIGHT.transpose(1, 0, 2)),
    "not at all": ((ONE, 0, 0, ONE), UPRIGHT),
}
"""The display matrix of a file, and how the picture lies in it."""


def write_video(
    path: Path, pictures: Sequence[NDArray[np.uint8]], *, start_s: float = 0.0, aspect: Fraction = Fraction(1)
) -> Path:
    """Motion JPEG at 10 frames a second, from `start_s` on."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj444p"
        stream.codec_context.sample_aspect_ratio = aspect
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number + round(start_s * 10), Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path, *starts_s: float, samples: NDArray[np.float32] | None = None) -> Path:
    """A tenth of a second of half loudness at 8 kHz, or `samples`, at each of these times."""
    run = np.full(800, 0.5, np.float32) if samples is None else samples
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=8_000)
        stream.layout = "mono"
        for start_s in starts_s:
            frame = av.AudioFrame.from_ndarray(run[None], format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8_000, round(start_s * 8_000), Fraction(1, 8_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def pictures_of(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    with MediaFile.open(path) as file:
        return [(at_s, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for at_s, frame in file.pictures()]


def with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Writes a display matrix into the track's header of an MP4 file (ISO/IEC 14496-12, 8.3.2)."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    a, b, c, d = matrix
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("turn", TURNS)
def test_pictures_are_upright_and_not_mirrored(tmp_path: Path, turn: str) -> None:
    """Telephones write sideways pictures and say so; they are shown as they were meant."""
    matrix, lies = TURNS[turn]
    path = with_matrix(write_video(tmp_path / "turned.mp4", [lies]), matrix)
    ((_, shown),) = pictures_of(path)
    assert shown.shape == UPRIGHT.shape
    assert np.abs(shown.astype(int) - UPRIGHT)[8:-8:16, 8:-8:16].max() < 40


def test_pixels_are_square(tmp_path: Path) -> None:
    """Television's pixels are wider than high; a face in them is not to be thinner than it is."""
    path = write_video(tmp_path / "wide.mkv", [UPRIGHT[:, ::2]], aspect=Fraction(2))
    ((_, shown),) = pictures_of(path)
    assert shown.shape == UPRIGHT.shape


def test_the_cover_of_a_record_is_no_video(tmp_path: Path) -> None:
    """Sound with a picture of its cover is sound."""
    path = tmp_path / "song.flac"
    write_sound_with_cover(path)
    with av.open(str(path)) as container:
        assert container.streams.video
    with MediaFile.open(path) as file:
        assert file.video is None and file.audio is not None
        with pytest.raises(NotMedia, match="no video"):
            next(file.pictures())


def write_sound_with_cover(path: Path) -> None:
    """A FLAC file with the block PICTURE (RFC 9639, section 8.8)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.full((1, 8_000), 9_000, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    cover = cv2.imencode(".jpg", UPRIGHT)[1].tobytes()
    mime = b"image/jpeg"
    block = struct.pack(">II", 3, len(mime)) + mime + struct.pack(">I", 0)
    block += struct.pack(">IIIII", 96, 64, 24, 0, len(cover)) + cover
    content = path.read_bytes()
    begins = 4 + 4 + 34
    path.write_bytes(content[:begins] + b"\x06" + len(block).to_bytes(3, "big") + block + content[begins:])


def test_of_two_videos_the_larger_counts(tmp_path: Path) -> None:
    """As in players, and not the one that happens to come first."""
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = []
        for picture in (UPRIGHT[::2, ::2], UPRIGHT):
            stream = container.add_stream("mjpeg", rate=10)
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuvj444p"
            streams.append((stream, picture))
        for stream, picture in streams:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
            container.mux(stream.encode(None))
    ((_, shown),) = pictures_of(path)
    assert shown.shape == UPRIGHT.shape


def test_times_count_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    """Sound and pictures have one time, whichever begins first; a file whose clock starts anywhere begins at 0."""
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=10)
        video.height, video.width = UPRIGHT.shape[:2]
        video.pix_fmt = "yuvj444p"
        audio = container.add_stream("pcm_s16le", rate=8_000)
        audio.layout = "mono"
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 8_000, 2 * 8_000, Fraction(1, 8_000)
        container.mux(audio.encode(sound))
        picture = av.VideoFrame.from_ndarray(UPRIGHT, format="rgb24")
        picture.pts, picture.time_base = 70, Fraction(1, 10)
        container.mux(video.encode(picture))
        for stream in (video, audio):
            container.mux(stream.encode(None))
    with MediaFile.open(path) as file:
        assert [at_s for at_s, _ in file.sounds()] == [0.0]
    assert [at_s for at_s, _ in pictures_of(path)] == [pytest.approx(5.0)]


def test_damaged_packets_are_left_out_and_counted(tmp_path: Path) -> None:
    """Nine of ten pictures of a damaged file come at their time; one of which nothing can be read is refused."""
    path = write_video(tmp_path / "damaged.mkv", [UPRIGHT] * 10)
    content = path.read_bytes()
    path.write_bytes(without_picture(content, 3))
    with MediaFile.open(path) as file:
        times = [at_s for at_s, _ in file.pictures()]
        assert file.damaged == 1
    assert times == pytest.approx([0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    for _ in range(10):
        content = without_picture(content, 0)
    path.write_bytes(content)
    with pytest.raises(NotMedia, match=r"damaged\.mkv"):
        pictures_of(path)


def without_picture(content: bytes, number: int) -> bytes:
    """The file with one of its JPEG pictures overwritten with zeros."""
    begins = [at for at in range(len(content)) if content.startswith(b"\xff\xd8\xff", at)][number]
    ends = content.index(b"\xff\xd9", begins) + 2
    return content[:begins] + bytes(ends - begins) + content[ends:]


def test_sound_of_any_numbers_is_within_bounds(tmp_path: Path) -> None:
    """A file of floating point may hold what is no number, or far too loud."""
    strange = np.tile(np.array([np.nan, np.inf, -np.inf, 40.0], np.float32), 400)
    path = write_sound(tmp_path / "strange.wav", 0.0, samples=strange)
    with MediaFile.open(path) as file:
        samples = np.concatenate([run for _, run in file.mono(16_000)])
    assert len(samples) == pytest.approx(3_200, abs=4)
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1


@pytest.mark.parametrize("name", ["12:30.mkv", "http:call.mkv", "-call.mkv", "call%03d.mkv", "电话 é.mkv"])
def test_names_are_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No name of a file in this folder is taken for an address, an option or a pattern."""
    monkeypatch.chdir(tmp_path)
    write_video(Path("plain.mkv"), [UPRIGHT]).rename(name)
    assert len(pictures_of(Path(name))) == 1
    write_sound(Path("plain.mka"), 0.0).rename(name)
    assert len(read_sound(Path(name))) == pytest.approx(1_600, abs=20)


def test_what_leads_to_other_files_is_not_followed(tmp_path: Path) -> None:
    """A playlist from a stranger opens neither other files nor addresses."""
    write_video(tmp_path / "private.mkv", [UPRIGHT])
    playlist = tmp_path / "list.mkv"
    playlist.write_text("ffconcat version 1.0\nfile 'private.mkv'\n")
    with pytest.raises(NotMedia, match=r"list\.mkv"):
        MediaFile.open(playlist)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe would be waited for, and could be read once only."""
    pipe = tmp_path / "pipe.mkv"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(NotMedia, match="not a regular file"):
            MediaFile.open(path)


def test_pictures_beyond_all_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may hold a picture that takes gigabytes; it is refused by what its header says."""
    path = write_video(tmp_path / "large.mkv", [UPRIGHT])
    monkeypatch.setattr(media_files, "PIXELS_LIMIT", 96 * 64 - 1)
    with pytest.raises(NotMedia, match="96x64"):
        MediaFile.open(path)
