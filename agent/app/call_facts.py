"""What a call came to: the few figures by which it is compared with others, worked out of what was kept of it."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from agent.core.signals import AffectValue, IntentValue, TurnValue
from agent.storage.history import StoredMessage, StoredSignal

VERSION = 1
"""Of how facts are worked out; those of another one are not read."""
END_LASTS_S = 30.0
"""What counts as the beginning and the end of a call."""
LEAST_KNOWN = 5
"""Seconds of which must be known for a mean."""
OUT_OF_SCOPE = "out_of_scope"
"""Stands for whatever the agent knows no intent for."""


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """How valence was at the beginning and at the end: means, -1 to 1, of a proxy and no measurement."""

    start: float
    end: float

    @property
    def change(self) -> float:
        return self.end - self.start


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    intents: dict[str, int]
    """How often each was understood, the most frequent first."""
    turns: int
    """Of the customer."""
    interruptions: int
    """How often the customer spoke over the agent."""
    taken_over: bool
    """Whether a person spoke in the agent's place."""
    valence: Ends | None
    """None where emotion was not analysed, or too little was known of either end."""
    frustration: float | None
    """At its highest, 0 to 1; None where it was never known."""


def facts_of(signals: Sequence[StoredSignal], sent: Sequence[StoredMessage]) -> CallFacts:
    """Works them out of everything that was kept, in order. Takes milliseconds a minute of call: run it in a thread."""
    intents: Counter[str] = Counter()
    interruptions, spoken_over = 0, False
    felt: list[tuple[float, AffectValue]] = []
    for signal in signals:
        match signal.kind:
            case "intent" if signal.valid:
                intent = msgspec.json.decode(signal.value, type=IntentValue)
                intents[OUT_OF_SCOPE if intent.out_of_scope else intent.label] += 1
            case "turn":
                # A state, of which each second keeps the latest: one that lasts is one.
                over = msgspec.json.decode(signal.value, type=TurnValue).barge_in
                interruptions += over and not spoken_over
                spoken_over = over
            case "affect" if signal.valid:
                felt.append((signal.captured_at, msgspec.json.decode(signal.value, type=AffectValue)))
    frustrations = [value.frustration for _, value in felt if value.frustration is not None]
    types = Counter(message.type for message in sent)
    return CallFacts(
        intents=dict(intents.most_common()),
        turns=types["utterance"] + types["chat"],
        interruptions=interruptions,
        taken_over=types["taken_over"] > 0,
        valence=_ends([(at_s, value.valence) for at_s, value in felt if value.valence is not None]),
        frustration=max(frustrations, default=None),
    )


def read_facts(summary: bytes | None) -> CallFacts | None:
    """None for a summary that is missing, or of another version."""
    if summary is None:
        return None
    try:
        facts = msgspec.json.decode(summary, type=CallFacts)
    except msgspec.DecodeError:
        return None
    return facts if facts.version == VERSION else None


def _ends(valences: Sequence[tuple[float, float]]) -> Ends | None:
    """Of what was known; in a call so short that its ends would meet, of its halves."""
    if not valences:
        return None
    first_s, last_s = valences[0][0], valences[-1][0]
    lasts_s = min(END_LASTS_S, (last_s - first_s) / 2)
    start = [value for at_s, value in valences if at_s <= first_s + lasts_s]
    end = [value for at_s, value in valences if at_s > last_s - lasts_s]
    if len(start) < LEAST_KNOWN or len(end) < LEAST_KNOWN:
        return None
    return Ends(start=sum(start) / len(start), end=sum(end) / len(end))
