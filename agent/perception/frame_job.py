"""A frame of one call on its way through the pool, and how it is read by models that may fail."""

import asyncio
import logging
from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS, Clock
from agent.core.frames import FrameOutcome
from agent.core.types import CameraFrame, VisionReading
from agent.perception import vision
from agent.perception.fair_line import Account
from agent.perception.vision import FrameAnalyser, VisionState

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class PooledCall:
    """What the pool knows of a call."""

    state: VisionState
    account: Account
    waiting: bool = False
    """A frame was submitted whose reading has not come back; touched on the event loop only."""
    closed: bool = False
    left_to_thread: bool = False
    """Closed while a thread had the call in hand, which frees the state when it is done."""
    failing: bool = False
    """The last frame failed; touched only by the thread that has the call in hand."""
    hangs: int = 0


@dataclass(slots=True, eq=False)
class FrameJob:
    """A frame on its way. What a thread that was given up still makes of it is not told.

    `read` and `search` are for the thread that has its call in hand; no failure of a model crosses them.
    """

    frame: CameraFrame
    call: PooledCall
    preview: bool
    submitted_ns: int
    answer: "asyncio.Future[VisionReading]"
    began_ns: int = 0
    told: bool = False
    """Under the crew's lock: whether the reading is on its way to the loop, so that nobody tells another."""

    def unread(self, reason: str, clock: Clock) -> VisionReading:
        """The reading of a frame that is not read."""
        return vision.unread(self.frame, reason, now_ns=clock.now_ns())

    def read(self, analyser: FrameAnalyser, clock: Clock) -> tuple[VisionReading, bool]:
        """The frame's reading, and whether it was analysed."""
        if self.call.closed:
            return self.unread(FrameOutcome.CALL_CLOSED, clock), False
        try:
            reading = analyser.analyse(self.frame, self.call.state, preview=self.preview, search=False)
        except Exception as error:
            self._note_failure(error)
            return self.unread(f"{FrameOutcome.FAILED}: {type(error).__name__}", clock), False
        self.call.failing = False
        queued_ms = (self.began_ns - self.submitted_ns) / NS_PER_MS
        return replace(reading, stage_ms={"queued": queued_ms, **reading.stage_ms}), True

    def search(self, analyser: FrameAnalyser) -> None:
        """Looks for new hands, now that nobody waits for the frame any more."""
        try:
            analyser.search(self.call.state)
        except Exception as error:
            self._note_failure(error)

    def _note_failure(self, error: Exception) -> None:
        """Logs the first of a row of failures, and begins the call's tracking anew."""
        if not self.call.failing:
            frame = f"call {self.frame.call_id}, frame {self.frame.stamp.frame_id}"
            logger.warning("%s: vision models failed: %s", frame, type(error).__name__, exc_info=True)
        self.call.failing = True
        self.call.state.forget()
