"""What situation the call is in, as scene signals tell it, and what that changes in the way of answering."""

from dataclasses import dataclass

from agent.core.clock import NS_PER_S
from agent.core.sentences import tell
from agent.core.signals import SceneSignal
from agent.dialogue.protocol import Because, SayStyle

STALE_AFTER_S = 8.0
"""A scene that holds is told again every five seconds."""
MIN_CONFIDENCE = 0.5
HELD_S = 5.0
"""A complaint that has escalated for so long is not left to a machine."""
CONFUSED, ESCALATING, LEAVING = "confused", "escalating", "leaving"
IN_WORDS = {CONFUSED: "the customer does not follow", ESCALATING: "the complaint escalates"}
UNINTERESTED = frozenset({CONFUSED, ESCALATING, LEAVING, "anxious"})
"""In these nobody wants to hear of anything besides."""

SLOW = SayStyle(rate=0.85, tone="calm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The last scene that was told."""

    label: str = "unknown"
    seq: int = 0
    reasons: tuple[str, ...] = ()
    since_ns: int = 0
    seen_ns: int = 0

    def is_now(self, label: str, now_ns: int, *, for_s: float = 0.0) -> bool:
        """Whether the call is in this situation, and has been for so long."""
        fresh = now_ns - self.seen_ns <= STALE_AFTER_S * NS_PER_S
        return self.label == label and fresh and now_ns - self.since_ns >= for_s * NS_PER_S

    def invites(self, now_ns: int) -> bool:
        """Whether something besides what was asked for may be proposed."""
        return not any(self.is_now(label, now_ns) for label in UNINTERESTED)

    def because(self, effect: str) -> Because:
        """The evidence for `effect`. Only meaningful for the labels of `IN_WORDS`."""
        situation = IN_WORDS[self.label]
        if self.reasons:
            words = tell("situation_as", situation=situation, sign=self.reasons, effect=effect)
        else:
            words = tell("situation", situation=situation, effect=effect)
        return Because.of("scene", words, (self.seq,))


def heed(situation: Situation, signal: SceneSignal, now_ns: int) -> Situation:
    """The situation after one more scene signal; one that is not valid or not sure enough ends it."""
    if not signal.valid or (signal.confidence or 0.0) < MIN_CONFIDENCE:
        return Situation()
    value = signal.value
    return Situation(
        label=value.label,
        seq=signal.seq,
        reasons=value.because,
        since_ns=now_ns - round(value.held_s * NS_PER_S),
        seen_ns=now_ns,
    )
