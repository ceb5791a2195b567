"""What one call perceives: readings become findings, findings become numbered signals for all who follow."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent.core.budget import LadderState
from agent.core.clock import NS_PER_MS, NS_PER_S, Clock
from agent.core.consent import Consent, Purpose
from agent.core.signals import AffectValue, Finding, HealthValue, IntentValue, Signal, kind_of, signal_from
from agent.core.speech import HearingEvent, TextEmotionReading
from agent.core.types import CaptureOrigin, Stamp, VisionReading
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import SignalSeen
from agent.fusion import fusion
from agent.fusion.health import HealthMonitor
from agent.fusion.scene import Judge
from agent.storage.calls import CallStore
from agent.transport.hub import Hub

KEPT_FROM_ENGINE = frozenset({"voice", "health"})
"""Kinds that say nothing a reply could turn on, and come often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of one frame."""

    signals: Sequence[Signal]
    fused_ns: int
    """Monotonic time at which fusion was done with it; its signals are out since."""


class Senses:
    """Fusion of one call and the numbering of its signals. Belongs to the event loop and never waits."""

    def __init__(
        self,
        call_id: str,
        consent: Consent,
        *,
        camera: bool,
        clock: Clock,
        hub: Hub,
        store: CallStore,
        frames: Callable[[], dict[str, int]] = dict,
        judge: Judge | None = None,
    ) -> None:
        """`camera`: whether frames are expected, so that their absence is a fault. `frames` gives them by what became
        of them. Without a `judge` no scene is told."""
        self._call_id = call_id
        self._clock = clock
        self._hub = hub
        self._store = store
        self._judge = judge
        self._reply: ReplyClient | None = None
        self._began_ns = clock.now_ns()
        self._state = fusion.FusionState(
            reads_faces=consent.allows(Purpose.EXPRESSION),
            reads_voices=consent.allows(Purpose.VOICE_EMOTION),
            reads_words=consent.allows(Purpose.TEXT_EMOTION),
        )
        self._health = HealthMonitor(camera_expected=camera, started_ns=self._began_ns, frames=frames)
        self._next_seq = 0
        self.on_change: Callable[[], None] = lambda: None
        """Called when what the call list says of this call has changed."""
        self.on_signals: Callable[[Sequence[Signal]], None] = lambda signals: None
        """Called with all signals once they are published."""
        self.on_palm: Callable[[bool], None] = lambda raised: None
        """Called when an open palm has gone up or down."""
        self._palm = False
        self.affect = "unknown"
        """Label of the latest affect signal; `valence`, in tenths, and its `trend` are of the same."""
        self.valence: float | None = None
        self.trend = "unknown"
        self.last_intent: str | None = None
        self.degraded = False

    @property
    def mouth_talks(self) -> bool | None:
        """Whether the customer's mouth is seen to talk; None where that cannot be seen. May be read by any thread."""
        return self._state.face.mouth.talks

    def follow_with(self, reply: ReplyClient) -> None:
        """Sends every signal to the reply engine too, from here on."""
        self._reply = reply

    def see(self, reading: VisionReading) -> Seen:
        """One camera frame's reading."""
        now_ns = self._clock.now_ns()
        self._health.saw(reading)
        self._state, findings = fusion.see(self._state, reading, now_ns)
        palm = fusion.shows_palm(self._state)
        if palm != self._palm:
            self._palm = palm
            self.on_palm(palm)
        fused_ns = self._clock.now_ns()
        signals = self.publish([*findings, *self._health.conclude(reading.stamp, now_ns=now_ns)])
        return Seen(signals=signals, fused_ns=fused_ns)

    def hear(self, event: HearingEvent) -> Sequence[Signal]:
        self._state, findings = fusion.hear(self._state, event)
        return self.publish(findings)

    @property
    def reads_words(self) -> bool:
        """Whether the customer agrees that emotion is read from words."""
        return self._state.reads_words

    def read_words(self, reading: TextEmotionReading) -> Sequence[Signal]:
        """What emotion the words of a line tell of."""
        self._state, findings = fusion.read(self._state, reading)
        return self.publish(findings)

    def typed(self, text: str) -> None:
        """A line that the customer typed."""
        self._state = fusion.typed(self._state, text, self._clock.now_ns())

    def agent_speaks(self, speaks: bool) -> None:
        """The agent's own voice began or ended on the wire."""
        self._state, findings = fusion.speak(self._state, speaks=speaks, stamp=self.moment())
        self.publish(findings)

    def report(self, room: str, fault: str | None) -> None:
        """A room says what is wrong with it, or None when it is well again; followers learn it at once."""
        self._health.report(room, fault)
        self.publish(self._health.conclude(self.moment(), now_ns=self._clock.now_ns()))

    def camera(self, *, on: bool, why_off: str = "camera off") -> None:
        """Pictures are to be read from now on, or none will be, and why."""
        self._health.expect_camera(on, self._clock.now_ns())
        if not on:
            self._go_blind(why_off)

    def stands(self, ladder: LadderState) -> None:
        """The call has gone down or up the ladder; followers learn it at once."""
        self._health.stands(ladder, self._clock.wall_ns() / NS_PER_S)
        self.publish(self._health.conclude(self.moment(), now_ns=self._clock.now_ns()))

    def follow(self, consent: Consent) -> None:
        """Takes in what the customer agrees to from now on, and forgets what they no longer agree to."""
        if not consent.allows(Purpose.EXPRESSION):
            self._go_blind("consent withdrawn")
            self._state = fusion.forget_emotion(self._state)
        if not consent.allows(Purpose.VOICE_EMOTION):
            self._state, findings = fusion.go_deaf(self._state, self.moment(), "consent withdrawn")
            self.publish(findings)
        if not consent.allows(Purpose.TEXT_EMOTION):
            self._state, findings = fusion.go_wordless(self._state, self.moment(), "consent withdrawn")
            self.publish(findings)
        self._state = fusion.agree(
            self._state,
            faces=consent.allows(Purpose.EXPRESSION),
            voices=consent.allows(Purpose.VOICE_EMOTION),
            words=consent.allows(Purpose.TEXT_EMOTION),
        )

    def _go_blind(self, reason: str) -> None:
        self._state, findings = fusion.go_blind(self._state, self.moment(), reason)
        self.publish(findings)

    def moment(self) -> Stamp:
        """A stamp of now, for findings that come from no frame and no window."""
        now_ns = self._clock.now_ns()
        return Stamp(
            frame_id=-1,
            rtp_timestamp=0,
            arrived_ns=now_ns,
            captured_ns=now_ns,
            captured_error_ns=0,
            captured_from=CaptureOrigin.ARRIVAL,
            media_ms=(now_ns - self._began_ns) / NS_PER_MS,
        )

    def publish(self, findings: Iterable[Finding]) -> Sequence[Signal]:
        """Puts findings into their envelopes and sends them. Returns the signals, in order."""
        now_ns, wall_ns = self._clock.now_ns(), self._clock.wall_ns()
        findings = self._situated(findings, now_ns)
        signals = [self._numbered(finding, now_ns, wall_ns) for finding in findings]
        self._hub.publish_signals(self._call_id, signals)
        before = self._told
        for signal in signals:
            self._store.record_signal(signal)
            match signal.value:
                case AffectValue(label=label, valence=valence, trend=trend):
                    self.affect, self.trend = label, trend
                    self.valence = None if valence is None else round(valence, 1)
                case HealthValue(state=state):
                    self.degraded = state != "good"
                case IntentValue(label=label, out_of_scope=out_of_scope):
                    self.last_intent = "out of scope" if out_of_scope else label
            if self._reply is not None and kind_of(signal) not in KEPT_FROM_ENGINE:
                self._reply.send(SignalSeen(signal=signal))
        self.on_signals(signals)
        if before != self._told:
            self.on_change()
        return signals

    @property
    def _told(self) -> tuple[object, ...]:
        return self.affect, self.valence, self.trend, self.last_intent, self.degraded

    def _situated(self, findings: Iterable[Finding], now_ns: int) -> list[Finding]:
        """The findings, and what situation they leave the call in."""
        findings = list(findings)
        for finding in findings:
            if isinstance(finding.value, IntentValue):
                self._state = fusion.note(self._state, finding, now_ns)
        if self._judge is not None:
            self._state, scene = fusion.situate(self._state, self._judge, self.moment(), now_ns)
            findings += scene
        return findings

    def _numbered(self, finding: Finding, now_ns: int, wall_ns: int) -> Signal:
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        return signal_from(finding, call_id=self._call_id, seq=seq, now_ns=now_ns, wall_ns=wall_ns)
