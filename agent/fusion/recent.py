"""The last half minute of a call in a few numbers: who spoke, what was seen, and the cues that words and signs gave."""

import math
from dataclasses import dataclass, field, replace

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.scripts import words_of
from agent.core.signals import AffectValue, Finding, GestureValue, IntentValue, TranscriptValue, TurnValue, VoiceValue
from agent.core.types import Attention, HandReading, VisionReading
from agent.fusion.cues import OF_GESTURE, OF_INTENT, Cue, cues_in
from agent.fusion.face import FaceState
from agent.fusion.filters import Decaying

WINDOW_S = 30.0
MOST_EVENTS = 64
SHARE_S = 8.0
"""Time constant of the shares of time."""
LOUD_DB = 6.0
"""So far above this customer's usual voice is loud."""
USUAL_VOICE_S = 60.0
DOWN_DEG = 14.0
"""A head that is bent this far below where it usually points looks at a desk or a phone."""
NEAR_SHARE = 0.32
"""A hand that is so large a part of the picture's height is held up to the camera."""
WATCH_EVERY_MS = 200
WATCHED_WEIGHT = 0.3
SAME_S = 1.0
"""The same cue again within this time is the same: words and their intent tell of one thing."""
SHARES = ("customer", "agent", "away", "down", "absent", "company", "hand_near", "loud")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What is remembered of the last half minute. Times are those of capture."""

    began_ns: int | None = None
    shares: dict[str, Decaying] = field(default_factory=lambda: {name: Decaying(tau_s=SHARE_S) for name in SHARES})
    """How much of the last seconds each of `SHARES` took."""
    events: tuple[tuple[int, Cue], ...] = ()
    """The oldest first, `MOST_EVENTS` at most."""
    words: tuple[tuple[int, int], ...] = ()
    """When a line of the customer was said, and its words."""
    usual_db: Decaying = Decaying(tau_s=USUAL_VOICE_S)
    holder: str = "nobody"
    quiet_since_ns: int | None = None
    """Since when nobody has spoken."""
    last_request: str | None = None
    affect: AffectValue | None = None
    """The last valid one."""
    affect_ns: int = 0

    def share(self, name: str, now_ns: int) -> float:
        """How much of the last seconds, 0 to 1; what was not watched counts as not there."""
        decaying = self.shares[name].aged(now_ns)
        return decaying.value * decaying.weight

    def watched(self, now_ns: int) -> bool:
        """Whether pictures have come in the last seconds."""
        return self.shares["absent"].aged(now_ns).weight >= WATCHED_WEIGHT

    def strength(self, cue: Cue, now_ns: int) -> float:
        """How much there was of a cue, 0 to 1: once just now is 0.6, twice 0.84; it fades over the window."""
        missing = 1.0
        for at_ns, seen in self.events:
            if seen is cue:
                missing *= 1 - 0.6 * max(0.0, 1 - (now_ns - at_ns) / NS_PER_S / WINDOW_S)
        return 1 - missing

    def quiet_s(self, now_ns: int) -> float:
        return 0.0 if self.quiet_since_ns is None else max(0.0, (now_ns - self.quiet_since_ns) / NS_PER_S)

    def words_said(self, now_ns: int) -> int:
        return sum(count for at_ns, count in self.words if now_ns - at_ns <= WINDOW_S * NS_PER_S)

    def age_s(self, now_ns: int) -> float:
        """Since the first that was seen or heard in the call."""
        return math.inf if self.began_ns is None else (now_ns - self.began_ns) / NS_PER_S


def watch(recent: Recent, reading: VisionReading, face: FaceState) -> Recent:
    """One camera frame, as far as it is time for another look; `face` has taken it in already."""
    now_ns = reading.stamp.captured_ns
    watched_ns = recent.shares["absent"].updated_ns
    if watched_ns is not None and 0 <= now_ns - watched_ns < WATCH_EVERY_MS * NS_PER_MS:
        return recent
    customer = reading.faces[0] if reading.faces else None
    level_deg = face.attention.usual_pitch_deg
    there = {
        "absent": customer is None,
        "company": customer is not None and bool(reading.bystanders),
        "away": customer is not None and face.attention.attention is Attention.AWAY,
        "down": customer is not None and customer.pose.pitch_deg < level_deg - DOWN_DEG,
    }
    if reading.hands_read:
        there["hand_near"] = any(_is_near(hand, reading.height_px) for hand in reading.hands)
    return seen(recent, there, now_ns)


def note(recent: Recent, finding: Finding, now_ns: int) -> Recent:
    """One finding of any kind, before it is sent."""
    match finding.value:
        case TurnValue(holder=holder, barge_in=barge_in):
            recent = _turned(recent, holder, now_ns)
            return happened(recent, Cue.INTERRUPTS, now_ns) if barge_in else recent
        case VoiceValue():
            return _voiced(recent, finding.value, now_ns)
        case TranscriptValue(final=True, text=text):
            return said(recent, text, now_ns)
        case GestureValue(name=name) if name in OF_GESTURE:
            return happened(recent, OF_GESTURE[name], now_ns)
        case IntentValue():
            return _asked(recent, finding.value, now_ns)
        case AffectValue() if finding.valid:
            return replace(recent, affect=finding.value, affect_ns=now_ns)
        case _:
            return recent


def said(recent: Recent, text: str, now_ns: int) -> Recent:
    """A line that the customer spoke or typed."""
    for cue in sorted(cues_in(text)):
        recent = happened(recent, cue, now_ns)
    return replace(recent, words=(*_within(recent.words, now_ns), (now_ns, len(words_of(text))))[-MOST_EVENTS:])


def happened(recent: Recent, cue: Cue, now_ns: int) -> Recent:
    """A cue at one moment."""
    kept = tuple(event for event in recent.events if now_ns - event[0] <= WINDOW_S * NS_PER_S)
    if any(seen is cue and now_ns - at_ns < SAME_S * NS_PER_S for at_ns, seen in kept):
        return recent
    return replace(_begun(recent, now_ns), events=(*kept, (now_ns, cue))[-MOST_EVENTS:])


def _within(words: tuple[tuple[int, int], ...], now_ns: int) -> tuple[tuple[int, int], ...]:
    return tuple(line for line in words if now_ns - line[0] <= WINDOW_S * NS_PER_S)


def _begun(recent: Recent, now_ns: int) -> Recent:
    return replace(recent, began_ns=now_ns) if recent.began_ns is None else recent


def seen(recent: Recent, there: dict[str, bool], now_ns: int) -> Recent:
    """Which of the things whose shares are kept were there, since the look before; the others were not looked at."""
    fed = {name: recent.shares[name].fed(float(is_there), now_ns=now_ns) for name, is_there in there.items()}
    return replace(_begun(recent, now_ns), shares=recent.shares | fed)


def _turned(recent: Recent, holder: str, now_ns: int) -> Recent:
    recent = _spoken(recent, now_ns)
    if holder == recent.holder:
        return recent
    return replace(recent, holder=holder, quiet_since_ns=now_ns if holder == "nobody" else None)


def _spoken(recent: Recent, now_ns: int) -> Recent:
    """Counts the time since the last look for whoever has had the word in it."""
    recent = seen(recent, {name: recent.holder == name for name in ("customer", "agent")}, now_ns)
    return recent if recent.quiet_since_ns or recent.holder != "nobody" else replace(recent, quiet_since_ns=now_ns)


def _voiced(recent: Recent, voice: VoiceValue, now_ns: int) -> Recent:
    recent = _spoken(recent, now_ns)
    if not voice.speaking:
        return recent
    usual = recent.usual_db
    loud = usual.weight > 0.05 and voice.energy_db > usual.value + LOUD_DB
    return replace(seen(recent, {"loud": loud}, now_ns), usual_db=usual.fed(voice.energy_db, now_ns=now_ns))


def _asked(recent: Recent, intent: IntentValue, now_ns: int) -> Recent:
    if intent.out_of_scope:
        return happened(recent, Cue.NOT_UNDERSTOOD, now_ns)
    if intent.label in OF_INTENT:
        return happened(recent, OF_INTENT[intent.label], now_ns)
    again = intent.label == recent.last_request
    recent = happened(recent, Cue.REQUESTS_AGAIN if again else Cue.REQUESTS, now_ns)
    return replace(recent, last_request=intent.label)


def _is_near(hand: HandReading, height_px: int) -> bool:
    rows = hand.landmarks_px[:, 1]
    return float(rows.max() - rows.min()) >= NEAR_SHARE * height_px
