"""The last half minute as numbers that people can read, from which the scene is told."""

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.types import read_only
from agent.fusion.cues import Cue
from agent.fusion.recent import SHARES, Recent

BEGAN_S = 25.0
QUIET_S = 12.0
MUCH_WORDS = 60
"""So many words in the half minute are a lot."""
FRESH_S = 5.0
"""Affect older than this tells nothing of now."""

FEATURES = {
    "began": "the call has only just begun",
    "customer": "the customer has done much of the talking",
    "agent": "the agent has done much of the talking",
    "words": "the customer has said a lot",
    "quiet": "nobody has spoken for a while",
    "away": "the customer looks away",
    "down": "the customer looks down",
    "absent": "the customer is out of the picture",
    "company": "somebody else is in the picture",
    "hand_near": "a hand is held up to the camera",
    "loud": "the voice is louder than usual",
    "upset": "face, voice or words show anger",
    "troubled": "face, voice or words show fear or sadness",
    "pleased": "face, voice or words are friendly",
    "surprised": "face, voice or words show surprise",
    "worse": "the mood has turned for the worse",
    Cue.GREETS: "a greeting",
    Cue.THANKS: "thanks",
    Cue.GOODBYE: "words of goodbye",
    Cue.AGREES: "words of agreement",
    Cue.DECLINES: "a no",
    Cue.REQUESTS: "a request",
    Cue.REQUESTS_AGAIN: "the same request again",
    Cue.NOT_UNDERSTOOD: "words that were not understood",
    Cue.WANTS_PERSON: "the wish for a person",
    Cue.WANTS_REPEAT: "the wish to hear it again",
    Cue.LOST: "words of somebody who does not follow",
    Cue.ASKS: "a question",
    Cue.HURRIES: "words about time running out",
    Cue.COMPLAINS: "words of complaint",
    Cue.LOOKS_FOR: "words about looking for something",
    Cue.SHOWS: "words that point at something",
    Cue.PAUSES: "the wish for a moment",
    Cue.TELLS: "a tale of what happened",
    Cue.INTERRUPTS: "the agent was interrupted",
    Cue.NODS: "nodding",
    Cue.SHAKES_HEAD: "a shaken head",
    Cue.WAVES: "waving",
    Cue.THUMBS_UP: "a sign of approval",
    Cue.THUMBS_DOWN: "a sign of disapproval",
    Cue.POINTS: "a pointing hand",
}
"""In the model's order, each with the words in which it is given as a reason. All lie between 0 and 1."""
_FEELINGS = {
    "upset": ("anger", "disgust", "contempt"),
    "troubled": ("fear", "sadness"),
    "pleased": ("happiness",),
    "surprised": ("surprise",),
}


def describe(recent: Recent, now_ns: int) -> NDArray[np.float32]:
    """(n,) in the order of `FEATURES`, read-only. What was not seen or heard is 0, as if it were not there."""
    known: dict[str, float] = {
        "began": max(0.0, 1 - recent.age_s(now_ns) / BEGAN_S),
        "words": min(1.0, recent.words_said(now_ns) / MUCH_WORDS),
        "quiet": min(1.0, recent.quiet_s(now_ns) / QUIET_S),
        **{name: recent.share(name, now_ns) for name in SHARES},
        **_feelings(recent, now_ns),
        **{cue: recent.strength(cue, now_ns) for cue in Cue},
    }
    return read_only(np.array([known[name] for name in FEATURES], np.float32))


def _feelings(recent: Recent, now_ns: int) -> dict[str, float]:
    felt = recent.affect
    if felt is None or now_ns - recent.affect_ns > FRESH_S * NS_PER_S:
        return dict.fromkeys((*_FEELINGS, "worse"), 0.0)
    feelings = {
        name: sum(felt.probabilities.get(emotion, 0.0) for emotion in emotions) for name, emotions in _FEELINGS.items()
    }
    return feelings | {"worse": float(felt.changed == "worse")}
