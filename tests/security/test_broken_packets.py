"""Packets that no browser sends, by somebody who holds the keys of a call: they are lost, and the call goes on."""

import asyncio
import logging
import random
from contextlib import suppress
from typing import Any

import google_crc32c
import pylibsrtp
import pytest
from aiortc import rtcsctptransport
from aiortc.rtcsctptransport import WEBRTC_STRING

from agent.media.hardening import harden_aiortc
from tests.media.conftest import Dial, Line, barcoded
from tests.media.conftest import dial as dial
from tests.security.mutations import mangled_bytes

PACKETS = [
    pytest.param(150, marks=pytest.mark.timeout(60)),
    pytest.param(10_000, marks=[pytest.mark.security, pytest.mark.timeout(600)]),
]
SCTP_HEADER_BYTES = 12
RTCP = bytes.fromhex(
    "80c80006" "00000001" "e000000000000000" "00000001" "0000000100000001"  # sender report
    "81c90007" "00000001" "00000002" "0000000000000000000000000000000000000000"  # receiver report
    "81cd0003" "00000001" "00000002" "00010000"  # negative acknowledgement
    "8fce0005" "00000001" "00000000" "52454d42" "01000000" "00000002"  # bandwidth estimate
)  # fmt: skip
VP8 = bytes.fromhex("806000010000000100000001908000019d012a8002e001")


class Wire:
    """A caller's side of a call, as far as it sends packets of its own making."""

    def __init__(self, line: Line) -> None:
        connection = line.caller._connection
        assert connection.sctp is not None
        self.sctp = connection.sctp
        self.dtls: Any = connection.sctp.transport
        self.chunks: list[bytes] = []
        """Packets that the caller's data channel really sent."""
        self._send_data = self.dtls._send_data
        self.dtls.__dict__["_send_data"] = self._remember

    async def send_text(self, data: bytes) -> None:
        """Bytes that are said to be text."""
        await self.sctp._send(1, WEBRTC_STRING, data)

    async def send_sctp(self, packet: bytes, chance: random.Random) -> None:
        """A packet with broken chunks, but the right tag and checksum."""
        broken = packet[:8] + bytes(4) + mangled_bytes(packet[SCTP_HEADER_BYTES:], chance)
        checksum = google_crc32c.value(broken).to_bytes(4, "little")
        await self._send_data(broken[:8] + checksum + broken[SCTP_HEADER_BYTES:])

    async def send_media(self, packet: bytes, second: int) -> None:
        """With the first two bytes of a packet of its kind; what SRTP will not even encrypt stays here."""
        with suppress(pylibsrtp.Error):
            first = 0x80 | packet[0] & 0x3F if packet else 0x80
            await self.dtls._send_rtp(bytes([first, second]) + packet[2:].ljust(30, b"\0"))

    async def _remember(self, data: bytes) -> None:
        self.chunks.append(data)
        await self._send_data(data)


async def frames(line: Line, count: int) -> None:
    """Waits for so many more pictures."""
    assert line.peer.frames is not None
    async with asyncio.timeout(20):
        for _ in range(count):
            await line.peer.frames.get()


def test_a_parameter_without_a_length_does_not_fill_the_memory() -> None:
    """It must not be looked at again and again: one packet of thirty bytes would end every call of the machine."""
    harden_aiortc()
    heartbeat = bytes([4, 0, 0, 12]) + bytes([0, 1, 0, 0]) + bytes(4)
    packet = bytes([0x13, 0x88] * 2) + bytes(8) + heartbeat
    packet = packet[:8] + google_crc32c.value(packet).to_bytes(4, "little") + packet[SCTP_HEADER_BYTES:]
    with pytest.raises(ValueError, match="0 bytes"):
        rtcsctptransport.parse_packet(packet)


@pytest.mark.parametrize("packets", PACKETS)
async def test_broken_packets_are_lost_and_the_call_goes_on(
    dial: Dial, packets: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Text that is no UTF-8, broken chunks, broken control packets and broken pictures: the camera is still seen."""
    chance = random.Random(packets)
    async with dial(frames=barcoded(), voice=False) as line:
        wire = Wire(line)
        assert line.caller.channel is not None
        line.caller.channel.send('{"type":"chat","text":"hello"}')
        await frames(line, 3)
        await wire.send_text(b"\xff\xfe")
        for number in range(packets):
            match chance.randrange(3):
                case 0:
                    await wire.send_sctp(chance.choice(wire.chunks), chance)
                case 1:
                    await wire.send_media(mangled_bytes(RTCP, chance), 200)
                case _:
                    await wire.send_media(mangled_bytes(VP8, chance), 96)
            if number % 20 == 0:
                await asyncio.sleep(0)
        await frames(line, 5)
        assert not line.ended.done()
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]
    assert failures == []
