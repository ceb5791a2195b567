"""What one call's pictures cost, how late they are and which are wanted; and where the call is on the ladder."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from agent.core.budget import BUDGET_MS, RATES, LadderState, Measured, RateGate, Rates
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.frames import FrameOutcome
from agent.core.types import CameraFrame, VisionReading

WINDOW_S = 2.0
MOST_FRAMES = 256
DECODING_NS_PER_PX = 4.0
"""Decoding takes 3.5 % of a core for 640 x 480 at 30 frames a second, whether they are analysed or not."""


class CallLoad:
    """Told of every frame of one call. Belongs to the event loop."""

    def __init__(
        self,
        state: LadderState,
        used_ns: Callable[[], int],
        replaced: Callable[[], int],
        on_change: Callable[[LadderState], None],
        on_fault: Callable[[str | None], None],
    ) -> None:
        """`used_ns` says how much time of perception threads the call has used so far; the rest is as in `Load`."""
        self.state = state
        self.cost = 0.0
        """Shares of a core that its pictures have taken of late."""
        self._used_ns = used_ns
        self._replaced = replaced
        self._on_change = on_change
        self._on_fault = on_fault
        self._fault: str | None = None
        self._gate = RateGate()
        self._taken = 0
        self._px = 0
        self._read: deque[tuple[int, float | None]] = deque(maxlen=MOST_FRAMES)
        """When frames that were to be read came back, and how late; None for one that was given up."""
        self._looks: deque[tuple[int, int, int]] = deque()
        """Times, frames received and time of threads used, at each look of the last seconds."""

    @property
    def rates(self) -> Rates:
        return RATES[self.state.rung]

    def wants(self, frame: CameraFrame) -> bool:
        """Whether this frame is to be read, at the rate that the call can have now."""
        self._taken += 1
        self._px = frame.width_px * frame.height_px
        return self._gate.admits(frame.stamp.arrived_ns, self.rates.frames_hz)

    def came_back(self, reading: VisionReading, frame: CameraFrame, published_ns: int) -> None:
        """The reading of a wanted frame, published or given up at `published_ns`."""
        given_up = reading.reason == FrameOutcome.OVER_BUDGET
        age_ms = None if given_up else (published_ns - frame.stamp.arrived_ns) / NS_PER_MS
        self._read.append((published_ns, age_ms))

    def measured(self, shared: Measured, now_ns: int) -> Measured:
        """How the call did in the last seconds, put into what is measured of the process; `cost` is up to date then."""
        self._looks.append((now_ns, self._taken + self._replaced(), self._used_ns()))
        while now_ns - self._looks[0][0] > WINDOW_S * NS_PER_S:
            self._looks.popleft()
        while self._read and now_ns - self._read[0][0] > WINDOW_S * NS_PER_S:
            self._read.popleft()
        began_ns, received_before, used_before_ns = self._looks[0]
        window_s = (now_ns - began_ns) / NS_PER_S
        received = self._looks[-1][1] - received_before
        if window_s > 0:
            decoding_ns = received * self._px * DECODING_NS_PER_PX
            self.cost = (max(0, self._looks[-1][2] - used_before_ns) + decoding_ns) / (now_ns - began_ns)
        if not self._read:
            return shared
        ages_ms = sorted(age_ms for _, age_ms in self._read if age_ms is not None)
        # One late frame is chance, and would be more than one in twenty of the few frames of a low rung.
        late = max(0, len(self._read) - sum(age_ms <= BUDGET_MS for age_ms in ages_ms) - 1)
        wanted = min(received, self.rates.frames_hz * window_s)
        return replace(
            shared,
            late_share=late / len(self._read),
            age_p95_ms=ages_ms[max(0, int(0.95 * len(ages_ms)) - 1)] if ages_ms else None,
            unread_share=max(0.0, 1.0 - len(self._read) / wanted) if wanted >= 1 else 0.0,
        )

    def follow(self, state: LadderState) -> bool:
        """Takes up a state; true, and its owner is told, when that is another rung."""
        moved = state.rung is not self.state.rung
        self.state = state
        if moved:
            # What was measured before says nothing of what the change does.
            self._read.clear()
            self._on_change(state)
        return moved

    def tell_fault(self, fault: str | None) -> None:
        """What is wrong with the threads that read pictures."""
        if fault != self._fault:
            self._fault = fault
            self._on_fault(fault)
