"""Packets go from the socket to the decoder at once, and nothing that a socket can bring stops a call."""

import asyncio
import queue
import random
import socket
import threading
from typing import Any

import pytest

from agent.media.peer import Peer
from agent.media.shortcut import _finish_at_once, decode_frames
from tests.media.conftest import Dial, barcoded


def _ice(peer: Peer) -> Any:
    """The ICE connection below everything."""
    assert peer._connection is not None
    return peer._connection._connection.getTransceivers()[0].receiver.transport.transport._connection


async def test_no_packet_of_media_waits_in_a_queue(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    """While picture and sound flow, nothing of them passes through the queue that has no bound."""
    async with dial(frames=barcoded()) as line:
        connection = _ice(line.peer)
        queued: list[Any] = []
        monkeypatch.setattr(connection._queue, "put_nowait", queued.append)
        before = line.peer.statistics.video.packets
        await asyncio.sleep(0.5)
        assert line.peer.statistics.video.packets - before > 10
        monkeypatch.undo()
        assert not [datagram for datagram, _ in queued if 127 < datagram[0] < 192]


async def test_datagrams_that_wait_are_taken_together(dial: Dial) -> None:
    """A loop that comes round once finds everything read that had come until then, in order."""
    async with dial(frames=barcoded()) as line:
        connection = _ice(line.peer)
        taken: list[bytes] = []
        connection.__dict__["take_media"] = taken.append
        address = connection._nominated[1].protocol.transport.get_extra_info("sockname")
        sent = [bytes([128, number]) + b"a forged packet" for number in range(20)]
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            for datagram in sent:
                stranger.sendto(datagram, address[:2])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [datagram for datagram in taken if datagram in sent] == sent


async def test_forged_datagrams_are_passed_over(dial: Dial) -> None:
    """Datagrams that look like media and are not, of any length, change nothing: frames go on coming."""
    chance = random.Random(11)
    async with dial(frames=barcoded()) as line:
        connection = _ice(line.peer)
        for _ in range(300):
            connection.data_received(bytes([chance.randrange(128, 192)]) + chance.randbytes(chance.randrange(1_400)), 1)
        assert line.peer.frames is not None
        line.peer.frames.clear()
        async with asyncio.timeout(5):
            await line.peer.frames.get()


async def test_work_that_waits_is_refused() -> None:
    """A coroutine that would have to wait is not left hanging in the middle unseen."""

    async def waits() -> None:
        await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="waits"):
        _finish_at_once(waits())


async def test_a_decoder_ends_with_its_loop() -> None:
    """A decoder's thread passes on the end of its track, and ends quietly where the loop has gone before it."""
    undecoded: queue.Queue[Any] = queue.Queue()
    undecoded.put(None)
    decoded: asyncio.Queue[Any] = asyncio.Queue()
    await asyncio.to_thread(decode_frames, asyncio.get_running_loop(), undecoded, decoded, threading.Event())
    assert await decoded.get() is None
    closed = asyncio.new_event_loop()
    closed.close()
    undecoded.put(None)
    await asyncio.to_thread(decode_frames, closed, undecoded, decoded, threading.Event())
