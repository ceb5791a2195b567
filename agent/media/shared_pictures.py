"""Makes a picture that a customer sends harmless: what it shows is drawn anew, and nothing else of it is kept."""

import struct
from dataclasses import dataclass, field

import cv2
import numpy as np
from cv2.typing import MatLike

from agent.core.errors import NotMedia

MOST_PIXELS = 26_000_000
"""Of a picture as it comes, by what its header says; decoded, it takes three bytes each."""
LONGEST_SIDE_PX = 1_600
"""Of what is made of it: enough to read a label or a receipt."""
SMALLEST_SIDE_PX = 8
_SMALLER_PX = (768, 640, 512, 384, 256, 128)
_QUALITY = 85
_WANTED = "send a photo as JPEG, PNG or WebP"
_JPEG, _PNG, _RIFF, _WEBP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"WEBP"
_CHUNK_FRAME = 12
"""Bytes of a PNG chunk beside its data: length, kind and checksum."""
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of segments that tell the size (ITU-T T.81, table B.1)."""
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that no length follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPicture:
    """A picture of our own making."""

    jpeg: bytes = field(repr=False)
    width_px: int
    height_px: int


def redrawn(content: bytes) -> CleanPicture:
    """The picture, upright and not too large, as a JPEG that holds its pixels and nothing else of the file.

    What it is, its content tells, not a name. Blocks for a tenth of a second or two. Raises `NotMedia` for what is no
    JPEG, PNG or WebP, has too many pixels, or cannot be decoded.
    """
    size = stated_size(content)
    if size is None:
        raise NotMedia(f"this is no picture that can be shown; {_WANTED}")
    width_px, height_px = size
    if width_px * height_px > MOST_PIXELS:
        raise NotMedia(f"the picture has more than {MOST_PIXELS // 1_000_000} million pixels; send a smaller one")
    if min(size) < SMALLEST_SIDE_PX:
        raise NotMedia("the picture is too small to show anything")
    pixels = _decoded(content) if _is_whole(content) else None
    if pixels is None or pixels.size > MOST_PIXELS * 3:
        raise NotMedia(f"the picture is damaged and cannot be shown; {_WANTED}")
    return _fitted(pixels, LONGEST_SIDE_PX)


def small(picture: CleanPicture, *, most_bytes: int) -> bytes:
    """The same as a JPEG of so many bytes at most, as large as fits. Blocks for a moment."""
    pixels = _decoded(picture.jpeg)
    assert pixels is not None, "it is of our own making"
    for side_px in _SMALLER_PX:
        made = _fitted(pixels, side_px)
        if len(made.jpeg) <= most_bytes:
            break
    return made.jpeg


def _is_whole(content: bytes) -> bool:
    """False for a PNG one of whose chunks claims more bytes than there are, as OpenCV makes room for all it claims."""
    if not content.startswith(_PNG):
        return True
    at, kind = len(_PNG), b""
    while kind != b"IEND" and at + _CHUNK_FRAME <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        at += _CHUNK_FRAME + length
    return kind == b"IEND" and at <= len(content)


def _decoded(content: bytes) -> MatLike | None:
    """Turned as its EXIF says. An alpha channel is dropped."""
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_BGR)
    except cv2.error:
        return None


def _fitted(pixels: MatLike, longest_side_px: int) -> CleanPicture:
    height_px, width_px = pixels.shape[:2]
    scale = longest_side_px / max(width_px, height_px)
    if scale < 1:
        width_px, height_px = max(1, round(width_px * scale)), max(1, round(height_px * scale))
        pixels = cv2.resize(pixels, (width_px, height_px), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return CleanPicture(jpeg=jpeg.tobytes(), width_px=width_px, height_px=height_px)


def stated_size(content: bytes) -> tuple[int, int] | None:
    """Width and height as the header of a JPEG, PNG or WebP says them; None for anything else.

    Read before any decoder sees the file: a header of a few bytes can ask a decoder for gigabytes.
    """
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) >= 24:
        width_px, height_px = struct.unpack_from(">II", content, 16)
        return width_px, height_px
    if content.startswith(_RIFF) and content[8:12] == _WEBP and len(content) >= 30:
        return _webp_size(content)
    return _jpeg_size(content) if content.startswith(_JPEG) else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        elif marker in _JPEG_SIZES:
            height_px, width_px = struct.unpack_from(">HH", content, at + 5)
            return width_px, height_px
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """RFC 9649, sections 2.5 to 2.7."""
    match content[12:16]:
        case b"VP8 " if content[23:26] == b"\x9d\x01\x2a":
            return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF
        case b"VP8L" if content[20] == 0x2F:
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    return None
