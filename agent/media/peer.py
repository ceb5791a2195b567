"""A customer at the other end of a call: frames, windows, a voice and a channel, over one connection after another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from agent.core.clock import NS_PER_S, Clock
from agent.core.consent import Consent
from agent.core.errors import OfferRejected
from agent.core.frames import FrameOutcome
from agent.core.ice_servers import IceServer
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.media.capture_clock import PageClock
from agent.media.channel import Channel
from agent.media.connection import Connection
from agent.media.intake import Intake
from agent.media.offer import read_offer
from agent.media.relay import EncodedTrack
from agent.media.speaker import Speaker
from agent.media.statistics import PeerStatistics

RETURN_WITHIN_S = 20.0
"""A page that closed its connection in good order was left by its customer, or is being loaded again."""
_MAY_COME_BACK = frozenset(
    {EndReason.CONNECTION_FAILED, EndReason.MEDIA_STOPPED, EndReason.CUSTOMER_LEFT, EndReason.NEVER_CONNECTED}
)


class Peer:
    """One customer of one call. Made by `answer`; `run` must be running for media to flow; `close` ends all of it.

    A connection that breaks is waited for as long as `settings.resume_within_s` says; `resume` puts another in its
    place, whether it broke or not. What is public here stays the same over all of them.
    """

    def __init__(
        self, connection: Connection, *, call_id: str, consent: Consent, clock: Clock, settings: MediaSettings
    ) -> None:
        self.call_id = call_id
        self.speaker = Speaker()
        self.channel = Channel() if connection.offer.has_channel else None
        self.page_clock = PageClock()
        self._intake = Intake(connection, call_id=call_id, consent=consent, page=self.page_clock, clock=clock)
        self.frames = self._intake.frames
        """None unless a purpose that needs the picture was agreed to, and the first offer sends one."""
        self.windows = self._intake.windows
        """None unless speech may be understood, and the first offer sends sound."""
        self.relays = self._intake.relays
        """By kind, what the customer sends, as it was encoded: for people who watch."""
        self.codecs = self._intake.codecs
        """By kind, the codec that is used both ways."""
        self.connected = asyncio.Event()
        """Set when the first connection is up, and for ever."""
        self.on_line: Callable[[bool], None] = lambda up: None
        """Told when a connection is lost, and when another is up."""
        self._clock = clock
        self._settings = settings
        self._voice: MediaStreamTrack = self.speaker
        self._staff_video: MediaStreamTrack | None = None
        self._connections = 0
        self._resuming = asyncio.Lock()
        self._changed = asyncio.Event()
        """Set when another connection has come, or none is wanted any more."""
        self._lost_ns: int | None = None
        self._closed = False
        self._connection: Connection | None = None
        """None while it is lost."""
        self._open: set[Connection] = set()
        """Those that are not closed yet."""
        self._join(connection)

    @classmethod
    async def answer(
        cls,
        offer_sdp: str,
        *,
        call_id: str,
        consent: Consent,
        clock: Clock,
        settings: MediaSettings,
        ice_servers: Sequence[IceServer] = (),
        client: str | None = None,
    ) -> "Peer":
        """Answers an offer that came from the address `client`, gathering candidates through `ice_servers`.

        Raises `OfferRejected`, and leaves nothing behind then.
        """
        connection = await Connection.answer(
            read_offer(offer_sdp),
            call_id=call_id,
            clock=clock,
            settings=settings,
            ice_servers=ice_servers,
            client=client,
        )
        return cls(connection, call_id=call_id, consent=consent, clock=clock, settings=settings)

    @property
    def answer_sdp(self) -> str:
        """To the offer that was taken last."""
        return self._connection.answer_sdp if self._connection is not None else ""

    @property
    def session(self) -> str:
        """Names the connection that came last, and no other one ever."""
        return f"{self.call_id}-{self._connections}"

    async def run(self) -> EndReason:
        """Carries media until the customer has gone for good, and says why. Does not close; `close` does."""
        while (connection := self._connection) is not None:
            reason = await self._carry(connection)
            replaced = self._connection is not connection
            if self._closed or (not replaced and not self._may_come_back(reason)):
                return reason
            if not replaced:
                self._lose()
            await self._close(connection)
            if not replaced and not await self._another_came(reason):
                return reason
        return EndReason.AGENT_FINISHED

    async def resume(self, offer_sdp: str, *, ice_servers: Sequence[IceServer] = (), client: str | None = None) -> str:
        """Answers another offer of the same customer, whose connection takes the place of the present one at once.

        Raises `OfferRejected`, and leaves all as it is, for an offer that cannot be answered, or whose sound or picture
        would be encoded otherwise than before: staff are passed on what comes as it comes.
        """
        async with self._resuming:
            connection = await Connection.answer(
                read_offer(offer_sdp),
                call_id=self.call_id,
                clock=self._clock,
                settings=self._settings,
                ice_servers=ice_servers,
                client=client,
            )
            old = self._connection
            try:
                self._intake.check(connection)
                if self._closed:
                    raise OfferRejected("the call has ended meanwhile", status=409)
                self._join(connection)
            except BaseException:
                await connection.close()
                raise
            self._changed.set()
            if old is not None:
                await self._close(old)
            return connection.answer_sdp

    async def add_candidates(self, fragment: str) -> None:
        """Takes a trickle fragment (RFC 8840). Raises `OfferRejected`."""
        if self._connection is None:
            raise OfferRejected("the connection that these candidates are for is gone", status=412)
        await self._connection.add_candidates(fragment)

    def withdraw(self, consent: Consent) -> None:
        """Takes back what `consent` no longer holds: such a track is not even decoded from the next packet on."""
        self._intake.withdraw(consent)

    def set_voice_track(self, track: MediaStreamTrack | None) -> None:
        """Lets the customer hear `track` in the agent's place; None gives the voice back to the agent."""
        self._voice = track or self.speaker
        if self._connection is not None:
            self._connection.voice.switch(self._voice)

    def set_staff_video(self, track: MediaStreamTrack | None) -> None:
        """Lets the customer see `track`; None shows nothing."""
        self._staff_video = track
        if self._connection is not None:
            self._connection.staff_video.switch(track)

    async def close(self) -> None:
        """Ends the connection and everything that belongs to it; may be called again."""
        self._closed = True
        self._changed.set()
        self.speaker.stop()
        self._intake.close()
        if self.channel is not None:
            self.channel.close()
        for connection in list(self._open):
            await self._close(connection)

    @property
    def statistics(self) -> PeerStatistics:
        channel = self.channel
        return PeerStatistics(
            video=self._intake.video,
            audio=self._intake.audio,
            speech_frames_sent=self.speaker.speech_frames_sent,
            messages_sent=channel.sent if channel else 0,
            messages_dropped=channel.dropped if channel else 0,
            messages_refused=channel.refused if channel else 0,
            candidates_held_back=self._intake.candidates_held_back,
            connections=self._connections,
        )

    def intake(self) -> tuple[int, Mapping[FrameOutcome, int]]:
        """Camera frames of which anything came so far, and those of them that nobody was given, by why."""
        return self._intake.lost_frames()

    # ---- from one connection to the next ----------------------------------------------------------------------------

    def _join(self, connection: Connection) -> None:
        """Lets everything flow over `connection` from now on."""
        if self.channel is not None:
            self.channel.detach()
            connection.on_channel = self.channel.attach
        connection.on_connected = self._note_connected
        connection.on_keyframe_wanted = self._ask_staff_for_keyframe
        connection.voice.switch(self._voice)
        connection.staff_video.switch(self._staff_video)
        if "audio" in connection.codecs:
            self.speaker.encodes = connection.codecs["audio"].mimeType.lower() == "audio/opus"
        self._reading = self._intake.join(connection)
        self._connection = connection
        self._connections += 1
        self._open.add(connection)

    async def _close(self, connection: Connection) -> None:
        await connection.close()
        self._open.discard(connection)

    async def _carry(self, connection: Connection) -> EndReason:
        """Drains what comes over `connection` until it ends."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(read()) for read in self._reading]
            if "audio" not in connection.offer.receives:
                running.append(tasks.create_task(self._speak_to_nobody()))
            reason = await connection.end()
            for task in running:
                task.cancel()
        return reason

    def _may_come_back(self, reason: EndReason) -> bool:
        return reason in _MAY_COME_BACK and self.connected.is_set() and self._settings.resume_within_s > 0

    def _lose(self) -> None:
        """The present connection is no more."""
        self._connection = None
        self._intake.leave()
        if self.channel is not None:
            self.channel.detach()
        self._changed.clear()
        if self._lost_ns is None:
            self._lost_ns = self._clock.now_ns()
            self.on_line(False)

    async def _another_came(self, reason: EndReason) -> bool:
        """Waits for another connection, as long as makes sense after one that ended for `reason`."""
        patience_s = self._settings.resume_within_s
        if reason is EndReason.CUSTOMER_LEFT:
            patience_s = min(patience_s, RETURN_WITHIN_S)
        if self._lost_ns is not None:
            patience_s -= (self._clock.now_ns() - self._lost_ns) / NS_PER_S
        try:
            async with asyncio.timeout(patience_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return not self._closed

    def _note_connected(self) -> None:
        self._lost_ns = None
        again = self.connected.is_set()
        self.connected.set()
        if again:
            self.on_line(True)

    def _ask_staff_for_keyframe(self) -> None:
        """The customer's side cannot go on with the picture that it gets."""
        if isinstance(self._staff_video, EncodedTrack):
            self._staff_video.ask_for_keyframe()

    async def _speak_to_nobody(self) -> None:
        """Keeps the voice at its pace where the customer's side takes no sound, so that captions come in time."""
        while True:
            try:
                await self.speaker.recv()
            except MediaStreamError:
                return
