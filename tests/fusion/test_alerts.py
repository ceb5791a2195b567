"""Alerts open when a reason stands, say why, close when it has gone, and do not come back at once."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.alerts import AlertKind
from agent.core.clock import NS_PER_S
from agent.core.lifecycle import CallState
from agent.core.settings.supervision import SupervisionSettings
from agent.core.signals import (
    AffectValue,
    Finding,
    IntentValue,
    SignalValue,
    TurnValue,
    signal_from,
)
from agent.fusion.alerts import (
    AlertState,
    EmotionForgotten,
    Looked,
    Lost,
    OpenAlert,
    PersonAsked,
    Seen,
    Stands,
    ToolFailed,
    step,
)
from tests.fusion.readings import stamp

RULES = SupervisionSettings()


def signal(value: SignalValue, *, seq: int = 0, sure: float | None = None, valid: bool = True) -> Seen:
    finding = Finding(value=value, confidence=sure, valid=valid, stamp=stamp(0), sources=("test",))
    return signal_from(finding, call_id="c", seq=seq, now_ns=0, wall_ns=0)


def affect(valence: float | None, sure: float = 0.9, seq: int = 0) -> Seen:
    label = "unknown" if valence is None else "sadness"
    value = AffectValue(label=label, valence=valence, arousal=0.0, trend="steady", coverage=1.0)
    return signal(value, seq=seq, sure=sure, valid=valence is not None)


def intent(*, known: bool, seq: int) -> Seen:
    return signal(IntentValue(label="cancel", out_of_scope=not known), seq=seq, sure=0.9)


class Story:
    """One call, told in seconds."""

    def __init__(self, rules: SupervisionSettings = RULES) -> None:
        self.rules = rules
        self.state = AlertState()
        self.at_s = 0.0
        self.tell(Stands(state=CallState.CONNECTED))

    def tell(self, *seen: Seen) -> None:
        for one in seen:
            self.state = step(self.state, one, self.rules, round(self.at_s * NS_PER_S))

    def lasts(self, seconds: float, *each_second: Seen) -> None:
        """Time passes; each second the same is seen, and somebody speaks."""
        for _ in range(round(seconds)):
            self.at_s += 1
            self.tell(signal(TurnValue(holder="customer")), *each_second)

    @property
    def open(self) -> list[AlertKind]:
        return [alert.kind for alert in self.state.open]

    def alert(self, kind: AlertKind) -> OpenAlert:
        return next(alert for alert in self.state.open if alert.kind is kind)


def test_a_person_is_asked_for_until_one_has_the_call() -> None:
    """Both reasons stand as evidence; who waits for long is urgent; taking over closes it; a new wish alerts."""
    story = Story()
    story.tell(PersonAsked(reason="the customer wishes it"))
    story.lasts(5)
    story.tell(PersonAsked(reason="the agent cannot help"))
    alert = story.alert(AlertKind.PERSON_ASKED)
    assert [evidence.words for evidence in alert.evidence] == ["the customer wishes it", "the agent cannot help"]
    assert not alert.urgent
    story.lasts(RULES.person_urgent_after_s)
    assert story.alert(AlertKind.PERSON_ASKED).urgent
    story.tell(Stands(state=CallState.TAKEN_OVER))
    assert story.open == []
    story.tell(Stands(state=CallState.SPEAKING), PersonAsked(reason="again", urgent=True))
    assert story.alert(AlertKind.PERSON_ASKED).urgent and story.alert(AlertKind.PERSON_ASKED).number == 2


def test_low_affect_counts_only_when_it_lasts_and_is_sure() -> None:
    """A short dip and an unsure one alarm nobody; a sure one that lasts does, and names its signals."""
    story = Story()
    story.lasts(RULES.low_affect_s - 1, affect(-0.6))
    story.lasts(6, affect(0.3))
    story.lasts(30, affect(-0.6, sure=RULES.low_affect_prob - 0.01))
    assert story.open == []
    story.lasts(RULES.low_affect_s + 1, affect(-0.6, seq=7))
    assert story.open == [AlertKind.LOW_AFFECT]
    (evidence,) = story.alert(AlertKind.LOW_AFFECT).evidence
    assert set(evidence.seqs) == {7} and "sure" in evidence.words


@pytest.mark.parametrize("after", [(affect(0.4),), (affect(None),), ()])
def test_low_affect_ends_when_it_is_well_or_not_known(after: Sequence[Seen]) -> None:
    """Well for some seconds, unknown, or told of no more: the alert closes, and two lows far apart are two."""
    story = Story()
    story.lasts(RULES.low_affect_s + 1, affect(-0.6))
    story.lasts(11, *after)
    assert story.open == []
    story.lasts(RULES.cooldown_s)
    story.lasts(1, affect(-0.6))
    assert story.open == []


def test_what_is_read_of_emotion_goes_with_the_consent() -> None:
    """An alert that rests on emotion closes at once when the customer takes that back."""
    story = Story()
    story.lasts(RULES.low_affect_s + 1, affect(-0.6))
    story.tell(EmotionForgotten())
    assert story.open == []


def test_requests_in_a_row_that_nobody_knows() -> None:
    """Three alert, with their numbers; one that is known closes it."""
    story = Story()
    story.tell(intent(known=False, seq=1), intent(known=True, seq=2), intent(known=False, seq=3))
    story.tell(intent(known=False, seq=4))
    assert story.open == []
    story.tell(intent(known=False, seq=5))
    assert story.alert(AlertKind.MISUNDERSTOOD).evidence[0].seqs == (3, 4, 5)
    story.tell(intent(known=True, seq=6))
    assert story.open == []


def test_an_alert_comes_back_no_sooner_than_its_cooldown() -> None:
    """The same reason a few seconds later opens nothing; after the cooldown it does, as another alert."""
    story = Story()
    for seq in range(3):
        story.tell(intent(known=False, seq=seq))
    story.tell(intent(known=True, seq=3))
    story.tell(*(intent(known=False, seq=seq) for seq in range(4, 7)))
    assert story.open == []
    story.lasts(RULES.cooldown_s)
    assert story.alert(AlertKind.MISUNDERSTOOD).number == 2


def test_nobody_speaks() -> None:
    """Silence alerts once it is long, not while a person has the call, and ends with a word."""
    story = Story()
    story.at_s = RULES.silence_s
    story.tell(Looked())
    assert story.open == [AlertKind.SILENCE]
    story.tell(signal(TurnValue(holder="agent")))
    assert story.open == []
    story.tell(Stands(state=CallState.TAKEN_OVER))
    story.at_s += 10 * RULES.silence_s
    story.tell(Looked())
    assert story.open == []


def test_a_long_hold() -> None:
    """On hold for long alerts; going on closes it."""
    story = Story()
    story.tell(Stands(state=CallState.HELD))
    story.at_s += RULES.held_s
    story.tell(Looked())
    assert story.open == [AlertKind.HELD]
    story.tell(Stands(state=CallState.SPEAKING))
    assert story.open == []


def test_tools_that_fail_and_packets_that_are_lost() -> None:
    """Two failures within two minutes alert, and loss that lasts; both close by themselves."""
    story = Story()
    story.tell(ToolFailed(words="orders.find failed"), ToolFailed(words="orders.find failed"))
    story.lasts(RULES.loss_s + 1, Lost(share=0.2))
    assert story.open == [AlertKind.TOOL_FAILED, AlertKind.CONNECTION]
    story.lasts(7, Lost(share=0.0))
    assert story.open == [AlertKind.TOOL_FAILED]
    story.lasts(120)
    assert story.open == []


SEEN = st.one_of(
    st.builds(affect, st.none() | st.floats(-1, 1), st.floats(0, 1), st.integers(0, 9)),
    st.builds(intent, known=st.booleans(), seq=st.integers(0, 9)),
    st.builds(PersonAsked, reason=st.just("wished"), urgent=st.booleans()),
    st.builds(Stands, state=st.sampled_from(list(CallState))),
    st.builds(ToolFailed, words=st.just("failed")),
    st.builds(Lost, share=st.floats(0, 1)),
    st.just(EmotionForgotten()),
    st.just(Looked()),
)


@given(st.lists(st.tuples(st.floats(0, 90), SEEN), max_size=60))
def test_whatever_happens_alerts_are_few_and_say_why(events: Sequence[tuple[float, Seen]]) -> None:
    """One a kind at most, each with bounded evidence that is not from the future; numbers only grow."""
    story = Story()
    for pause_s, seen in events:
        before = story.state.made
        story.at_s += pause_s
        story.tell(seen)
        now_ns = round(story.at_s * NS_PER_S)
        assert len(set(story.open)) == len(story.open)
        assert story.state.made >= before
        for alert in story.state.open:
            assert 1 <= len(alert.evidence) <= 8
            assert all(evidence.at_ns <= now_ns for evidence in alert.evidence)
            assert alert.since_ns <= now_ns
