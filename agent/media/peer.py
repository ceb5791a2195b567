"""A customer's WebRTC connection: an offer becomes frames, windows, a voice and a channel, until it ends."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from agent.core.clock import NS_PER_S, Clock
from agent.core.consent import Consent, Purpose
from agent.core.errors import OfferRejected
from agent.core.frames import FrameOutcome
from agent.core.lifecycle import EndReason
from agent.core.mailbox import Mailbox
from agent.core.settings import MediaSettings
from agent.core.types import CameraFrame, MicWindow
from agent.media.camera import Camera
from agent.media.capture_clock import CaptureClock, PageClock
from agent.media.channel import LABEL, Channel
from agent.media.hardening import PromptReceiver, harden_aiortc
from agent.media.microphone import Microphone
from agent.media.offer import Offer, read_candidates, read_offer
from agent.media.slots import Slot
from agent.media.speaker import Speaker

CLOSE_WITHIN_S = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackStatistics:
    """What came in on one track."""

    packets: int = 0
    packets_lost: int = 0
    payload_bytes: int = 0
    frames: int = 0
    """Frames decoded."""
    skipped: int = 0
    """Frames given up because of loss."""
    keyframes_requested: int = 0
    dropped: int = 0
    """Frames or windows that were replaced by newer ones before anyone took them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatistics:
    video: TrackStatistics
    audio: TrackStatistics
    speech_frames_sent: int
    messages_sent: int
    messages_dropped: int
    messages_refused: int


class Peer:
    """One customer's connection. Made by `answer`; `run` must be running for media to flow; `close` ends all of it."""

    def __init__(
        self,
        offer: Offer,
        connection: RTCPeerConnection,
        *,
        call_id: str,
        consent: Consent,
        clock: Clock,
        settings: MediaSettings,
    ) -> None:
        self.call_id = call_id
        self.offer = offer
        self.answer_sdp = ""
        self.frames: Mailbox[CameraFrame] | None = None
        """None unless a purpose that needs the picture was agreed to, and the offer sends one."""
        self.windows: Mailbox[MicWindow] | None = None
        """None unless speech may be understood, and the offer sends sound."""
        self.speaker = Speaker()
        self.channel = Channel() if offer.has_channel else None
        self.page_clock = PageClock()
        self.connected = asyncio.Event()
        """Set when the connection is up."""
        self._connection = connection
        self._clock = clock
        self._settings = settings
        self._consent = consent
        self._voice = Slot("audio", self.speaker)
        self._staff_video = Slot("video")
        self._camera: Camera | None = None
        self._microphone: Microphone | None = None
        self._receivers: dict[str, PromptReceiver] = {}
        self._ended: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self._settled = asyncio.Event()
        """Set when the connection is up, or will never be."""
        self._closing = False

    @classmethod
    async def answer(
        cls,
        offer_sdp: str,
        *,
        call_id: str,
        consent: Consent,
        clock: Clock,
        settings: MediaSettings,
        ice_servers: Sequence[str] = (),
    ) -> "Peer":
        """Answers an offer, gathering candidates through `ice_servers` (URLs of STUN servers).

        Raises `OfferRejected`, and leaves nothing behind then.
        """
        harden_aiortc()
        offer = read_offer(offer_sdp)
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[RTCIceServer(url) for url in ice_servers]))
        peer = cls(offer, connection, call_id=call_id, consent=consent, clock=clock, settings=settings)
        try:
            await peer._negotiate()
        except BaseException as error:
            await peer.close()
            if isinstance(error, Exception):
                raise OfferRejected(f"the offer cannot be answered ({type(error).__name__})", status=422) from error
            raise
        return peer

    async def run(self) -> EndReason:
        """Drains all tracks until the connection ends, and says why it ended. Does not close; `close` does."""
        async with asyncio.TaskGroup() as tracks:
            running = [tracks.create_task(reader.run()) for reader in (self._camera, self._microphone) if reader]
            if "audio" not in self.offer.receives:
                running.append(tracks.create_task(self._speak_to_nobody()))
            reason = await self._end()
            for task in running:
                task.cancel()
        return reason

    async def add_candidates(self, fragment: str) -> None:
        """Takes a trickle fragment (RFC 8840). Raises `OfferRejected`."""
        for candidate in read_candidates(fragment, self.offer):
            await self._connection.addIceCandidate(candidate)

    def withdraw(self, consent: Consent) -> None:
        """Takes back what `consent` no longer holds: such a track is not even decoded from the next packet on."""
        self._consent = consent
        if self._camera is not None and not _may_see(consent):
            self._receivers["video"]._enabled = False
            self._camera.frames.close()
        if self._microphone is not None and not consent.allows(Purpose.SPEECH):
            self._receivers["audio"]._enabled = False
            self._microphone.windows.close()

    def set_voice_track(self, track: MediaStreamTrack | None) -> None:
        """Lets the customer hear `track` in the agent's place; None gives the voice back to the agent."""
        self._voice.switch(track or self.speaker)

    def set_staff_video(self, track: MediaStreamTrack | None) -> None:
        """Lets the customer see `track`; None shows nothing."""
        self._staff_video.switch(track)

    async def close(self) -> None:
        """Ends the connection and everything that belongs to it; may be called again."""
        self._closing = True
        self._finish(EndReason.AGENT_FINISHED)
        self.speaker.stop()
        self._voice.stop()
        self._staff_video.stop()
        for mailbox in (self.frames, self.windows):
            if mailbox is not None:
                mailbox.close()
        if self.channel is not None:
            self.channel.close()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._connection.close()
        except TimeoutError:
            logger.warning("call %s: the connection did not close within %.0f s", self.call_id, CLOSE_WITHIN_S)

    @property
    def statistics(self) -> PeerStatistics:
        channel = self.channel
        return PeerStatistics(
            video=self._track_statistics("video", self._camera),
            audio=self._track_statistics("audio", self._microphone),
            speech_frames_sent=self.speaker.speech_frames_sent,
            messages_sent=channel.sent if channel else 0,
            messages_dropped=channel.dropped if channel else 0,
            messages_refused=channel.refused if channel else 0,
        )

    def intake(self) -> tuple[int, Mapping[FrameOutcome, int]]:
        """Camera frames of which anything came so far, and those of them that nobody was given, by why."""
        receiver = self._receivers.get("video")
        if receiver is None or self._camera is None:
            return 0, {}
        taken, made = receiver.decoded.taken, receiver.decoded.pictures
        counts = receiver.assembler.counts
        return counts.frames + counts.frames_skipped, {
            FrameOutcome.INCOMPLETE: counts.frames_skipped,
            FrameOutcome.DECODER_BEHIND: receiver.discarded,
            FrameOutcome.UNDECODED: receiver.undecodable + max(0, taken - made),
            FrameOutcome.NOT_CONSENTED: self._camera.unwanted,
        }

    async def _negotiate(self) -> None:
        connection = self._connection
        connection.on("connectionstatechange", self._note_state)
        connection.on("datachannel", self._take_channel)
        await connection.setRemoteDescription(RTCSessionDescription(self.offer.sdp, "offer"))
        for transceiver in connection.getTransceivers():
            if transceiver.kind in self.offer.receives:
                transceiver.sender.replaceTrack(self._voice if transceiver.kind == "audio" else self._staff_video)
                if transceiver.kind == "audio":
                    self.speaker.encodes = transceiver._codecs[0].mimeType.lower() == "audio/opus"
                transceiver.direction = "sendrecv"
            if transceiver.receiver.track is not None:
                codec = transceiver._codecs[0]
                self._listen(transceiver.receiver, transceiver.receiver.track, codec.clockRate)
        await connection.setLocalDescription(await connection.createAnswer())
        for kind, receiver in self._receivers.items():
            receiver._enabled = (self._camera if kind == "video" else self._microphone) is not None
        self.answer_sdp = connection.localDescription.sdp

    def _listen(self, receiver: object, track: MediaStreamTrack, rate_hz: int) -> None:
        assert isinstance(receiver, PromptReceiver)
        self._receivers[track.kind] = receiver
        capture = CaptureClock(rate_hz, self.page_clock, self._clock)
        receiver.on_sender_report = capture.on_sender_report
        if track.kind == "video" and self.offer.sends_video and _may_see(self._consent):
            self._camera = Camera(track, receiver, call_id=self.call_id, capture=capture, clock=self._clock)
            self.frames = self._camera.frames
        elif track.kind == "audio" and self.offer.sends_audio and self._consent.allows(Purpose.SPEECH):
            self._microphone = Microphone(track, receiver, call_id=self.call_id, capture=capture, clock=self._clock)
            self.windows = self._microphone.windows

    def _take_channel(self, channel: RTCDataChannel) -> None:
        if self.channel is not None and channel.label == LABEL:
            self.channel.attach(channel)

    def _note_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self.connected.set()
            self._settled.set()
        elif state == "failed":
            self._finish(EndReason.CONNECTION_FAILED)
        elif state == "closed":
            self._finish(EndReason.AGENT_FINISHED if self._closing else EndReason.CUSTOMER_LEFT)

    def _finish(self, reason: EndReason) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)
            self._settled.set()

    async def _speak_to_nobody(self) -> None:
        """Keeps the voice at its pace where the customer's side takes no sound, so that captions come in time."""
        while True:
            try:
                await self.speaker.recv()
            except MediaStreamError:
                return

    async def _end(self) -> EndReason:
        """Waits for the end, or for the time to pass within which something must have come."""
        try:
            async with asyncio.timeout(self._settings.connect_within_s):
                await self._settled.wait()
        except TimeoutError:
            return EndReason.NEVER_CONNECTED
        quiet_since_ns = self._clock.now_ns()
        while not self._ended.done():
            heard_ns = [receiver.last_packet_ns for receiver in self._receivers.values()]
            last_ns = max([quiet_since_ns, *(heard for heard in heard_ns if heard is not None)])
            left_s = self._settings.silent_after_s - (self._clock.now_ns() - last_ns) / NS_PER_S
            if left_s <= 0:
                return EndReason.MEDIA_STOPPED
            await asyncio.wait([self._ended], timeout=left_s)
        return self._ended.result()

    def _track_statistics(self, kind: str, reader: Camera | Microphone | None) -> TrackStatistics:
        receiver = self._receivers.get(kind)
        if receiver is None:
            return TrackStatistics()
        counts = receiver.assembler.counts
        mailbox = self.frames if kind == "video" else self.windows
        return TrackStatistics(
            packets=receiver.packets,
            packets_lost=receiver.packets_lost,
            payload_bytes=receiver.payload_bytes,
            frames=reader.decoded if reader else 0,
            skipped=counts.frames_skipped,
            keyframes_requested=counts.keyframes_requested,
            dropped=mailbox.dropped if mailbox else 0,
        )


def _may_see(consent: Consent) -> bool:
    return consent.allows(Purpose.EXPRESSION) or consent.allows(Purpose.GESTURE)
