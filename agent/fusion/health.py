"""What is degraded in a call and why, as one signal every few seconds and at every change."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.budget import IN_WORDS, RATES, LadderState, Rung
from agent.core.clock import NS_PER_S
from agent.core.frames import FrameOutcome, outcome_named
from agent.core.sentences import sentence, tell
from agent.core.signals import Finding, HealthValue, RoomFault
from agent.core.types import Stamp, VisionReading

WINDOW_S = 3.0
REPEAT_S = 3.0
LOW_FPS, LOW_SHARE = 8.0, 0.75
"""Fewer frames than these, or than this share of those that are wanted, are too few."""
FAILING_FRAMES = 3
"""So many in a row mean that the models are at fault, not a frame."""
MODELS_FAIL = "the models that read pictures fail"


@dataclass(slots=True)
class HealthMonitor:
    """Counts analysed frames of the last seconds and holds the reasons that other rooms report."""

    camera_expected: bool
    started_ns: int
    frames: Callable[[], dict[str, int]] = dict
    """Gives the call's frames so far: "received", "analysed", and the others by why."""
    _analysed_ns: deque[int] = field(default_factory=lambda: deque(maxlen=512))
    _reported_ns: int = 0
    _reported: tuple[str, ...] | None = None
    _failed: int = 0
    """Frames in a row on which models failed."""
    _ladder: LadderState = LadderState()
    _rung_since: float | None = None
    _faults: dict[str, str] = field(default_factory=dict)

    def saw(self, reading: VisionReading) -> None:
        """One frame's reading."""
        outcome = outcome_of(reading)
        if outcome is FrameOutcome.ANALYSED:
            self._analysed_ns.append(reading.finished_ns)
            self._failed = 0
        elif outcome is FrameOutcome.FAILED:
            self._failed += 1

    def stands(self, ladder: LadderState, wall_s: float) -> None:
        """Where the call stands on the ladder since `wall_s`, Unix time in seconds."""
        self._ladder, self._rung_since = ladder, wall_s

    def expect_camera(self, expected: bool, now_ns: int) -> None:
        """Whether frames should come from now on, so that their absence is a fault."""
        if expected and not self.camera_expected:
            self.started_ns = now_ns
        self.camera_expected = expected

    def report(self, room: str, fault: str | None) -> None:
        """A room says what is wrong with it, or None when it is well again."""
        if fault is None:
            self._faults.pop(room, None)
        else:
            self._faults[room] = fault

    def analysed_fps(self, now_ns: int) -> float:
        """Frames analysed a second over the last seconds, or since the call began where that is shorter."""
        window_s = min(WINDOW_S, max(0.5, (now_ns - self.started_ns) / NS_PER_S))
        while self._analysed_ns and now_ns - self._analysed_ns[0] > window_s * NS_PER_S:
            self._analysed_ns.popleft()
        return len(self._analysed_ns) / window_s

    def conclude(self, stamp: Stamp, *, now_ns: int) -> list[Finding]:
        """The health signal when something changed, else every `REPEAT_S` seconds."""
        fps = self.analysed_fps(now_ns) if self.camera_expected else None
        faults = self._wrong(fps, now_ns)
        reasons = tuple(f"{fault.room}: {fault.words}" for fault in faults)
        rung = self._ladder.rung
        due = now_ns - self._reported_ns > REPEAT_S * NS_PER_S
        if reasons == self._reported and not due:
            return []
        self._reported, self._reported_ns = reasons, now_ns
        value = HealthValue(
            state="degraded" if reasons else "good",
            reasons=reasons,
            faults=faults,
            rung=rung.name.lower(),
            rung_since=self._rung_since,
            analysed_fps=None if fps is None else round(fps, 1),
            frames=self.frames(),
        )
        return [Finding(value=value, confidence=None, valid=True, stamp=stamp, sources=("health",))]

    def _wrong(self, fps: float | None, now_ns: int) -> tuple[RoomFault, ...]:
        faults = sorted(self._faults.items())
        if self._failed >= FAILING_FRAMES:
            faults.append(("camera", MODELS_FAIL))
        rung = self._ladder.rung
        if rung is not Rung.FULL:
            faults.append(("load", tell("load", measure=IN_WORDS[rung], strain=self._ladder.because)))
        settled = now_ns - self.started_ns > WINDOW_S * NS_PER_S
        least_fps = min(LOW_FPS, LOW_SHARE * RATES[rung].frames_hz)
        if fps is not None and settled and fps < least_fps:
            faults.append(("camera", tell("few_frames", count=f"{least_fps:.0f}")))
        return tuple(_fault(room, words) for room, words in faults)


def _fault(room: str, words: str) -> RoomFault:
    said = sentence(words)
    return RoomFault(room=room, words=said.words, code=said.code, values=said.values)


def outcome_of(reading: VisionReading) -> FrameOutcome:
    """What became of a frame: that it was analysed, or why its pixels were not looked at."""
    return FrameOutcome.ANALYSED if reading.stage_ms else outcome_named(reading.reason or "")
