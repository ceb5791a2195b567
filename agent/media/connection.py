"""One WebRTC connection with a customer: an offer becomes tracks, slots and a channel, until it breaks or is closed."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import OfferRejected
from agent.core.frames import FrameOutcome
from agent.core.ice_servers import IceServer
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.media.candidates import CandidateSieve, reaches_for
from agent.media.channel import LABEL
from agent.media.configuration import configured
from agent.media.hardening import PromptReceiver, harden_aiortc
from agent.media.offer import Offer, read_candidates
from agent.media.slots import Slot

ANSWER_WITHIN_S = 10.0
"""Finding out the agent's own addresses takes this long where a STUN or TURN server does not answer."""
CLOSE_WITHIN_S = 5.0

logger = logging.getLogger(__name__)


class Connection:
    """Made by `answer`; `close` ends all of it. What flows over it is joined to it by who made it."""

    def __init__(
        self,
        offer: Offer,
        connection: RTCPeerConnection,
        sieve: CandidateSieve,
        *,
        call_id: str,
        clock: Clock,
        settings: MediaSettings,
    ) -> None:
        self.offer = offer
        self.answer_sdp = ""
        self.voice = Slot("audio")
        self.staff_video = Slot("video")
        self.receivers: dict[str, PromptReceiver] = {}
        self.tracks: dict[str, MediaStreamTrack] = {}
        self.codecs: dict[str, RTCRtpCodecParameters] = {}
        """By kind, what is used both ways."""
        self.on_channel: Callable[[RTCDataChannel], None] = lambda channel: None
        """Told of the page's channel."""
        self.on_connected: Callable[[], None] = lambda: None
        self.on_keyframe_wanted: Callable[[], None] = lambda: None
        """Told that the customer's side cannot go on with the picture that it gets."""
        self._call_id = call_id
        self._connection = connection
        self._sieve = sieve
        self._clock = clock
        self._settings = settings
        self._ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self._settled = asyncio.Event()
        """Set when the connection is up, or will never be."""
        self._closing = False

    @classmethod
    async def answer(
        cls,
        offer: Offer,
        *,
        call_id: str,
        clock: Clock,
        settings: MediaSettings,
        ice_servers: Sequence[IceServer],
        client: str | None,
    ) -> "Connection":
        """Answers an offer that came from the address `client`. Raises `OfferRejected`, and leaves nothing behind."""
        harden_aiortc()
        reaches = reaches_for(client, private=settings.private_candidates)
        sieve = CandidateSieve(reaches, announced=settings.announced_address)
        connection = cls(
            offer, RTCPeerConnection(configured(ice_servers)), sieve, call_id=call_id, clock=clock, settings=settings
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await connection._negotiate()
        except BaseException as error:
            await connection.close()
            if isinstance(error, OfferRejected):
                raise
            if isinstance(error, TimeoutError):
                late = "the agent's own STUN or TURN server does not answer"
                raise OfferRejected(f"the offer cannot be answered in time: {late}", status=503) from None
            if isinstance(error, Exception):
                raise OfferRejected(f"the offer cannot be answered ({type(error).__name__})", status=422) from error
            raise
        return connection

    @property
    def candidates_held_back(self) -> int:
        return self._sieve.held_back

    async def add_candidates(self, fragment: str) -> None:
        """Takes a trickle fragment (RFC 8840). Raises `OfferRejected`."""
        for candidate in self._sieve.passed(read_candidates(fragment, self.offer)):
            await self._connection.addIceCandidate(candidate)

    async def end(self) -> EndReason:
        """Waits for the end, or for the time to pass within which something must have come, and says which it was."""
        try:
            async with asyncio.timeout(self._settings.connect_within_s):
                await self._settled.wait()
        except TimeoutError:
            self._say_what_was_held_back()
            return EndReason.NEVER_CONNECTED
        quiet_since_ns = self._clock.now_ns()
        while not self._ended.done():
            heard_ns = [receiver.last_packet_ns for receiver in self.receivers.values()]
            last_ns = max([quiet_since_ns, *(heard for heard in heard_ns if heard is not None)])
            left_s = self._settings.silent_after_s - (self._clock.now_ns() - last_ns) / NS_PER_S
            if left_s <= 0:
                return EndReason.MEDIA_STOPPED
            await asyncio.wait([self._ended], timeout=left_s)
        return self._ended.result()

    async def close(self) -> None:
        """Ends the connection and everything that belongs to it; may be called again."""
        self._closing = True
        self._finish(EndReason.AGENT_FINISHED)
        self.voice.stop()
        self.staff_video.stop()
        try:
            # aiortc fails to close where one of two who wait for that is cancelled.
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await asyncio.shield(self._connection.close())
        except TimeoutError:
            logger.warning("call %s: the connection did not close within %.0f s", self._call_id, CLOSE_WITHIN_S)

    def intake(self) -> tuple[int, Mapping[FrameOutcome, int]]:
        """Camera frames of which anything came so far, and those of them that were never decoded, by why."""
        receiver = self.receivers.get("video")
        if receiver is None:
            return 0, {}
        taken, made = receiver.decoded.taken, receiver.decoded.pictures
        counts = receiver.assembler.counts
        return counts.frames + counts.frames_skipped, {
            FrameOutcome.INCOMPLETE: counts.frames_skipped,
            FrameOutcome.DECODER_BEHIND: receiver.discarded,
            FrameOutcome.UNDECODED: receiver.undecodable + max(0, taken - made),
        }

    async def _negotiate(self) -> None:
        connection = self._connection
        connection.on("connectionstatechange", self._note_state)
        connection.on("datachannel", self._note_channel)
        await connection.setRemoteDescription(RTCSessionDescription(self._sieve.sieved(self.offer.sdp), "offer"))
        for transceiver in connection.getTransceivers():
            kind = transceiver.kind
            if kind in self.offer.receives:
                transceiver.sender.replaceTrack(self.voice if kind == "audio" else self.staff_video)
                if kind == "video":
                    transceiver.sender._send_keyframe = self._ask_for_keyframe  # type: ignore[method-assign]
                transceiver.direction = "sendrecv"
            if transceiver.receiver.track is not None:
                assert isinstance(transceiver.receiver, PromptReceiver)
                self.receivers[kind], self.tracks[kind] = transceiver.receiver, transceiver.receiver.track
                self.codecs[kind] = transceiver._codecs[0]
        await connection.setLocalDescription(await connection.createAnswer())
        self.answer_sdp = self._sieve.told(connection.localDescription.sdp)

    def _ask_for_keyframe(self) -> None:
        self.on_keyframe_wanted()

    def _note_channel(self, channel: RTCDataChannel) -> None:
        if channel.label == LABEL:
            self.on_channel(channel)

    def _note_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._settled.set()
            self.on_connected()
        elif state == "failed":
            self._finish(EndReason.CONNECTION_FAILED)
        elif state == "closed":
            self._finish(EndReason.AGENT_FINISHED if self._closing else EndReason.CUSTOMER_LEFT)

    def _finish(self, reason: EndReason) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)
            self._settled.set()

    def _say_what_was_held_back(self) -> None:
        if self._sieve.held_back:
            logger.warning(
                "call %s did not connect: %d of the customer's addresses lie in networks that nothing is sent to; "
                "`media.private_candidates` lets it, TURN does without",
                self._call_id,
                self._sieve.held_back,
            )
