"""What one customer's connections carried, in counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from agent.core.frames import FrameOutcome
from agent.core.mailbox import Mailbox
from agent.core.speech import MicWindow
from agent.core.types import CameraFrame
from agent.media.camera import Camera
from agent.media.connection import Connection
from agent.media.hardening import PromptReceiver
from agent.media.microphone import Microphone


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackStatistics:
    """What came in of one kind."""

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

    def plus(self, receiver: PromptReceiver | None) -> Self:
        """With what `receiver`, if there is one, took in."""
        if receiver is None:
            return self
        counts = receiver.assembler.counts
        return replace(
            self,
            packets=self.packets + receiver.packets,
            packets_lost=self.packets_lost + receiver.packets_lost,
            payload_bytes=self.payload_bytes + receiver.payload_bytes,
            skipped=self.skipped + counts.frames_skipped,
            keyframes_requested=self.keyframes_requested + counts.keyframes_requested,
        )

    def read_by(
        self, reader: Camera | Microphone | None, mailbox: Mailbox[CameraFrame] | Mailbox[MicWindow] | None
    ) -> Self:
        """With what `reader` made of it and `mailbox` handed on; each may be missing."""
        return replace(self, frames=reader.decoded if reader else 0, dropped=mailbox.dropped if mailbox else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What connections brought, before anything was read of it."""

    video: TrackStatistics = TrackStatistics()
    audio: TrackStatistics = TrackStatistics()
    frames: int = 0
    """Camera frames of which anything came."""
    lost_frames: Mapping[FrameOutcome, int] = field(default_factory=dict)
    """Those of them that were never decoded, by why."""
    candidates_held_back: int = 0

    def plus(self, connection: Connection | None) -> "Carried":
        """With what `connection` brought, if there is one."""
        if connection is None:
            return self
        frames, lost = connection.intake()
        return Carried(
            video=self.video.plus(connection.receivers.get("video")),
            audio=self.audio.plus(connection.receivers.get("audio")),
            frames=self.frames + frames,
            lost_frames=Counter(self.lost_frames) + Counter(lost),
            candidates_held_back=self.candidates_held_back + connection.candidates_held_back,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatistics:
    video: TrackStatistics
    audio: TrackStatistics
    speech_frames_sent: int
    messages_sent: int
    messages_dropped: int
    messages_refused: int
    candidates_held_back: int
    """Of the customer's side, see `agent.media.candidates`."""
    connections: int
    """One, and one more for each time that the call was resumed."""
