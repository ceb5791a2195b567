"""Keeps how a customer's face and hands moved, for those who agreed to be looked at again, and of nobody else."""

import asyncio
from collections.abc import Callable

from agent.core.consent import Consent, Purpose
from agent.core.types import VisionReading
from agent.storage.calls import CallStore
from agent.storage.tracks import Part, Points, TrackedFrame, packed, points_of

LEAST_BETWEEN_MS = 100.0
"""No more than ten frames a second are kept."""
ROW_LASTS_MS = 10_000.0
"""So much goes into one row; what is younger is lost with the process."""


class TrackRecorder:
    """Of one call. Belongs to the event loop; `see` never waits."""

    def __init__(self, call_id: str, consent: Callable[[], Consent], store: CallStore) -> None:
        """`consent` gives the one that is in force."""
        self._call_id = call_id
        self._consent = consent
        self._store = store
        self._frames: list[TrackedFrame] = []
        self._next_ms = 0.0

    def see(self, reading: VisionReading) -> None:
        """Takes what was read of one frame; forgets what is not written yet once that is not agreed to."""
        if not self._consent().allows(Purpose.REPLAY):
            self._frames.clear()
            return
        at_ms = reading.stamp.media_ms
        if at_ms < self._next_ms:
            return
        width_px, height_px = reading.width_px, reading.height_px
        parts: dict[Part, Points] = {
            hand.side: points_of(hand.landmarks_px, width_px, height_px) for hand in reading.hands
        }
        for face in reading.faces:
            parts["face"] = points_of(face.landmarks_px, width_px, height_px)
        if parts:
            self._frames.append(TrackedFrame(media_ms=at_ms, parts=parts))
            self._next_ms = at_ms + LEAST_BETWEEN_MS

    @property
    def due(self) -> bool:
        """Whether there is enough for a row."""
        return bool(self._frames) and self._frames[-1].media_ms - self._frames[0].media_ms >= ROW_LASTS_MS

    async def write(self) -> None:
        """Records what was seen so far as one row."""
        frames, self._frames = self._frames, []
        if frames:
            body = await asyncio.to_thread(packed, frames)
            if self._consent().allows(Purpose.REPLAY):
                self._store.record_track(self._call_id, frames[0].media_ms, body)

    def close(self) -> None:
        """Records what is left."""
        if self._frames and self._consent().allows(Purpose.REPLAY):
            self._store.record_track(self._call_id, self._frames[0].media_ms, packed(self._frames))
        self._frames = []
