"""A headless customer: calls over WHIP with a picture and a voice at real pace, and notes what it gets back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import urljoin

import httpx
from aiortc import RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.stats import RTCOutboundRtpStreamStats, RTCRemoteInboundRtpStreamStats
from av import VideoFrame

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.errors import MediaError
from agent.core.ice_servers import IceServer
from agent.core.speech import SpeechChunk
from agent.media.channel import LABEL, Channel
from agent.media.clips import FrameSource
from agent.media.configuration import configured
from agent.media.hardening import harden_aiortc
from agent.media.recording import Recording
from agent.media.speaker import Speaker

CLOCK_HZ = 90_000
CONNECT_WITHIN_S = 20.0
CAPTURES_KEPT = 10_000


class CameraTrack(MediaStreamTrack):
    """A `FrameSource` as an outgoing track at real pace; like a camera, it leaves frames out rather than bunch them."""

    kind = "video"

    def __init__(self, source: FrameSource) -> None:
        super().__init__()
        self.fps = source.fps
        self.width_px: int | None = None
        """Both may be changed while it runs, when the agent asks for less; no picture is made larger than it is."""
        self.sent_ns: dict[int, int] = {}
        """Monotonic time of capture by frame number, for the last `CAPTURES_KEPT` frames handed to the encoder."""
        self.frames = 0
        """Frames handed to the encoder."""
        self._source = source
        self._began_ns: int | None = None
        self._due_ns = 0

    async def recv(self) -> VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        now_ns = time.monotonic_ns()
        interval_ns = round(NS_PER_S / self.fps)
        if self._began_ns is None:
            self._began_ns = self._due_ns = now_ns
        elif now_ns - self._due_ns > interval_ns:
            self._due_ns = now_ns
        elif self._due_ns > now_ns:
            await asyncio.sleep((self._due_ns - now_ns) / NS_PER_S)
        captured_ns = time.monotonic_ns()
        frame = await asyncio.to_thread(self._picture)
        frame.pts = (captured_ns - self._began_ns) * CLOCK_HZ // NS_PER_S
        frame.time_base = Fraction(1, CLOCK_HZ)
        self.sent_ns[self.frames] = captured_ns
        self.sent_ns.pop(self.frames - CAPTURES_KEPT, None)
        self.frames += 1
        self._due_ns += interval_ns
        return frame

    def _picture(self) -> VideoFrame:
        frame = self._source.picture(self.frames)
        if self.width_px is None or self.width_px >= frame.width:
            return frame
        width_px = self.width_px & ~1
        return frame.reformat(width=width_px, height=round(frame.height * width_px / frame.width / 2) * 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerReport:
    frames_sent: int
    video_bytes: int
    audio_bytes: int
    rtt_ms: float | None
    """Last round trip measured by RTCP; None until a receiver report came."""
    connected_ms: float
    """From the first word of signalling until media could flow."""
    first_sound_ms: float | None
    """From being connected until the agent was heard; None when it was not."""
    heard_s: float
    messages: int
    """Messages that came over the data channel."""


class Caller:
    """One customer. Use `async with caller.call():` and do what the customer does inside.

    `send_only` makes a plain WHIP client: no data channel, nothing received. `on_message` sees each message of the data
    channel and returns what to answer at once, or None.
    """

    def __init__(
        self,
        whip_url: str,
        token: str,
        *,
        frames: FrameSource | None = None,
        voice: bool = True,
        on_message: Callable[[str], str | None] | None = None,
        send_only: bool = False,
        video_codec: str | None = None,
        ice_servers: Sequence[IceServer] = (),
        relayed: bool = False,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """`video_codec` is a MIME type such as "video/H264"; None offers all. `relayed` takes no path but through a
        TURN server of `ice_servers`. `client` stays open when it was given.
        """
        harden_aiortc()
        self.recording = Recording()
        self.channel = None if send_only else Channel()
        self.camera = CameraTrack(frames) if frames is not None else None
        self.voice = Speaker() if voice else None
        self.ended = asyncio.Event()
        """Set when the connection has gone, whoever ended it."""
        self.messages = 0
        self._whip_url = whip_url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._on_message = on_message
        self._send_only = send_only
        self._video_codec = video_codec
        self._client = client
        self._connection = RTCPeerConnection(configured(ice_servers, relayed=relayed))
        self._session_url: str | None = None
        self._connected = asyncio.Event()
        self._began_ns = 0
        self._connected_ns = 0

    @asynccontextmanager
    async def call(self) -> AsyncIterator["Caller"]:
        """Calls, and hangs up at the end. Raises `MediaError` when the call is refused or does not connect."""
        failure: Exception | None = None
        own = httpx.AsyncClient(timeout=CONNECT_WITHIN_S) if self._client is None else nullcontext(self._client)
        async with own as client:
            try:
                await self._connect(client)
                async with asyncio.TaskGroup() as tasks:
                    running = [tasks.create_task(work) for work in self._background()]
                    try:
                        yield self
                    except Exception as error:
                        failure = error
                    for task in running:
                        task.cancel()
            finally:
                if self._session_url is not None:
                    await _delete(client, self._session_url, self._headers)
                await self._connection.close()
        if failure is not None:
            raise failure

    async def say(self, chunk: SpeechChunk) -> int:
        """Speaks `chunk` after what is being said, and returns the monotonic time at which its last sample was sent."""
        if self.voice is None:
            raise MediaError("this caller has no microphone; make it with voice=True")
        await self.voice.play(chunk)
        await self.voice.idle.wait()
        return time.monotonic_ns()

    @property
    def transceivers(self) -> list[RTCRtpTransceiver]:
        """What the offer holds, one for each kind of media."""
        return self._connection.getTransceivers()

    async def report(self) -> CallerReport:
        stats = (await self._connection.getStats()).values()
        sent = {stat.kind: stat.bytesSent for stat in stats if isinstance(stat, RTCOutboundRtpStreamStats)}
        trips = [
            stat.roundTripTime
            for stat in stats
            if isinstance(stat, RTCRemoteInboundRtpStreamStats) and stat.roundTripTime is not None
        ]
        spans = self.recording.spans
        return CallerReport(
            frames_sent=self.camera.frames if self.camera else 0,
            video_bytes=sent.get("video", 0),
            audio_bytes=sent.get("audio", 0),
            rtt_ms=trips[-1] * 1_000 if trips else None,
            connected_ms=(self._connected_ns - self._began_ns) / NS_PER_MS,
            first_sound_ms=(spans[0].first_ns - self._connected_ns) / NS_PER_MS if spans else None,
            heard_s=self.recording.seconds,
            messages=self.messages,
        )

    async def _connect(self, client: httpx.AsyncClient) -> None:
        self._began_ns = time.monotonic_ns()
        connection = self._connection
        connection.on("connectionstatechange", self._note_state)
        direction = "sendonly" if self._send_only else "sendrecv"
        for track in (self.voice, self.camera):
            if track is not None:
                connection.addTransceiver(track, direction)
        if self.channel is not None:
            self.channel.attach(connection.createDataChannel(LABEL))
        self._prefer_codec()
        await connection.setLocalDescription(await connection.createOffer())
        try:
            response = await client.post(
                self._whip_url,
                content=connection.localDescription.sdp,
                headers={**self._headers, "Content-Type": "application/sdp"},
            )
        except httpx.HTTPError as error:
            raise MediaError(
                f"{self._whip_url} cannot be reached ({type(error).__name__}); is the server up?"
            ) from None
        if response.status_code != 201:
            raise MediaError(f"{self._whip_url} refused the call: {response.status_code} {response.text[:200]}")
        self._session_url = urljoin(self._whip_url, response.headers["Location"])
        await connection.setRemoteDescription(RTCSessionDescription(response.text, "answer"))
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._connected.wait()
        except TimeoutError:
            raise MediaError(f"media did not connect within {CONNECT_WITHIN_S:.0f} s; is UDP blocked?") from None

    def _prefer_codec(self) -> None:
        if self._video_codec is None:
            return
        wanted = (self._video_codec, "video/rtx")
        codecs = [codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.mimeType in wanted]
        for transceiver in self._connection.getTransceivers():
            if transceiver.kind == "video":
                transceiver.setCodecPreferences(codecs)

    def _background(self) -> list[Coroutine[Any, Any, None]]:
        work: list[Coroutine[Any, Any, None]] = []
        for receiver in self._connection.getReceivers():
            if receiver.track is not None and not self._send_only:
                work.append(self._drain(receiver.track))
        if self.channel is not None:
            work.append(self._converse(self.channel))
        return work

    async def _drain(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            await self.recording.record(track)
            return
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return

    async def _converse(self, channel: Channel) -> None:
        async for message in channel.inbox:
            self.messages += 1
            answer = self._on_message(message) if self._on_message is not None else None
            if answer is not None:
                channel.send(answer)

    def _note_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._connected_ns = time.monotonic_ns()
            self._connected.set()
        elif state in ("failed", "closed"):
            self.ended.set()


async def _delete(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> None:
    try:
        await client.delete(url, headers=headers)
    except httpx.HTTPError:
        pass
