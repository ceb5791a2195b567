"""How the customer seems to feel, as far as affect signals carry it, and how that changes the way of speaking."""

from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_S
from agent.core.sentences import tell
from agent.core.signals import AffectSignal
from agent.dialogue.protocol import Because, SayStyle

NEGATIVE = frozenset({"anger", "contempt", "disgust", "fear", "sadness", "negative", "frustration"})
"""Labels that call for care. Surprise and "unknown" do not: one is no complaint, the other no evidence."""
MIN_CONFIDENCE = 0.35
FRUSTRATED = 0.6
"""Index of frustration from which on it counts: more than one complaint, or one with what goes with it."""
STALE_AFTER_S = 4.0
"""A face that turned away for longer tells nothing any more."""
SUSTAINED_S = 3.0
"""A passing frown is not answered."""
PERSON_AFTER_S = 25.0
"""After this long in a bad mood a person is offered."""
ACKNOWLEDGE_EVERY_S = 45.0
"""Sympathy repeated at each sentence is none."""

CALM = SayStyle(rate=0.92, tone="calm")
NEUTRAL = SayStyle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """The run of negative affect that is going on, if one is."""

    label: str = "unknown"
    since_ns: int | None = None
    """When the present run of negative affect began; None when there is none."""
    first_seq: int = 0
    last_seq: int = 0
    seen_ns: int = 0
    """When the last valid affect signal came."""

    def negative_for_s(self, now_ns: int) -> float:
        """Seconds for which negative affect has held; 0 when it does not, or when nothing recent says so."""
        if self.since_ns is None or now_ns - self.seen_ns > STALE_AFTER_S * NS_PER_S:
            return 0.0
        return (self.seen_ns - self.since_ns) / NS_PER_S

    def troubled(self, now_ns: int) -> bool:
        """Whether anything negative was seen just now, were it for a moment: reason enough not to sell."""
        return self.since_ns is not None and now_ns - self.seen_ns <= STALE_AFTER_S * NS_PER_S

    def sustained(self, now_ns: int) -> bool:
        return self.negative_for_s(now_ns) >= SUSTAINED_S

    def because(self, now_ns: int, effect: str) -> Because:
        """The evidence for `effect`. Only meaningful while `sustained`."""
        words = tell("mood", mood=self.label, seconds=f"{self.negative_for_s(now_ns):.0f}", effect=effect)
        return Because.of("affect", words, (self.first_seq, self.last_seq))


def observe(mood: Mood, signal: AffectSignal, now_ns: int) -> Mood:
    """The mood after one more affect signal. One that is not valid, or not sure enough, changes nothing; frustration is
    told by what is said and done, and counts whatever the face shows."""
    label = signal.value.label
    frustrated = signal.valid and (signal.value.frustration or 0.0) >= FRUSTRATED
    if frustrated and label not in NEGATIVE:
        label = "frustration"
    elif not signal.valid or label == "unknown" or (signal.confidence or 0.0) < MIN_CONFIDENCE:
        return mood
    if label not in NEGATIVE:
        return Mood(label=label, seen_ns=now_ns, last_seq=signal.seq)
    broken = mood.since_ns is None or now_ns - mood.seen_ns > STALE_AFTER_S * NS_PER_S
    if broken:
        return Mood(label=label, since_ns=now_ns, first_seq=signal.seq, last_seq=signal.seq, seen_ns=now_ns)
    return replace(mood, label=label, last_seq=signal.seq, seen_ns=now_ns)
