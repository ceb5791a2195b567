"""A connection of staff: it shows what a customer sends, or carries what a person says and shows to the customer.

Frames pass through as they were encoded. Nothing is decoded on this side, so that there is nothing that could be
analysed: a person who helps is never read.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.rtcpeerconnection import find_common_codecs
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.core.clock import NS_PER_S
from agent.core.errors import OfferRejected
from agent.core.ice_servers import IceServer
from agent.media.candidates import CandidateSieve
from agent.media.configuration import configured
from agent.media.hardening import PromptReceiver, harden_aiortc
from agent.media.offer import read_candidates, read_offer
from agent.media.relay import EncodedTrack, Relay

ANSWER_WITHIN_S = 10.0
CONNECT_WITHIN_S = 15.0
CLOSE_WITHIN_S = 5.0
SILENT_AFTER_S = 2.0
"""A person from whom no packet came for this long has lost the network: the customer must not wait for them."""

log = logging.getLogger(__name__)


class StaffLink:
    """One such connection. Made by `viewing` or `standing_in`; `run` lasts as long as it does."""

    def __init__(self, offer_sdp: str, sieve: CandidateSieve, servers: Sequence[IceServer], *, views: bool) -> None:
        harden_aiortc()
        self.offer = read_offer(offer_sdp, of_viewer=views)
        if self.offer.has_channel:
            raise OfferRejected("a connection of staff has no data channel; leave it out of the offer", status=422)
        self.answer_sdp = ""
        self.connected = asyncio.Event()
        self.incoming: dict[str, Relay] = {}
        """By kind, what a person who stands in sends."""
        self._outgoing: list[tuple[Relay, EncodedTrack]] = []
        self._receivers: list[PromptReceiver] = []
        self._sieve = sieve
        self._connection = RTCPeerConnection(configured(servers))
        self._over = asyncio.Event()

    @classmethod
    async def viewing(
        cls,
        offer_sdp: str,
        sieve: CandidateSieve,
        *,
        relays: Mapping[str, Relay],
        codecs: Mapping[str, RTCRtpCodecParameters],
        servers: Sequence[IceServer] = (),
    ) -> "StaffLink":
        """Answers who wants to see and hear what `relays` pass on, in `codecs`. Raises `OfferRejected`."""
        link = cls(offer_sdp, sieve, servers, views=True)

        def show(transceiver: RTCRtpTransceiver) -> str:
            relay = relays.get(transceiver.kind)
            if relay is None or transceiver.kind not in link.offer.receives:
                return "inactive"
            track = relay.open()
            link._outgoing.append((relay, track))
            track.feed(transceiver.sender)
            return "sendonly"

        return await link._answered(show, codecs)

    @classmethod
    async def standing_in(
        cls,
        offer_sdp: str,
        sieve: CandidateSieve,
        *,
        codecs: Mapping[str, RTCRtpCodecParameters],
        servers: Sequence[IceServer] = (),
    ) -> "StaffLink":
        """Answers who wants to be seen and heard by a customer whose side takes `codecs`. Raises `OfferRejected`."""
        link = cls(offer_sdp, sieve, servers, views=False)

        def take(transceiver: RTCRtpTransceiver) -> str:
            receiver = transceiver.receiver
            sends = link.offer.sends_audio if transceiver.kind == "audio" else link.offer.sends_video
            if not sends or transceiver.kind not in codecs:
                return "inactive"
            assert isinstance(receiver, PromptReceiver)
            receiver.decodes = False
            relay = Relay(transceiver.kind, codecs[transceiver.kind].clockRate, receiver.ask_for_keyframe)
            link.incoming[transceiver.kind] = relay
            receiver.on_frame = relay.put
            link._receivers.append(receiver)
            return "recvonly"

        return await link._answered(take, codecs)

    async def run(self) -> None:
        """Lasts until the connection ends, never comes up, or a person who stands in is not heard any more."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self.connected.wait()
        except TimeoutError:
            return
        since_ns = time.monotonic_ns()
        while not self._over.is_set():
            if not self._receivers:
                await self._over.wait()
                return
            heard_ns = [receiver.last_packet_ns for receiver in self._receivers]
            last_ns = max([since_ns, *(heard for heard in heard_ns if heard is not None)])
            left_s = SILENT_AFTER_S - (time.monotonic_ns() - last_ns) / NS_PER_S
            if left_s <= 0:
                return
            try:
                async with asyncio.timeout(left_s):
                    await self._over.wait()
            except TimeoutError:
                continue

    def end(self) -> None:
        """Lets `run` return."""
        self._over.set()
        self.connected.set()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def outgoing_offset(self, kind: str) -> int | None:
        """What is to be added to a frame's RTP time, modulo 2^32, for that under which this viewer gets it; None as
        long as nothing was sent."""
        for transceiver in self._connection.getTransceivers():
            track = transceiver.sender.track
            if transceiver.kind == kind and isinstance(track, EncodedTrack) and track.sent_pts is not None:
                sent: int = transceiver.sender._RTCRtpSender__rtp_timestamp  # type: ignore[attr-defined]
                return (sent - track.sent_pts) % (1 << 32)
        return None

    async def add_candidates(self, fragment: str) -> None:
        """Takes a trickle fragment (RFC 8840). Raises `OfferRejected`."""
        for candidate in self._sieve.passed(read_candidates(fragment, self.offer)):
            await self._connection.addIceCandidate(candidate)

    async def close(self) -> None:
        """Ends the connection; may be called again."""
        self.end()
        for relay, track in self._outgoing:
            relay.close(track)
        try:
            # aiortc fails to close where one of two who wait for that is cancelled.
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await asyncio.shield(self._connection.close())
        except TimeoutError:
            log.warning("a connection of staff did not close within %.0f s", CLOSE_WITHIN_S)

    async def _answered(self, use: Any, codecs: Mapping[str, RTCRtpCodecParameters]) -> "StaffLink":
        """Negotiates; `use` takes each transceiver and says which way it goes."""
        connection = self._connection
        connection.on("connectionstatechange", self._note_state)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                offer = RTCSessionDescription(self._sieve.sieved(self.offer.sdp), "offer")
                await connection.setRemoteDescription(offer)
                for transceiver in connection.getTransceivers():
                    transceiver.direction = use(transceiver)
                    if transceiver.direction != "inactive":
                        transceiver._codecs = _agreed(codecs[transceiver.kind], transceiver)
                await connection.setLocalDescription(await connection.createAnswer())
        except BaseException as error:
            await self.close()
            if isinstance(error, Exception) and not isinstance(error, OfferRejected):
                raise OfferRejected(f"the offer cannot be answered ({type(error).__name__})", status=422) from error
            raise
        self.answer_sdp = self._sieve.told(connection.localDescription.sdp)
        return self

    def _note_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed"):
            self.end()


def _agreed(codec: RTCRtpCodecParameters, transceiver: RTCRtpTransceiver) -> list[RTCRtpCodecParameters]:
    """The codec of the other side of the call, under the number that this offer gives it. Raises `OfferRejected`."""
    common = find_common_codecs([codec], transceiver._codecs)
    if not common:
        raise OfferRejected(
            f"the customer's side uses {codec.mimeType}, which this offer does not hold; frames are passed on as they "
            "are encoded",
            status=422,
        )
    return common
