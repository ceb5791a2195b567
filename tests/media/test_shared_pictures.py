"""What is left of a picture that a customer sends is what it shows, and nothing that is no picture gets through."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.errors import NotMedia
from agent.media.shared_pictures import LONGEST_SIDE_PX, redrawn, stated_size
from tests.pictures_sent import ARTIST, encoded, photo_with_place, png_header

LEFT_RED = np.zeros((40, 60, 3), np.uint8)
LEFT_RED[:, :30] = (0, 0, 255)


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_BGR), np.uint8)


@pytest.mark.parametrize("form", [".jpg", ".png", ".webp"])
def test_what_a_picture_shows_is_kept(form: str) -> None:
    """Every form that is taken becomes a JPEG of the same size and colours."""
    picture = redrawn(encoded(LEFT_RED, form))
    assert picture.jpeg.startswith(b"\xff\xd8\xff")
    assert (picture.width_px, picture.height_px) == (60, 40)
    assert np.allclose(decoded(picture.jpeg)[20, [10, 50]], [[0, 0, 255], [0, 0, 0]], atol=25)


def test_where_and_with_what_it_was_taken_is_gone_and_it_stands_upright() -> None:
    """A photo whose EXIF names place and owner, and says that it lies on its side, comes out upright without either."""
    content = photo_with_place(LEFT_RED, orientation=6)
    assert ARTIST in content and b"Exif" in content
    picture = redrawn(content)
    assert ARTIST not in picture.jpeg and b"Exif" not in picture.jpeg and b"GPS" not in picture.jpeg
    assert (picture.width_px, picture.height_px) == (40, 60)
    assert np.allclose(decoded(picture.jpeg)[[10, 50], 20], [[0, 0, 255], [0, 0, 0]], atol=25)


def test_large_ones_become_smaller() -> None:
    """The longer side has an end; the shape stays."""
    picture = redrawn(encoded(np.zeros((900, 3_600, 3), np.uint8), ".jpg"))
    assert (picture.width_px, picture.height_px) == (LONGEST_SIDE_PX, LONGEST_SIDE_PX // 4)


def test_a_small_file_that_would_fill_the_memory_is_not_decoded() -> None:
    """A header that asks for gigabytes is refused by its numbers, for each form."""
    jpeg = bytearray(encoded(LEFT_RED, ".jpg"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    webp = b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + b"\xff\xff\x00\xff\xff\x00"
    for content in (png_header(50_000, 50_000) + zlib.compress(bytes(10**6)), bytes(jpeg), webp):
        with pytest.raises(NotMedia, match="million pixels"):
            redrawn(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + bytes(50),
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\xff\xd8\xff" + bytes(200),
        png_header(64, 64),
        encoded(LEFT_RED, ".png")[:60],
        encoded(LEFT_RED, ".bmp"),
        encoded(LEFT_RED[:4, :4], ".png"),
    ],
    ids=["nothing", "gif", "svg", "html", "pdf", "jpeg start", "png start", "cut png", "bmp", "tiny"],
)
def test_what_is_no_picture_is_refused_by_its_content(content: bytes) -> None:
    """Whatever it is called, only JPEG, PNG and WebP that can be decoded are shown."""
    with pytest.raises(NotMedia):
        redrawn(content)


@given(st.sampled_from([".jpg", ".png", ".webp"]), st.integers(8, 500), st.integers(8, 500))
def test_the_size_is_known_before_anything_is_decoded(form: str, width_px: int, height_px: int) -> None:
    """What the header says is what the decoder finds."""
    assert stated_size(encoded(np.zeros((height_px, width_px, 3), np.uint8), form)) == (width_px, height_px)


def test_a_piece_that_claims_more_than_there_is_is_not_made_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG of a few bytes can say that four gigabytes follow: no decoder sees it, nor one that breaks off."""
    whole = encoded(LEFT_RED, ".png")
    assert redrawn(whole).width_px == 60
    at = whole.index(b"IDAT") - 4
    claims = whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    for content in (claims, whole[:-5], whole[:at], whole[: at + 20]):
        with pytest.raises(NotMedia, match="damaged"):
            redrawn(content)
