"""Reads pieces of calls that people wrote, with the scene that holds at their end."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agent.core.errors import DataRejected
from agent.core.speech import IntentReading
from agent.core.types import EXPRESSIONS
from agent.fusion.cues import OF_GESTURE
from agent.fusion.scene import OUTCOMES
from agent.training.scenes import Feels, Gesture, Happening, Holder, Intended, Looks, Moment, Said, Timeline

WORDS_A_SECOND = 2.6
SHOWN = ("away", "down", "absent", "company", "hand_near")
LEAST_S = 1.0
FELT_PROB = 0.75
"""How sure affect is of what a line says it feels."""

_VOICES = ("agent", "customer")
_LINE = re.compile(r"(?P<at>\d+(?:\.\d+)?) (?P<what>[a-z_]+)(?P<loud>!?)(?::? (?P<rest>.*))?")

ReadIntent = Callable[[str], IntentReading]


def written_calls(path: Path, read_intent: ReadIntent) -> list[Timeline]:
    """The clips of a file as the head of `scenes_heldout.yaml` describes them, with what `read_intent` makes of words.
    Raises `DataRejected` for a file of another form, naming the clip."""
    try:
        clips = yaml.safe_load(path.read_text(encoding="utf-8"))["clips"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError) as error:
        raise DataRejected(f"{path} holds no `clips`: {type(error).__name__}") from error
    if not isinstance(clips, list) or not clips:
        raise DataRejected(f"{path} holds no `clips`")
    return [_clip(path, number, clip, read_intent) for number, clip in enumerate(clips, 1)]


class _Line(NamedTuple):
    at_s: float
    what: str
    rest: str
    loud: bool

    @property
    def over_s(self) -> float:
        """When it has been spoken."""
        return self.at_s + len(self.rest.split()) / WORDS_A_SECOND


def _clip(path: Path, number: int, clip: dict[str, Any], read_intent: ReadIntent) -> Timeline:
    try:
        scene, since_s, lines = clip["scene"], float(clip["from"]), [_line(line) for line in clip["play"]]
        if scene not in OUTCOMES:
            raise ValueError(f"{scene!r} is no scene")
        ends_s = max(line.at_s for line in lines if line.what == "end")
        if not ends_s > since_s:
            raise ValueError(f"it must end after {since_s:g} s")
        if ends_s < LEAST_S:
            raise ValueError("it must last a second, after which one looks first")
        moments = [moment for line in lines for moment in _moments(line, lines, read_intent)]
    except (KeyError, TypeError, ValueError) as error:
        raise DataRejected(f"{path}, clip {number}: {error}") from error
    moments.sort(key=lambda moment: moment.at_s)
    return Timeline(moments=tuple(moments), seconds=ends_s, scenes=((since_s, ends_s, scene),))


def _line(text: str) -> _Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time and what happens")
    return _Line(float(found["at"]), found["what"], found["rest"] or "", bool(found["loud"]))


def _moments(line: _Line, lines: list[_Line], read_intent: ReadIntent) -> list[Moment]:
    """What one line stands for. Raises `ValueError` for words that mean nothing here."""
    match line.what:
        case "agent":
            return _spoken(line, lines)
        case "customer":
            reading = read_intent(line.rest)
            told: list[Happening] = [Said(line.rest), Intended(reading.label, reading.out_of_scope)]
            return _spoken(line, lines) + [Moment(line.over_s, one) for one in told]
        case "looks":
            return [Moment(line.at_s, _looks(line.rest.split()))]
        case "feels" if line.rest in EXPRESSIONS:
            others = (1 - FELT_PROB) / (len(EXPRESSIONS) - 1)
            felt = {name: FELT_PROB if name == line.rest else others for name in EXPRESSIONS}
            return [Moment(line.at_s, Feels(felt))]
        case "end":
            return []
        case gesture if gesture in OF_GESTURE:
            return [Moment(line.at_s, Gesture(gesture))]
    raise ValueError(f"{line.what!r} {line.rest!r} means nothing here")


def _spoken(line: _Line, lines: list[_Line]) -> list[Moment]:
    """Nobody speaks after it, unless somebody else has begun meanwhile."""
    begun = [other for other in lines if other.what in _VOICES and line.at_s < other.at_s <= line.over_s]
    began = Moment(line.at_s, Holder(line.what, line.loud))
    return [began] if begun else [began, Moment(line.over_s, Holder("nobody"))]


def _looks(words: list[str]) -> Looks:
    if words == ["off"]:
        return Looks(None)
    if not set(words) <= {*SHOWN, "screen"}:
        raise ValueError(f"a camera does not show {' '.join(words)!r}")
    return Looks(frozenset(words) - {"screen"})
