"""Sound of files that people send: what is whole is read, and what lies about itself costs nothing."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import NotMedia
from agent.media.clips import read_speech
from agent.media.media_files import MediaFile
from agent.media.sound_files import decoded_sound
from tests.security.test_parsers import sound_file

RATE_AT = 24
"""Where a WAV file says how many samples there are a second."""


def at_rate(rate_hz: int) -> bytes:
    sound = bytearray(sound_file("wav", "pcm_s16le"))
    struct.pack_into("<I", sound, RATE_AT, rate_hz)
    return bytes(sound)


def test_any_rate_of_sound_is_read() -> None:
    """A telephone's and a studio's last as long as they say."""
    for rate_hz in (8_000, 48_000, 96_000):
        samples = np.concatenate(list(decoded_sound(io.BytesIO(at_rate(rate_hz)))))
        assert len(samples) / 16_000 == pytest.approx(9_600 / rate_hz, rel=0.05)


@pytest.mark.parametrize("rate_hz", [1, 100, 3_999, 4_000_000])
def test_a_rate_that_no_sound_has_is_refused_before_it_is_stretched(rate_hz: int) -> None:
    """A few kilobytes at a sample a second would be hours, a gigabyte of them at once."""
    with pytest.raises(NotMedia, match="no sound that can be decoded"):
        list(decoded_sound(io.BytesIO(at_rate(rate_hz))))


def test_so_is_one_in_a_file_that_is_analysed(tmp_path: Path) -> None:
    """By the same bounds."""
    file = tmp_path / "slow.wav"
    file.write_bytes(at_rate(1))
    with MediaFile.open(file) as opened, pytest.raises(NotMedia, match="1 samples of sound a second"):
        list(opened.mono(16_000))
    with pytest.raises(NotMedia):
        read_speech(file)
