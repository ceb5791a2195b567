"""The books of one call: every camera frame's fate, every turn's waiting, and what was lost on the way."""

from collections import Counter
from collections.abc import Callable, Sequence

from agent.app.journey import Moments, Span, coming, trace_of, whole_way
from agent.app.telemetry import Telemetry
from agent.app.turn_clock import TurnClock
from agent.core.clock import NS_PER_S, Clock
from agent.core.frames import FrameLedger, FrameOutcome
from agent.core.lifecycle import EndReason
from agent.core.signals import Signal
from agent.core.speech import HearingEvent, HearingFailed, Transcript, VoiceStarted
from agent.core.types import CameraFrame, VisionReading
from agent.dialogue.client import ReplyClient
from agent.fusion.health import outcome_of
from agent.media.peer import Peer
from agent.transport.hub import Hub
from agent.transport.metrics import Totals


class CallAccounts:
    """Counts and times what happens in one call. Belongs to the event loop; nothing here waits or fails."""

    def __init__(
        self,
        call_id: str,
        peer: Peer,
        *,
        guesses: Callable[[], tuple[int, int]],
        clock: Clock,
        hub: Hub,
        telemetry: Telemetry,
    ) -> None:
        """`guesses` counts early guesses at the end of a turn: those that were right, and all of them."""
        self.frames = FrameLedger(peer.intake)
        self.reply: ReplyClient | None = None
        """Set once there is one."""
        self._call_id = call_id
        self._peer = peer
        self._guesses = guesses
        self._clock = clock
        self._hub = hub
        self._telemetry = telemetry
        self._turns = TurnClock(telemetry.waited, telemetry.turn_over)
        self._heard: Counter[str] = Counter()
        self._last_frame: tuple[int, list[Span]] | None = None
        if peer.frames is not None:
            peer.frames.on_drop = lambda frame: self.skip(frame, FrameOutcome.NEWER_ARRIVED)
        telemetry.open_books(call_id, self)

    def skip(self, frame: CameraFrame, outcome: FrameOutcome) -> None:
        """A frame met its fate without being analysed."""
        self.frames.settle(outcome)
        if self._hub.traced(self._call_id):
            now_ns, wall_ns = self._clock.now_ns(), self._clock.wall_ns()
            trace = trace_of(frame, outcome, coming(frame, now_ns), now_ns=now_ns, wall_ns=wall_ns)
            self._hub.publish_trace(trace)

    def saw(self, frame: CameraFrame, reading: VisionReading, signals: Sequence[Signal], at: Moments) -> None:
        """A frame came back from the perception threads, and its signals, if any, were published."""
        outcome = outcome_of(reading)
        if outcome is not FrameOutcome.ANALYSED:
            self.skip(frame, outcome)
            return
        self.frames.settle(outcome)
        spans = whole_way(frame, reading, at)
        stamp = frame.stamp
        self._last_frame = stamp.frame_id, spans
        self._telemetry.frame(stamp, at.published_ns, spans)
        if self._hub.traced(self._call_id):
            stage_ms = {
                "received": (at.taken_ns - stamp.arrived_ns) / 1e6,
                **reading.stage_ms,
                "published": (at.published_ns - reading.finished_ns) / 1e6,
            }
            now_ns, wall_ns = self._clock.now_ns(), self._clock.wall_ns()
            trace = trace_of(frame, outcome, spans, stage_ms=stage_ms, signals=signals, now_ns=now_ns, wall_ns=wall_ns)
            self._hub.publish_trace(trace)

    def hears(self, event: HearingEvent, *, was_speaking: bool) -> None:
        """A hearing event was taken in. `was_speaking`: whether the agent was to be heard until then."""
        now_ns = self._clock.now_ns()
        match event:
            case Transcript(final=True, text=text):
                self._heard["final" if text else "empty"] += 1
                if text:
                    frame_id, spans = self._last_frame or (None, [])
                    self._turns.words(event, now_ns, frame_id=frame_id, frame_spans=spans)
            case Transcript():
                self._heard["partial"] += 1
            case HearingFailed():
                self._heard["failed"] += 1
            case VoiceStarted() if was_speaking and self._peer.speaker.paused:
                self._telemetry.gave_way((now_ns - event.stamp.captured_ns) / NS_PER_S)

    def types(self) -> None:
        """The customer typed: what is said next answers that."""
        self._turns.abandon()

    def replies(self) -> None:
        """The text of a reply has begun or grown."""
        self._turns.reply_text(self._clock.now_ns())

    def speaks(self) -> None:
        """The agent's voice began, unless it is held back."""
        if self._peer.speaker.paused:
            self._turns.abandon()
        else:
            self._turns.audible(self._clock.now_ns())

    def totals(self) -> Totals:
        """Counts since the call began, for `Metrics.tally`."""
        peer, reply = self._peer.statistics, self.reply
        right, guesses = self._guesses()
        totals = {
            ("agent_frames_received", ""): self.frames.received,
            ("agent_video_packets", ""): peer.video.packets,
            ("agent_video_packets_lost", ""): peer.video.packets_lost,
            ("agent_keyframes_requested", ""): peer.video.keyframes_requested,
            ("agent_hearing_failures", ""): self._heard["failed"],
            ("agent_guesses", ""): guesses,
            ("agent_guesses_right", ""): right,
            ("agent_dropped", "microphone_window"): peer.audio.dropped,
            ("agent_dropped", "page_message"): peer.messages_dropped,
        }
        totals |= {("agent_frames", outcome.value): count for outcome, count in self.frames.outcomes.items()}
        totals |= {("agent_transcripts", kind): self._heard[kind] for kind in ("final", "partial", "empty")}
        if reply is not None:
            totals |= {
                ("agent_engine_connections", ""): reply.statistics.connections,
                ("agent_engine_losses", ""): reply.statistics.losses,
                ("agent_dropped", "engine_event"): reply.events_dropped,
                ("agent_dropped", "engine_message"): reply.incoming.dropped,
            }
        return totals

    def close(self, reason: EndReason) -> None:
        """The call is over: frames still on their way are settled, and the books are handed in."""
        self._turns.abandon()
        self.frames.close()
        self._telemetry.close_books(self._call_id, self.totals(), reason)
