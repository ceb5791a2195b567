"""Decoded pictures of any size and format, upright and in RGB."""

import numpy as np
import pytest
from av import VideoFrame

from agent.core.pictures import Picture


@pytest.mark.parametrize("pixel_format", ["yuv420p", "gray", "rgb24", "nv12", "yuvj420p"])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (2, 2), (1280, 720)])
def test_any_size_and_format_becomes_rgb(pixel_format: str, width: int, height: int) -> None:
    """Odd sides and unusual formats convert like any other."""
    picture = Picture(VideoFrame(width, height, pixel_format))
    rgb = picture.rgb()
    assert rgb.shape == (height, width, 3) == (picture.height_px, picture.width_px, 3)
    assert rgb.dtype == np.uint8 and rgb.flags.c_contiguous and not rgb.flags.writeable


@pytest.mark.parametrize("pixel_format", ["yuv420p", "gray", "rgb24", "nv12", "yuvj420p"])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (2, 2), (1280, 720)])
def test_a_picture_goes_through_flat_memory_unchanged(pixel_format: str, width: int, height: int) -> None:
    """Every pixel is the same on the other side, however wide the decoder's lines were."""
    noise = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    picture = Picture(VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=pixel_format))
    layout = picture.layout()
    memory = memoryview(bytearray(layout.size_bytes))
    picture.copy_into(memory)
    again = Picture.unpacked(layout, memory)
    assert (again.width_px, again.height_px) == (width, height)
    np.testing.assert_array_equal(again.rgb(), picture.rgb())


def test_colours_keep_their_order() -> None:
    """Red comes out red."""
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 200
    rgb = Picture(VideoFrame.from_ndarray(red, format="rgb24").reformat(format="yuv420p")).rgb()
    assert rgb[20, 20, 0] > 180 and rgb[20, 20, 2] < 20


@pytest.mark.parametrize(("degrees", "corner"), [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1)), (0, (0, 0))])
def test_turned_frame_is_made_upright(degrees: int, corner: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A telephone's picture is turned counterclockwise by as much as its frame says."""
    monkeypatch.setattr("agent.core.pictures._converter", _RgbAlready())
    image = np.zeros((4, 6, 3), np.uint8)
    image[0, 0] = 255
    frame = _with_rotation(image, degrees)
    picture = Picture(frame)
    rgb = picture.rgb()
    assert rgb.shape == (picture.height_px, picture.width_px, 3)
    assert rgb[corner].min() == 255
    assert rgb.sum() == 3 * 255


class _Rotated:
    """Passes for a decoded frame with a display matrix, which PyAV cannot make."""

    def __init__(self, image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], degrees: int) -> None:
        self.height, self.width = image.shape[:2]
        self.rotation = degrees
        self._image = image

    def to_ndarray(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return self._image.copy()


class _RgbAlready:
    """A converter that has nothing to convert."""

    def __init__(self) -> None:
        self.reformatter = self

    def reformat(self, frame: _Rotated, *, format: str, threads: int) -> _Rotated:
        assert format == "rgb24" and threads == 1
        return frame


def _with_rotation(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], degrees: int) -> VideoFrame:
    return _Rotated(image, degrees)  # type: ignore[return-value]
