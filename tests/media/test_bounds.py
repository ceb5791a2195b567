"""A customer who sends more than any page does costs their own call, and the agent nothing."""

import asyncio

import av
import numpy as np
import pytest
from aiortc.codecs import CODECS
from aiortc.rtcsctptransport import RTCSctpTransport

from agent.media.bounded_channel import STREAM_LIMIT, UNFINISHED_LIMIT_BYTES
from agent.media.decoding import PIXELS_LIMIT, DecodedCounts, TimedDecoder, TrackedFrame, vp8_pixels
from tests.media.conftest import Dial, Line


def unfinished_bytes(sctp: RTCSctpTransport) -> int:
    return sum(len(piece.user_data) for stream in sctp._inbound_streams.values() for piece in stream.reassembly)


async def until_the_channel_is_closed(line: Line) -> int:
    """The most that was kept of messages without an end, in bytes."""
    sctp, most = line.peer._connection._connection.sctp, 0  # type: ignore[union-attr]
    assert isinstance(sctp, RTCSctpTransport)
    async with asyncio.timeout(10):
        while sctp.state != "closed":
            most = max(most, unfinished_bytes(sctp))
            await asyncio.sleep(0.005)
    return most


async def test_a_message_without_an_end_closes_the_channel_and_not_the_call(dial: Dial) -> None:
    """What is kept of it stays bounded, and sound still comes in."""
    async with dial() as line:
        assert line.caller.channel is not None and line.peer.channel is not None
        async with asyncio.timeout(10):
            await line.caller.channel.opened.wait()
        page, sctp = line.caller.channel._channel, line.caller._connection.sctp
        assert page is not None and sctp is not None
        sctp._remote_max_message_size = 0  # as a customer's side that heeds nothing
        page.send("x" * 4_000_000)
        assert await until_the_channel_is_closed(line) <= UNFINISHED_LIMIT_BYTES + 10_000
        heard = line.peer.statistics.audio.packets
        async with asyncio.timeout(5):
            while line.peer.statistics.audio.packets == heard:
                await asyncio.sleep(0.02)
        assert not line.ended.done()


async def test_channel_upon_channel_is_not_taken(dial: Dial) -> None:
    """One is served; who opens hundreds loses all of them."""
    async with dial() as line:
        assert line.peer.channel is not None
        async with asyncio.timeout(10):
            await line.peer.channel.opened.wait()
        for number in range(4 * STREAM_LIMIT):
            line.caller._connection.createDataChannel(f"more {number}")
        await until_the_channel_is_closed(line)
        assert not line.ended.done()


def keyframe(encoder: str, width_px: int, height_px: int) -> bytes:
    """One picture of this size, as a camera's keyframe."""
    codec = av.CodecContext.create(encoder, "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width_px, height_px, "yuv420p"
    if encoder == "libx264":
        codec.options = {"tune": "zerolatency", "profile": "baseline"}
    picture = av.VideoFrame.from_ndarray(np.zeros((height_px * 3 // 2, width_px), np.uint8), format="yuv420p")
    return b"".join(bytes(packet) for packet in [*codec.encode(picture), *codec.encode(None)])


@pytest.mark.parametrize(("name", "encoder"), [("VP8", "libvpx"), ("H264", "libx264")])
@pytest.mark.parametrize(("width_px", "height_px", "decoded"), [(1920, 1080, 1), (6000, 4000, 0)])
def test_a_picture_beyond_any_camera_is_not_decoded(
    name: str, encoder: str, width_px: int, height_px: int, decoded: int
) -> None:
    """Its own header says its size; what it would take to decode is not asked for. Full HD is, of course."""
    codec = next(codec for codec in CODECS["video"] if codec.name == name)
    data, counts = keyframe(encoder, width_px, height_px), DecodedCounts()
    decoder = TimedDecoder(codec)
    pictures = []
    for timestamp in range(2):
        try:
            pictures += decoder.decode(TrackedFrame(data, timestamp, 0, 0, counts))
        except av.FFmpegError:
            pass
    assert bool(pictures) == bool(decoded) and counts.taken == 2
    if name == "VP8":
        assert (vp8_pixels(data) > PIXELS_LIMIT) != bool(decoded)
