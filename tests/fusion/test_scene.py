"""A scene is told when it clearly stands out, for as long as it does, with reasons that are the model's own."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.signals import Finding, IntentValue, SceneValue
from agent.core.types import SCENES
from agent.fusion import fusion
from agent.fusion.cues import Cue
from agent.fusion.fusion import FusionState
from agent.fusion.recent import Recent, happened, said
from agent.fusion.scene import LEAVE_PROB, OUTCOMES, REPEAT_S, Judged, SceneState, step
from agent.fusion.situation import FEATURES, describe
from tests.fusion.readings import stamp

Shown = tuple[float, str, float]
"""When, which scene, and how probable it is."""


class Judging:
    """A judge whose next answer is set from outside."""

    def __init__(self) -> None:
        self.answer = ("none", 1.0)
        self.looks = 0

    def __call__(self, features: NDArray[np.float32]) -> Judged:
        self.looks += 1
        name, prob = self.answer
        probabilities = np.full(len(OUTCOMES), (1 - prob) / (len(OUTCOMES) - 1), np.float32)
        probabilities[OUTCOMES.index(name)] = prob
        points = np.zeros((len(FEATURES), len(OUTCOMES)), np.float32)
        points[:2, OUTCOMES.index(name)] = [1.0, 3.0]
        return Judged(probabilities, points)


def told(shown: Sequence[Shown], *, until_s: float) -> list[tuple[float, Finding]]:
    """What is told, and when, if the judge thinks so from each of these times on and is asked four times a second."""
    judge, state, findings = Judging(), SceneState(), list[tuple[float, Finding]]()
    for tick in range(4, round(until_s * 4)):
        at_s = tick / 4
        judge.answer = next(((name, prob) for since_s, name, prob in reversed(shown) if since_s <= at_s), ("none", 1.0))
        state, told_now = step(state, Recent(), judge, stamp(at_s * 1_000), round(at_s * NS_PER_S))
        findings += [(at_s, finding) for finding in told_now]
    assert judge.looks <= until_s, "it looks once a second at most"
    return findings


def labels(findings: Sequence[tuple[float, Finding]]) -> list[str]:
    return [finding.value.label for _, finding in findings if isinstance(finding.value, SceneValue)]


def test_a_scene_is_told_after_two_looks_with_its_reasons() -> None:
    """The strongest reason comes first, and what adds nothing is no reason."""
    findings = told([(5, "confused", 0.8)], until_s=9)
    assert labels(findings) == ["confused"]
    at_s, finding = findings[0]
    assert isinstance(finding.value, SceneValue)
    assert 6 <= at_s <= 7.25 and finding.confidence == pytest.approx(0.8)
    assert finding.value.because == tuple(FEATURES.values())[1::-1]
    assert sum(finding.value.probabilities.values()) == pytest.approx(1, abs=0.01)


def test_one_look_is_not_enough() -> None:
    """What is probable for a moment only is not told."""
    assert told([(5, "escalating", 0.9), (6, "none", 0.9)], until_s=12) == []


def test_it_holds_through_doubt_and_ends_when_it_is_improbable() -> None:
    """Between the two thresholds nothing changes; below the lower one silence is told once, and why."""
    findings = told([(2, "waiting", 0.9), (10, "waiting", LEAVE_PROB + 0.05), (20, "none", 0.9)], until_s=30)
    assert set(labels(findings)) == {"waiting", "unknown"} and labels(findings)[-1] == "unknown"
    at_s, last = findings[-1]
    assert at_s < 22 and (last.valid, last.confidence, last.reason) == (False, None, "no situation stands out")
    held = [finding.value.held_s for _, finding in findings[:-1] if isinstance(finding.value, SceneValue)]
    assert held == sorted(held) and held[-1] >= 10


def test_a_scene_that_holds_is_told_again_now_and_then() -> None:
    """Whoever joins late learns it within seconds, and nobody is flooded."""
    times = [at_s for at_s, _ in told([(2, "searching", 0.9)], until_s=33)]
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert len(times) >= 5 and all(REPEAT_S <= gap <= REPEAT_S + 1.5 for gap in gaps)


def test_one_scene_gives_way_to_another_without_silence_between() -> None:
    """From explaining to showing in one step."""
    assert list(dict.fromkeys(labels(told([(2, "explaining", 0.8), (10, "showing", 0.8)], until_s=18)))) == [
        "explaining",
        "showing",
    ]


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.floats(0.09, 1.0)), max_size=40))
def test_no_scene_is_told_that_was_not_probable_twice(answers: list[tuple[str, float]]) -> None:
    """However the judge wavers, a label that newly appears was at 0.6 or more in two looks running."""
    judge, state, sure = Judging(), SceneState(), list[str | None]()
    for at_s, answer in enumerate(answers, 1):
        judge.answer = answer
        sure.append(answer[0] if answer[1] >= 0.6 and answer[0] in SCENES else None)
        before = state.label
        state, _ = step(state, Recent(), judge, stamp(at_s * 1_000), at_s * NS_PER_S)
        if state.label not in (before, "unknown"):
            assert sure[-2:] == [state.label] * 2


def test_the_numbers_of_the_last_half_minute_are_shares() -> None:
    """In the model's order, between 0 and 1, with 0 for whatever was not there."""
    recent = happened(happened(Recent(), Cue.LOST, 10 * NS_PER_S), Cue.NODS, 12 * NS_PER_S)
    numbers = dict(zip(FEATURES, describe(recent, 13 * NS_PER_S), strict=True))
    assert numbers[Cue.LOST] > 0.5 and numbers[Cue.NODS] > numbers[Cue.LOST]
    assert numbers["company"] == numbers["upset"] == 0
    assert all(0 <= number <= 1 for number in numbers.values())


@pytest.mark.parametrize(
    ("line", "words"),
    [("I'm lost, sorry", 3), ("I’m lost, sorry", 3), ("a café au lait", 4), ("我的订单到哪儿了？", 4)],
)
def test_what_is_said_counts_in_words(line: str, words: int) -> None:
    """Whatever the script, and however its apostrophes and accents are typed."""
    assert said(Recent(), line, NS_PER_S).words_said(NS_PER_S) == words


@pytest.mark.parametrize("consent", ["reads_faces", "reads_voices", "reads_words", None])
def test_without_consent_to_any_emotion_nothing_is_remembered_and_no_scene_told(consent: str | None) -> None:
    """With consent to one of them there is a scene; without, intents leave no trace and the judge is never asked."""
    state = FusionState(
        reads_faces=consent == "reads_faces",
        reads_voices=consent == "reads_voices",
        reads_words=consent == "reads_words",
    )
    judge = Judging()
    judge.answer = ("leaving", 0.9)
    goodbye = IntentValue(label="goodbye", out_of_scope=False)
    finding = Finding(value=goodbye, confidence=0.9, valid=True, stamp=stamp(1_000), sources=("intent",))
    findings: list[Finding] = []
    for at_s in range(1, 5):
        state = fusion.note(state, finding, at_s * NS_PER_S)
        state, told_now = fusion.situate(state, judge, stamp(at_s * 1_000), at_s * NS_PER_S)
        findings += told_now
    if consent is None:
        assert (findings, judge.looks, state.recent.events) == ([], 0, ())
    else:
        assert [one.value.label for one in findings if isinstance(one.value, SceneValue)] == ["leaving"]


def test_a_scene_ends_with_the_consent() -> None:
    """Whoever withdraws is told about no more, and followers learn that the scene is gone."""
    state, judge = FusionState(reads_faces=True), Judging()
    judge.answer = ("escalating", 0.9)
    for at_s in range(1, 4):
        state, _ = fusion.situate(state, judge, stamp(at_s * 1_000), at_s * NS_PER_S)
    assert state.scene.label == "escalating"
    state = fusion.forget_emotion(state)
    state, (finding,) = fusion.situate(state, judge, stamp(4_000), 4 * NS_PER_S)
    assert (finding.valid, finding.reason) == (False, "consent withdrawn")
    assert fusion.situate(state, judge, stamp(5_000), 5 * NS_PER_S) == (state, [])
