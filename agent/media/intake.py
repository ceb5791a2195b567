"""What is taken in of a customer, read and passed on, over all connections of a call."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from agent.core.clock import Clock
from agent.core.consent import Consent, Purpose
from agent.core.errors import OfferRejected
from agent.core.frames import FrameOutcome
from agent.core.mailbox import Mailbox
from agent.core.speech import MicWindow
from agent.core.types import CameraFrame
from agent.media.camera import Camera
from agent.media.capture_clock import PageClock
from agent.media.connection import Connection
from agent.media.microphone import Microphone
from agent.media.relay import Relay
from agent.media.statistics import Carried, TrackStatistics
from agent.media.timeline import Stretch, Timeline


class Intake:
    """Made from the first connection, which decides what there is; `join` lets each connection flow into it."""

    def __init__(self, first: Connection, *, call_id: str, consent: Consent, page: PageClock, clock: Clock) -> None:
        self.codecs: Mapping[str, RTCRtpCodecParameters] = first.codecs
        self.relays: dict[str, Relay] = {}
        self.frames: Mailbox[CameraFrame] | None = None
        self.windows: Mailbox[MicWindow] | None = None
        self._connection: Connection | None = None
        self._carried = Carried()
        """By connections before the present one."""
        self._camera: Camera | None = None
        self._microphone: Microphone | None = None
        self._timelines: dict[str, Timeline] = {}
        for kind, codec in first.codecs.items():
            self.relays[kind] = Relay(kind, codec.clockRate, partial(self._ask_for_keyframe, kind))
            self._timelines[kind] = Timeline(codec.clockRate, page, clock)
        if first.offer.sends_video and may_see(consent):
            self._camera = Camera(self._timelines["video"], call_id=call_id, clock=clock)
            self.frames = self._camera.frames
        if first.offer.sends_audio and consent.allows(Purpose.SPEECH):
            self._microphone = Microphone(self._timelines["audio"], call_id=call_id, clock=clock)
            self.windows = self._microphone.windows

    @property
    def video(self) -> TrackStatistics:
        return self._all().video.read_by(self._camera, self.frames)

    @property
    def audio(self) -> TrackStatistics:
        return self._all().audio.read_by(self._microphone, self.windows)

    @property
    def candidates_held_back(self) -> int:
        return self._all().candidates_held_back

    def check(self, connection: Connection) -> None:
        """Raises `OfferRejected` for one whose sound or picture is encoded otherwise than that of the first."""
        for kind, codec in self.codecs.items():
            offered = connection.codecs.get(kind)
            if offered is not None and (offered.mimeType, offered.clockRate) != (codec.mimeType, codec.clockRate):
                raise OfferRejected(f"this call has {codec.mimeType} for its {kind}; prefer that again", status=422)

    def join(self, connection: Connection) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Takes in what comes over `connection` from now on, in place of the one before; nothing of a kind that the
        first had not. What is returned is to be run for as long as it lasts."""
        self.leave()
        self._connection = connection
        reading: list[Callable[[], Coroutine[Any, Any, None]]] = []
        for kind, timeline in self._timelines.items():
            receiver = connection.receivers.get(kind)
            if receiver is None:
                continue
            stretch = Stretch(timeline)
            receiver.on_sender_report = stretch.on_sender_report
            receiver.on_frame = partial(_pass_on, self.relays[kind], stretch)
            reader = self._camera if kind == "video" else self._microphone
            if reader is not None:
                reading.append(partial(reader.read, connection.tracks[kind], receiver, stretch))
        self._read_what_may_be(connection)
        return reading

    def leave(self) -> None:
        """Takes nothing more of the present connection, if there is one."""
        if self._connection is None:
            return
        self._carried = self._all()
        for receiver in self._connection.receivers.values():
            receiver.on_frame = receiver.on_sender_report = None
            receiver._enabled = False
        self._connection = None

    def withdraw(self, consent: Consent) -> None:
        """Takes back what `consent` no longer holds."""
        if self.frames is not None and not may_see(consent):
            self.frames.close()
        if self.windows is not None and not consent.allows(Purpose.SPEECH):
            self.windows.close()
        if self._connection is not None:
            self._read_what_may_be(self._connection)

    def close(self) -> None:
        for mailbox in (self.frames, self.windows):
            if mailbox is not None:
                mailbox.close()

    def lost_frames(self) -> tuple[int, Mapping[FrameOutcome, int]]:
        """Camera frames of which anything came so far, and those of them that nobody was given, by why."""
        if self._camera is None:
            return 0, {}
        carried = self._all()
        return carried.frames, {**carried.lost_frames, FrameOutcome.NOT_CONSENTED: self._camera.unwanted}

    def _read_what_may_be(self, connection: Connection) -> None:
        """What is not to be read is not even decoded."""
        for kind, receiver in connection.receivers.items():
            mailbox = self.frames if kind == "video" else self.windows
            receiver._enabled = mailbox is not None and not mailbox.closed

    def _ask_for_keyframe(self, kind: str) -> None:
        """Whoever watches cannot go on with the picture that the customer sends."""
        if self._connection is not None and kind in self._connection.receivers:
            self._connection.receivers[kind].ask_for_keyframe()

    def _all(self) -> Carried:
        return self._carried.plus(self._connection)


def may_see(consent: Consent) -> bool:
    return consent.allows(Purpose.EXPRESSION) or consent.allows(Purpose.GESTURE)


def _pass_on(relay: Relay, stretch: Stretch, data: bytes, timestamp: int) -> None:
    relay.put(data, stretch.of(timestamp))
