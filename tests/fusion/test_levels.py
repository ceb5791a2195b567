"""Frustration, confusion, engagement and urgency rise with their cues, fade with them, and begin unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S
from agent.core.signals import Finding, TurnValue, VoiceValue
from agent.core.types import EXPRESSIONS
from agent.fusion.cues import Cue
from agent.fusion.levels import Levels, levels
from agent.fusion.recent import MOST_EVENTS, Recent, happened, note, said, seen
from tests.fusion.readings import stamp

ANGRY = np.array([0.7 if name == "anger" else 0.3 / 7 for name in EXPRESSIONS])


def ns(at_s: float) -> int:
    return round(at_s * NS_PER_S)


def call(*cues: tuple[float, Cue], seen_from_s: float | None = 0.0) -> Recent:
    """A call from 0 s on, whose customer looks at the screen for ten seconds unless it is blind, with cues."""
    recent = happened(Recent(), Cue.GREETS, ns(0))
    for tick in range(20) if seen_from_s is not None else ():
        recent = seen(recent, {"away": False, "absent": False}, ns(tick / 2))
    for at_s, cue in cues:
        recent = happened(recent, cue, ns(at_s))
    return recent


def told(recent: Recent, at_s: float, probabilities: np.ndarray | None = None) -> Levels:
    return levels(recent, probabilities, ns(at_s))


def test_the_first_seconds_tell_nothing() -> None:
    """Nobody is calm or frustrated before there was time to be."""
    assert told(call(), 2) == Levels(frustration=None, confusion=None, engagement=None, urgency=None)
    assert told(Recent(), 100).frustration is None


@pytest.mark.parametrize(
    ("cue", "level"), [(Cue.COMPLAINS, "frustration"), (Cue.LOST, "confusion"), (Cue.HURRIES, "urgency")]
)
def test_a_cue_raises_its_level_which_fades(cue: Cue, level: str) -> None:
    """Once is noticeable, three times is a lot, and after half a minute nothing is left of it."""
    once, thrice = call((9, cue)), call((5, cue), (7, cue), (9, cue))
    values = [
        getattr(told(recent, at_s), level) for recent, at_s in ((call(), 10), (once, 10), (thrice, 10), (thrice, 45))
    ]
    assert values[0] == values[3] == 0
    assert 0.3 < values[1] < values[2] < 1


def test_an_angry_face_adds_to_frustration_and_not_to_confusion() -> None:
    """Affect counts beside words, as far as it is beyond what anybody shows."""
    recent = call((9, Cue.COMPLAINS))
    calm, angry = told(recent, 10), told(recent, 10, ANGRY)
    assert angry.frustration is not None and calm.frustration is not None
    assert angry.frustration > calm.frustration + 0.1
    assert angry.confusion == calm.confusion


def test_engagement_is_looking_and_taking_part() -> None:
    """Who looks at the screen and nods is more engaged than who looks away; of nobody seen or heard it is unknown."""
    attentive = told(call((9, Cue.NODS)), 10).engagement
    absent_minded = call()
    for tick in range(20, 40):
        absent_minded = seen(absent_minded, {"away": True, "absent": False}, ns(tick / 2))
    turned_away = told(absent_minded, 20).engagement
    assert attentive is not None and turned_away is not None and attentive > turned_away + 0.3
    assert told(call(seen_from_s=None), 10).engagement is None


def test_a_louder_voice_is_louder_than_this_customers_own() -> None:
    """Ten decibels above what this customer has sounded like are loud; a loud microphone is not."""

    def spoken(levels_db: list[float]) -> float:
        recent = Recent()
        turn = TurnValue(holder="customer")
        recent = note(recent, Finding(value=turn, confidence=None, valid=True, stamp=stamp(0), sources=()), ns(0))
        for tick, level_db in enumerate(levels_db, 1):
            value = VoiceValue(speaking=True, energy_db=level_db)
            finding = Finding(value=value, confidence=None, valid=True, stamp=stamp(0), sources=())
            recent = note(recent, finding, ns(tick / 4))
        return recent.share("loud", ns(len(levels_db) / 4))

    assert spoken([-10.0] * 60) == 0
    assert spoken([-30.0] * 40 + [-20.0] * 20) > 0.3


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from(Cue), st.text(max_size=40)), max_size=120))
def test_memory_is_bounded_and_levels_are_shares(happenings: list[tuple[float, Cue, str]]) -> None:
    """However much happens, no more than so much is remembered, and every level lies between 0 and 1."""
    recent, at_s = Recent(), 0.0
    for pause_s, cue, text in happenings:
        at_s += pause_s
        recent = said(happened(recent, cue, ns(at_s)), text, ns(at_s))
    assert len(recent.events) <= MOST_EVENTS and len(recent.words) <= MOST_EVENTS
    for level in (told(recent, at_s).frustration, told(recent, at_s).confusion, told(recent, at_s).urgency):
        assert level is None or 0 <= level <= 1
