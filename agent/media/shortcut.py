"""Takes media from the socket to the decoder without a task or a queue for every packet.

aiortc wakes a task for each datagram, through a queue of aioice's that has no bound: an event loop that falls behind
for a second works on ever older packets, and nobody sees it, as a packet's arrival is noted when its turn comes.
Here a packet of media is worked off in the very callback in which the socket was read. What the loop is too slow for
waits in the kernel's buffer, which holds about a second and then drops.

asyncio reads one datagram of a socket each time round, however many wait: a busy loop, which goes round twenty times a
second, would keep that buffer full, and every packet seconds old. Here all that wait are read, within bounds; with
eight calls on a machine that was busy with other things, frames were 0.4 s old instead of 7. A decoded frame goes back
to the loop as a plain callback rather than as a task of its own.
"""

import asyncio
import queue
import socket
import struct
import threading
from collections.abc import Coroutine
from functools import partial
from typing import Any

import av
import pylibsrtp
from aioice import Connection
from aioice.ice import StunProtocol
from aiortc import clock, rtcrtpreceiver
from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from aiortc.rtp import is_rtcp

from agent.media.decoding import TimedDecoder

MEDIA_BYTES = range(128, 192)
"""First bytes of RTP and RTCP among what shares a port (RFC 7983 section 7)."""

AT_ONCE = 32
"""Datagrams of one socket that are worked off before others have their turn: about 3 ms."""
LARGEST_DATAGRAM = 65_535
UNREADABLE = (AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)
"""What aiortc raises of packets that are not as it takes for granted; text that is no UTF-8 is a `ValueError`."""

_queue_datagram = Connection.data_received
_take_datagram = StunProtocol.datagram_received
_setup_srtp = RTCDtlsTransport._setup_srtp


def take_shortcut() -> None:
    """Lets every connection made from now on work this way; calling it again changes nothing."""
    StunProtocol.datagram_received = _datagram_received  # type: ignore[method-assign]
    Connection.data_received = _data_received  # type: ignore[method-assign]
    RTCDtlsTransport._setup_srtp = _setup_srtp_and_take_media  # type: ignore[method-assign]
    rtcrtpreceiver.decoder_worker = decode_frames  # type: ignore[assignment]


def _datagram_received(self: StunProtocol, data: bytes | str, addr: tuple[Any, ...]) -> None:
    """The datagram that asyncio read, and those that wait behind it."""
    _take_datagram(self, data, addr)
    for _ in range(AT_ONCE - 1):
        waiting: socket.socket | None = getattr(self.transport, "_sock", None)
        if waiting is None:
            return  # closed meanwhile, or a loop that keeps its sockets to itself
        try:
            data, addr = waiting.recvfrom(LARGEST_DATAGRAM)
        except OSError:
            return  # none waits; asyncio will meet any other error itself
        _take_datagram(self, data, addr)


def _data_received(self: Connection, data: bytes, component: int) -> None:
    take = self.__dict__.get("take_media")
    if take is not None and data and data[0] in MEDIA_BYTES:
        take(data)
    else:
        _queue_datagram(self, data, component)


def _setup_srtp_and_take_media(self: RTCDtlsTransport) -> None:
    _setup_srtp(self)
    if self._state is not State.FAILED:
        self.transport._connection.__dict__["take_media"] = partial(_take, self)


def _take(transport: RTCDtlsTransport, data: bytes) -> None:
    """What `RTCDtlsTransport._recv_next` does with a datagram of media."""
    if transport._state not in (State.CONNECTING, State.CONNECTED):
        return
    transport._RTCDtlsTransport__rx_bytes += len(data)  # type: ignore[attr-defined]
    transport._RTCDtlsTransport__rx_packets += 1  # type: ignore[attr-defined]
    try:
        if is_rtcp(data):
            work = transport._handle_rtcp_data(transport._rx_srtp.unprotect_rtcp(data))
        else:
            work = transport._handle_rtp_data(transport._rx_srtp.unprotect(data), clock.current_ms())
    except pylibsrtp.Error:
        return
    _finish_at_once(work)


def _finish_at_once(work: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine that never waits: all that aiortc does on receiving is to compute, and to send datagrams.

    A packet that cannot be read is lost, as on a bad network.
    """
    try:
        work.send(None)
    except (StopIteration, ConnectionError, *UNREADABLE):
        return
    work.close()
    raise RuntimeError("aiortc waits for something while it receives a packet; this version is not the one known")


def decode_frames(
    loop: asyncio.AbstractEventLoop,
    undecoded: "queue.Queue[Any]",
    decoded: "asyncio.Queue[Any]",
    failed: threading.Event,
) -> None:
    """The thread of a track: decodes until it is given None, which it passes on. Has aiortc's own signature.

    A frame that cannot be decoded sets `failed`, for a keyframe to be asked for, and leaves the decoder as it is.
    """
    decoder: TimedDecoder | None = None
    name = ""
    try:
        while (task := undecoded.get()) is not None:
            codec, encoded = task
            if decoder is None or codec.name != name:
                decoder, name = TimedDecoder(codec), codec.name
            try:
                frames = decoder.decode(encoded)
            except av.FFmpegError:
                failed.set()
                continue
            for frame in frames:
                loop.call_soon_threadsafe(decoded.put_nowait, frame)
        loop.call_soon_threadsafe(decoded.put_nowait, None)
    except RuntimeError:
        return  # the loop has closed, and with it whoever wanted frames
