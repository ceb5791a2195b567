"""Makes aiortc's receivers prompt: they release frames early, survive loss without stalling, and say when packets came.

aiortc 1.16 waits for the next frame's first packet before it gives out a frame, holds four audio packets back, stalls
for seconds behind one lost video packet and keeps a lost audio packet's delay for ever. All of it is replaced in one
subclass of its receiver, which `harden_aiortc` puts in the place of the original, with `agent.media.shortcut` for the
way to and from it. A connection that closes under a data channel message takes the message with it, as a network does,
instead of failing a task that nobody awaits; a packet that cannot be read costs its sender that packet alone.
"""

import queue
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import av
from aiortc import rtcpeerconnection, rtcsctptransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcsctptransport import RTCSctpTransport
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket, RtpPacket

from agent.core.errors import MediaError
from agent.core.types import Passage
from agent.media.bounded_channel import bound_channels
from agent.media.decoding import Arrivals, DecodedCounts, TimedDecoder, TrackedFrame
from agent.media.reassembly import AudioAssembler, LossReporter, VideoAssembler
from agent.media.rollover import RunningCounter
from agent.media.shortcut import UNREADABLE, take_shortcut

AIORTC_SERIES = "1.16."
UNDECODED_LIMIT = 15
"""Frames that may wait for the decoder; beyond that, time is caught up by skipping to a keyframe."""
_PRIVATE_PARTS = ("codecs", "decoder_queue", "decoder_thread", "jitter_buffer", "nack_generator", "remote_streams")

SenderReportListener = Callable[[int, int, int], None]
"""Called with a sender report's 64-bit NTP time, its 32-bit RTP time, and the monotonic time at which it came."""

FrameListener = Callable[[bytes, int], None]
"""Called with each whole frame, still encoded, and its RTP time, running on where 32 bits wrap."""


class PromptReceiver(RTCRtpReceiver):
    """A receiver whose frames carry their real RTP time as `pts` (running on where 32 bits wrap)."""

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        super().__init__(kind, transport)
        self.last_packet_ns: int | None = None
        """Monotonic time of the last RTP packet, whether it was used or not."""
        self.packets = 0
        self.payload_bytes = 0
        self.on_sender_report: SenderReportListener | None = None
        self.decoded = DecodedCounts()
        self.undecodable = 0
        """Whole frames that no decoder could be given."""
        self.discarded = 0
        """Whole frames thrown away because too many waited for the decoder."""
        self._timestamps = RunningCounter(32)
        self._arrivals = Arrivals()
        self._sound_decoder: TimedDecoder | None = None
        self._sound_codec = ""
        self.decodes = True
        """False leaves frames encoded: they go to `on_frame` alone."""
        self.on_frame: FrameListener | None = None
        self._keyframe_wanted = False
        self.assembler: AudioAssembler | VideoAssembler
        if kind == "audio":
            self.assembler = AudioAssembler()
        else:
            self.assembler = VideoAssembler()
            self._RTCRtpReceiver__nack_generator = LossReporter()
        self._RTCRtpReceiver__jitter_buffer = self.assembler

    @property
    def packets_lost(self) -> int:
        """Packets that never came, by sequence number; those sent again and received do not count."""
        streams: dict[int, Any] = self._part("remote_streams")
        return sum(max(0, stream.packets_lost) for stream in streams.values())

    def arrived_ns(self, pts: int) -> int | None:
        """Monotonic time at which the frame of this `pts` was complete, for the last frames; None if not known."""
        frame = self._arrivals.frame(pts)
        return None if frame is None else frame.whole_ns

    def passage(self, pts: int) -> Passage | None:
        """How the decoded frame of this `pts` came, for the last frames; None if not known."""
        frame = self._arrivals.frame(pts)
        return None if frame is None else frame.passage()

    def ask_for_keyframe(self) -> None:
        """Whoever sends is asked with the next packet that comes from there."""
        self._keyframe_wanted = True

    def _part(self, name: str) -> Any:
        """A private attribute of the original; `harden_aiortc` has checked that it exists."""
        return getattr(self, f"_RTCRtpReceiver__{name}")

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        now_ns = time.monotonic_ns()
        self.last_packet_ns = now_ns
        self.packets += 1
        self.payload_bytes += len(packet.payload)
        self._arrivals.packet(packet.timestamp, now_ns)
        await super()._handle_rtp_packet(packet, arrival_time_ms)
        undecoded: queue.Queue[Any] = self._part("decoder_queue")
        while self.assembler.ready:
            frame = self.assembler.ready.popleft()
            codec = self._part("codecs").get(frame.payload_type)
            first_ns = self._arrivals.first_ns(frame.timestamp, now_ns)
            if codec is None or self._part("decoder_thread") is None:
                self.undecodable += 1
                continue
            timestamp = self._timestamps.extend(frame.timestamp)
            if self.on_frame is not None:
                self.on_frame(frame.data, timestamp)
            if not self.decodes:
                continue
            tracked = TrackedFrame(frame.data, timestamp, first_ns, now_ns, self.decoded)
            self._arrivals.keep(tracked)
            if isinstance(self.assembler, AudioAssembler):
                self._decode_sound(codec, tracked)
            else:
                undecoded.put((codec, tracked))
        if isinstance(self.assembler, VideoAssembler) and undecoded.qsize() > UNDECODED_LIMIT:
            self.discarded += _discard(undecoded)
            self.assembler.skip_to_keyframe()
        if self._keyframe_wanted:
            self._keyframe_wanted = False
            await self._send_rtcp_pli(packet.ssrc)

    def _decode_sound(self, codec: RTCRtpCodecParameters, frame: TrackedFrame) -> None:
        """Decodes here and now: 20 ms of Opus take 60 us, handing them to a thread and back several times as long."""
        if self._sound_decoder is None or codec.name != self._sound_codec:
            self._sound_decoder, self._sound_codec = TimedDecoder(codec), codec.name
        try:
            decoded = self._sound_decoder.decode(frame)
        except av.FFmpegError:
            return  # what is no sound is a gap, which the next packet's time tells
        assert self._track is not None
        for piece in decoded:
            self._track._queue.put_nowait(piece)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket) and self.on_sender_report is not None:
            report = packet.sender_info
            self.on_sender_report(report.ntp_timestamp, report.rtp_timestamp, time.monotonic_ns())
        await super()._handle_rtcp_packet(packet)

    def _RTCRtpReceiver__stop_decoder(self) -> None:
        """The original joins the decoder's thread on the event loop: leave it no backlog to work through."""
        _discard(self._part("decoder_queue"))
        super()._RTCRtpReceiver__stop_decoder()  # type: ignore[misc]


_send_encrypted = RTCDtlsTransport._send_data


async def _send_while_connected(self: RTCDtlsTransport, data: bytes) -> None:
    """SCTP sends from tasks of its own, so that an error here would only be logged as never retrieved."""
    if self.state == "connected":
        await _send_encrypted(self, data)


_decode_params = rtcsctptransport.decode_params


def _decode_params_to_the_end(body: bytes) -> list[tuple[int, bytes]]:
    """The parameters of an SCTP chunk (RFC 9260 section 3.2.1), whose length counts their own four bytes.

    Of one that says it has none, aiortc makes another and another until the memory of the machine is full. Raises
    `ValueError` for that.
    """
    at = 0
    while at <= len(body) - 4:
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if length < 4:
            raise ValueError(f"a parameter of an SCTP chunk cannot be {length} bytes long")
        at += length + -length % 4
    return _decode_params(body)


_take_sctp = RTCSctpTransport._handle_data


async def _take_sctp_if_sound(self: RTCSctpTransport, data: bytes) -> None:
    """A message that is no UTF-8, or a chunk out of place, would end the task that reads the whole connection."""
    try:
        await _take_sctp(self, data)
    except UNREADABLE:
        return


def harden_aiortc() -> None:
    """Lets every peer connection made from now on receive through `PromptReceiver`; calling it again changes nothing.

    Raises `MediaError` when the installed aiortc is not of the series whose inside this was written against.
    """
    installed = version("aiortc")
    missing = [
        part for part in _PRIVATE_PARTS if f"_RTCRtpReceiver__{part}" not in RTCRtpReceiver.__init__.__code__.co_names
    ]
    if not installed.startswith(AIORTC_SERIES) or missing:
        raise MediaError(
            f"aiortc {installed} is not the {AIORTC_SERIES}x that media was hardened for"
            f"{f' (no {missing[0]} in its receiver)' if missing else ''}; install the locked version with `uv sync`"
        )
    rtcpeerconnection.RTCRtpReceiver = PromptReceiver  # type: ignore[attr-defined]
    RTCDtlsTransport._send_data = _send_while_connected  # type: ignore[method-assign]
    RTCSctpTransport._handle_data = _take_sctp_if_sound  # type: ignore[method-assign]
    rtcsctptransport.decode_params = _decode_params_to_the_end
    bound_channels()
    take_shortcut()


def _discard(undecoded: "queue.Queue[Any]") -> int:
    """Throws away what waits for the decoder; how much that was."""
    discarded = 0
    while True:
        try:
            undecoded.get_nowait()
        except queue.Empty:
            return discarded
        discarded += 1
