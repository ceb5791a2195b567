"""The ledger of frames: whatever happens, what was received is what was settled and what is still on its way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.frames import FrameLedger, FrameOutcome, outcome_named

EARLY = (FrameOutcome.INCOMPLETE, FrameOutcome.UNDECODED, FrameOutcome.DECODER_BEHIND)
LATE = (FrameOutcome.ANALYSED, FrameOutcome.NEWER_ARRIVED, FrameOutcome.OVER_BUDGET, FrameOutcome.CAMERA_OFF)


@given(st.lists(st.sampled_from(("arrive", *EARLY, *LATE)), max_size=60))
def test_the_sums_add_up_at_any_time(happenings: list[str]) -> None:
    """After every event received = outcomes + in flight, and closing leaves nothing in flight."""
    received, lost = 0, dict.fromkeys(EARLY, 0)
    ledger = FrameLedger(lambda: (received, lost))
    waiting = 0
    for happening in happenings:
        if happening == "arrive":
            received, waiting = received + 1, waiting + 1
        elif waiting:
            waiting -= 1
            outcome = FrameOutcome(happening)
            if outcome in lost:
                lost[outcome] += 1
            else:
                ledger.settle(outcome)
        assert (ledger.received, ledger.in_flight) == (received, waiting)
    ledger.close()
    assert ledger.in_flight == 0
    assert ledger.outcomes.get(FrameOutcome.CALL_CLOSED, 0) == waiting
    assert sum(ledger.outcomes.values()) == ledger.received == received


def test_a_fate_that_frames_meet_before_and_after_they_are_pictures_is_counted_for_both() -> None:
    """After a withdrawal the frame that is being read and those that still come are all "not consented"."""
    ledger = FrameLedger(lambda: (3, {FrameOutcome.NOT_CONSENTED: 2}))
    ledger.settle(FrameOutcome.NOT_CONSENTED)
    assert ledger.outcomes == {FrameOutcome.NOT_CONSENTED: 3}
    assert ledger.in_flight == 0


def test_what_comes_after_the_end_is_not_counted() -> None:
    """Packets that trickle in while a call is torn down change no closed books."""
    received = 3
    ledger = FrameLedger(lambda: (received, {}))
    ledger.settle(FrameOutcome.ANALYSED)
    ledger.close()
    received = 9
    ledger.settle(FrameOutcome.ANALYSED)
    assert ledger.counts() == {"received": 3, "analysed": 1, "call closed": 2}


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("analysed", FrameOutcome.ANALYSED),
        ("budget", FrameOutcome.OVER_BUDGET),
        ("models failed: ValueError", FrameOutcome.FAILED),
        ("not consented", FrameOutcome.NOT_CONSENTED),
    ],
)
def test_reasons_have_outcomes(reason: str, outcome: FrameOutcome) -> None:
    """A reading's reason is one of the fates; which exception a model threw makes no fate of its own."""
    assert outcome_named(reason) is outcome
