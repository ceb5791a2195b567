"""A call's life takes only the steps that make sense, and always says why it ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import IllegalTransition
from agent.core.lifecycle import CallEvent, CallLife, CallState, EndReason


def test_an_ordinary_call_runs_from_notice_to_goodbye() -> None:
    """Consent comes before media, media before speech, and the end keeps its reason."""
    life = CallLife(entered_ns=0)
    seen = [life.state]
    for now_ns, event in enumerate(
        (CallEvent.CONSENT_GIVEN, CallEvent.MEDIA_CONNECTED, CallEvent.SPEECH_BEGAN, CallEvent.HOLD, CallEvent.RESUME),
        1,
    ):
        life = life.step(event, now_ns=now_ns)
        seen.append(life.state)
    life = life.step(CallEvent.END, now_ns=9, reason=EndReason.CUSTOMER_LEFT)
    assert seen == ["offered", "consented", "connected", "speaking", "held", "speaking"]
    assert (life.state, life.ended_because, life.entered_ns) == (CallState.ENDED, EndReason.CUSTOMER_LEFT, 9)


def test_media_without_consent_is_refused() -> None:
    """There is no way from the notice to media except through consent."""
    with pytest.raises(IllegalTransition, match="offered cannot take media_connected"):
        CallLife(entered_ns=0).step(CallEvent.MEDIA_CONNECTED, now_ns=1)


def test_a_call_does_not_end_without_a_reason() -> None:
    """Why a call ended is never left open."""
    with pytest.raises(IllegalTransition, match="for a reason"):
        CallLife(entered_ns=0).step(CallEvent.END, now_ns=1)


@given(st.lists(st.sampled_from(list(CallEvent))))
def test_nothing_happens_after_the_end(events: list[CallEvent]) -> None:
    """Whatever events come, an ended call stays as it ended, and every step either moves or refuses."""
    life = CallLife(entered_ns=0)
    for event in events:
        before = life
        try:
            life = life.step(event, now_ns=1, reason=EndReason.CUSTOMER_LEFT)
        except IllegalTransition:
            assert life is before
        else:
            assert not before.over
