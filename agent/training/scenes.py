"""Calls as timelines of what happens in them, made up or written by hand, and played through fusion's memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.signals import AffectValue, Finding, GestureValue, IntentValue, TranscriptValue, TurnValue, VoiceValue
from agent.core.types import CaptureOrigin, Stamp
from agent.fusion.cues import Cue
from agent.fusion.recent import Recent, happened, note, seen
from agent.fusion.scene import OUTCOMES
from agent.fusion.situation import FEATURES, describe

TICK_S = 0.5
QUIET_DB, LOUD_DB = -30.0, -20.0


class Holder(NamedTuple):
    """Who has the word from now on: customer, agent or nobody."""

    name: str
    loud: bool = False


class Said(NamedTuple):
    """A line of the customer has ended."""

    text: str


class Intended(NamedTuple):
    """What the agent's model made of a line."""

    label: str
    out_of_scope: bool = False


class Gesture(NamedTuple):
    name: str


class Hint(NamedTuple):
    """A cue without the words that gave it."""

    cue: Cue


class Looks(NamedTuple):
    """What the camera sees from now on, as `agent.fusion.recent` names it; None for a camera that is off."""

    there: frozenset[str] | None


class Feels(NamedTuple):
    """What affect says from now on; nothing when empty."""

    probabilities: dict[str, float]
    worse: bool = False


Happening = Holder | Said | Intended | Gesture | Hint | Looks | Feels


class Moment(NamedTuple):
    at_s: float
    what: Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One call or a piece of one."""

    moments: tuple[Moment, ...]
    """In order."""
    seconds: float
    scenes: tuple[tuple[float, float, str], ...]
    """From when to when which of `OUTCOMES` is right; what lies between is not judged."""


class Sample(NamedTuple):
    """What fusion remembers at one time, and that time on the timeline and on its clock."""

    at_s: float
    now_ns: int
    recent: Recent


def play(timeline: Timeline, *, every_s: float = 1.0) -> Iterator[Sample]:
    """What fusion knows every so many seconds of a timeline."""
    stage = _Stage()
    waiting = list(timeline.moments)
    for tick in range(1, round(timeline.seconds / TICK_S) + 1):
        at_s = tick * TICK_S
        while waiting and waiting[0].at_s <= at_s:
            moment = waiting.pop(0)
            stage.take(moment.what, _ns(moment.at_s))
        stage.look(_ns(at_s))
        if at_s % every_s == 0:
            yield Sample(at_s, _ns(at_s), stage.recent)


def labelled(timeline: Timeline) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(n, features) and (n,) the right one of `OUTCOMES`, of each second that has one."""
    rows = [(sample, _right(timeline, sample.at_s)) for sample in play(timeline)]
    kept = [(describe(sample.recent, sample.now_ns), OUTCOMES.index(right)) for sample, right in rows if right]
    features = np.array([row for row, _ in kept], np.float32).reshape(-1, len(FEATURES))
    return features, np.array([right for _, right in kept], np.int64)


def _right(timeline: Timeline, at_s: float) -> str | None:
    return next((scene for begin_s, end_s, scene in timeline.scenes if begin_s <= at_s <= end_s), None)


@dataclass(slots=True)
class _Stage:
    """Who speaks and what is seen at the moment, and what fusion remembers of it."""

    recent: Recent = field(default_factory=Recent)
    holder: Holder = Holder("nobody")
    there: frozenset[str] | None = frozenset()
    feels: Feels = Feels({})

    def take(self, what: Happening, now_ns: int) -> None:
        match what:
            case Holder(name=name):
                self.holder = what
                barge_in = name == "customer" and self.recent.holder == "agent"
                self._note(TurnValue(holder=name, barge_in=barge_in), now_ns)  # type: ignore[arg-type]
            case Said(text=text):
                self._note(TranscriptValue(utterance_id=0, text=text, final=True, language="en"), now_ns)
            case Intended(label=label, out_of_scope=out_of_scope):
                self._note(IntentValue(label=label, out_of_scope=out_of_scope), now_ns)
            case Gesture(name=name):
                self._note(GestureValue(name=name), now_ns)
            case Hint(cue=cue):
                self.recent = happened(self.recent, cue, now_ns)
            case Looks(there=there):
                self.there = there
            case Feels():
                self.feels = what

    def look(self, now_ns: int) -> None:
        """What comes in all the time: pictures, the level of the voice, and affect."""
        if self.there is not None:
            there = {name: name in self.there for name in ("away", "down", "absent", "company", "hand_near")}
            self.recent = seen(self.recent, there, now_ns)
        speaking = self.holder.name == "customer"
        level_db = LOUD_DB if self.holder.loud else QUIET_DB
        self._note(VoiceValue(speaking=speaking, energy_db=level_db), now_ns)
        if self.feels.probabilities:
            changed = "worse" if self.feels.worse else None
            value = AffectValue(
                label="unknown",
                valence=None,
                arousal=None,
                trend="unknown",
                coverage=1.0,
                probabilities=self.feels.probabilities,
                changed=changed,  # type: ignore[arg-type]
            )
            self._note(value, now_ns)

    def _note(
        self,
        value: TurnValue | TranscriptValue | IntentValue | GestureValue | VoiceValue | AffectValue,
        now_ns: int,
    ) -> None:
        stamp = Stamp(
            frame_id=-1,
            rtp_timestamp=0,
            arrived_ns=now_ns,
            captured_ns=now_ns,
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=now_ns / 1e6,
        )
        finding = Finding(value=value, confidence=None, valid=True, stamp=stamp, sources=())
        self.recent = note(self.recent, finding, now_ns)


def _ns(at_s: float) -> int:
    return round((at_s + 1.0) * NS_PER_S)
