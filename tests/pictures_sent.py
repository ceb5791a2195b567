"""Pictures as customers' phones send them, and as nobody should."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

ARTIST = b"Dana Example"
"""Whose camera it was, by the EXIF of `photo_with_place`."""
LATITUDE = 0x0002


def two_halves() -> NDArray[np.uint8]:
    """(60, 90, 3) BGR: red on the left, black on the right."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[:, :45] = (0, 0, 255)
    return pixels


def encoded(pixels: NDArray[np.uint8], form: str) -> bytes:
    """(height, width, 3) BGR in a form such as ".png"."""
    _, content = cv2.imencode(form, pixels)
    return content.tobytes()


def photo_with_place(pixels: NDArray[np.uint8], *, orientation: int = 1) -> bytes:
    """A JPEG whose EXIF tells how it is turned, who took it, and where (CIPA DC-008, sections 4.6.2 to 4.6.6)."""
    name, place = ARTIST + b"\0", struct.pack(">6I", 47, 1, 22, 1, 0, 1)
    after_first = 8 + 2 + 3 * 12 + 4
    gps_at = after_first + len(name) + len(name) % 2
    place_at = gps_at + 2 + 2 * 12 + 4
    first = struct.pack(">H", 3) + b"".join(
        (
            struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0),
            struct.pack(">HHII", 0x013B, 2, len(name), after_first),
            struct.pack(">HHII", 0x8825, 4, 1, gps_at),
        )
    )
    gps = struct.pack(">H", 2) + struct.pack(">HHI4s", 1, 2, 2, b"N\0\0\0")
    gps += struct.pack(">HHII", LATITUDE, 5, 3, place_at) + bytes(4)
    tiff = b"MM\0*" + struct.pack(">I", 8) + first + bytes(4) + name + bytes(len(name) % 2) + gps + place
    exif = b"Exif\0\0" + tiff
    jpeg = encoded(pixels, ".jpg")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def png_header(width_px: int, height_px: int) -> bytes:
    """The first bytes of a PNG that says it is so large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
