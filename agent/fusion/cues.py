"""What a customer's words and signs tell beyond what they ask for, by phrases that mean it in any business."""

import re
from enum import StrEnum
from pathlib import Path

import yaml

from agent.fusion.words import split


class Cue(StrEnum):
    """Something that happened at one moment and bears on the situation."""

    GREETS = "greets"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    AGREES = "agrees"
    DECLINES = "declines"
    REQUESTS = "requests"
    """Asks for something that the business does."""
    REQUESTS_AGAIN = "requests_again"
    """Asks for the same once more."""
    NOT_UNDERSTOOD = "not_understood"
    """Said what is none of the intents."""
    WANTS_PERSON = "wants_person"
    WANTS_REPEAT = "wants_repeat"
    LOST = "lost"
    """Does not follow what was said."""
    ASKS = "asks"
    HURRIES = "hurries"
    COMPLAINS = "complains"
    LOOKS_FOR = "looks_for"
    SHOWS = "shows"
    PAUSES = "pauses"
    """Asks for a moment."""
    TELLS = "tells"
    """Tells what happened."""
    INTERRUPTS = "interrupts"
    NODS = "nods"
    SHAKES_HEAD = "shakes_head"
    WAVES = "waves"
    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"
    POINTS = "points"


OF_GESTURE = {
    "nod": Cue.NODS,
    "shake": Cue.SHAKES_HEAD,
    "wave": Cue.WAVES,
    "thumbs_up": Cue.THUMBS_UP,
    "ok": Cue.THUMBS_UP,
    "thumbs_down": Cue.THUMBS_DOWN,
    "pointing": Cue.POINTS,
}
"""By `GestureValue.name`."""

OF_INTENT = {
    "greeting": Cue.GREETS,
    "thanks": Cue.THANKS,
    "goodbye": Cue.GOODBYE,
    "affirm": Cue.AGREES,
    "deny": Cue.DECLINES,
    "speak_to_person": Cue.WANTS_PERSON,
    "repeat": Cue.WANTS_REPEAT,
    "help": Cue.ASKS,
}
"""Intents that every pack has; any other is a request."""

_QUESTION = re.compile(
    r"[?？]\s*$|^(?:what|how|where|when|why|which|who|can you|could you|do i|is it|are you)\b|吗[?？。]?$"
)


def _readers(language: str, whole: str) -> dict[Cue, re.Pattern[str]]:
    """What finds each cue in one language; `whole` is the frame around the patterns of a cue."""
    patterns = yaml.safe_load((Path(__file__).parent / f"cues.{language}.yaml").read_text(encoding="utf-8"))
    return {Cue(name): re.compile(whole % "|".join(words)) for name, words in patterns.items()}


_ENGLISH = _readers("en", r"\b(?:%s)\b")
_CHINESE = _readers("zh", "(?:%s)")


def cues_in(text: str) -> frozenset[Cue]:
    """What the words of one line tell. Lines in other languages than English and Chinese tell next to nothing."""
    plain = " ".join(split(text.replace("’", "'")))
    found = {cue for cue, reader in _ENGLISH.items() if reader.search(plain)}
    found |= {cue for cue, reader in _CHINESE.items() if reader.search(plain)}
    return frozenset(found | {Cue.ASKS} if _QUESTION.search(text.strip().lower()) else found)
