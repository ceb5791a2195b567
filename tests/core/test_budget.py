"""The ladder goes down a rung at a time when the budget is missed, up again when there is room, and does not flap."""

import re
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.budget import (
    BLIND_AFTER_S,
    BUDGET_MS,
    CLIMB_AFTER_S,
    FALL_AFTER_S,
    IN_WORDS,
    LATE_SHARE,
    LONGEST_CLIMB_AFTER_S,
    LOOP_LAG_MS,
    RATES,
    RELAPSE_S,
    SETTLE_S,
    LadderState,
    Measured,
    RateGate,
    Rung,
    has_room,
    step,
    strain,
)
from agent.core.clock import NS_PER_S
from agent.core.settings import REPOSITORY

IDLE = Measured(age_p95_ms=20.0, busy_share=0.2)
STRAINED = Measured(age_p95_ms=150.0, late_share=0.4, busy_share=1.0)
GRAVE = replace(STRAINED, late_share=0.7)
BETWEEN = Measured(age_p95_ms=65.0, busy_share=0.8)
TICK_S = 0.25


def lived(state: LadderState, measured: Measured, seconds: float, *, from_s: float) -> tuple[LadderState, float]:
    """The state after so long under the same measurements, looked at four times a second, and the time then."""
    for _ in range(round(seconds / TICK_S)):
        from_s += TICK_S
        state = step(state, measured, round(from_s * NS_PER_S))
    return state, from_s


def test_a_second_of_strain_leads_one_rung_down_and_says_why() -> None:
    """Not before; and the next rung only after the page has had time to obey."""
    state, now_s = lived(LadderState(), STRAINED, FALL_AFTER_S, from_s=100)
    assert state.rung is Rung.FULL
    state, now_s = lived(state, STRAINED, TICK_S, from_s=now_s)
    assert state.rung is Rung.FEWER_PICTURES
    assert state.because == ("pictures are read too late",)
    state, now_s = lived(state, STRAINED, SETTLE_S - TICK_S, from_s=now_s)
    assert state.rung is Rung.FEWER_PICTURES
    state, now_s = lived(state, STRAINED, TICK_S, from_s=now_s)
    assert state.rung is Rung.SMALLER_PICTURES


def test_pictures_that_are_somewhat_late_are_not_given_up() -> None:
    """Strain alone leads to the last rung but one, for as long as it lasts; only grave strain leads to the last."""
    state, now_s = lived(LadderState(), STRAINED, 300, from_s=0)
    assert state.rung is Rung.SLOWER_EXPRESSION
    state, now_s = lived(state, replace(STRAINED, hearing_backlog_ms=900), BLIND_AFTER_S, from_s=now_s)
    assert state.rung is Rung.SLOWER_EXPRESSION
    state, _ = lived(state, replace(STRAINED, hearing_backlog_ms=900), 2 * TICK_S, from_s=now_s)
    assert state.rung is Rung.LISTENING_ONLY


def test_lasting_grave_strain_ends_in_listening_only_and_stays_there() -> None:
    """Every rung is passed, and there is none below the last."""
    state, now_s, seen = LadderState(), 0.0, [Rung.FULL]
    for _ in range(120):
        state, now_s = lived(state, GRAVE, TICK_S, from_s=now_s)
        if state.rung is not seen[-1]:
            seen.append(state.rung)
    assert seen == list(Rung)


def test_room_leads_up_again_rung_by_rung_and_forgets_the_reasons_at_the_top() -> None:
    """Three rungs take three times as long, and at the top nothing is degraded."""
    state = LadderState(rung=Rung.SKIPPED_FRAMES, because=("pictures are read too late",))
    state, now_s = lived(state, IDLE, CLIMB_AFTER_S, from_s=0)
    assert state.rung is Rung.SKIPPED_FRAMES
    state, now_s = lived(state, IDLE, 2 * TICK_S, from_s=now_s)
    assert state.rung is Rung.SMALLER_PICTURES
    assert state.because == ("pictures are read too late",)
    state, _ = lived(state, IDLE, 2 * CLIMB_AFTER_S + 4 * TICK_S, from_s=now_s)
    assert (state.rung, state.because) == (Rung.FULL, ())


@pytest.mark.parametrize("rung", [Rung.FULL, Rung.SKIPPED_FRAMES])
def test_between_strain_and_room_nothing_moves(rung: Rung) -> None:
    """That is what keeps a call that just fits where it is."""
    assert not strain(BETWEEN) and not has_room(BETWEEN)
    state, _ = lived(LadderState(rung=rung), BETWEEN, 300, from_s=0)
    assert state.rung is rung


def test_a_call_whose_turn_it_is_not_keeps_its_place_and_its_waiting_time() -> None:
    """Once its turn comes, it goes at once, as it has waited long enough."""
    state, now_s = lived(LadderState(), replace(STRAINED, turn=False), 5, from_s=0)
    assert state.rung is Rung.FULL
    state, _ = lived(state, STRAINED, TICK_S, from_s=now_s)
    assert state.rung is Rung.FEWER_PICTURES


def test_a_load_that_only_a_lower_rung_can_bear_is_tried_ever_more_rarely() -> None:
    """Strain above the third rung and room on it, for ten minutes: a climb every ten seconds at first, and then about
    one a minute; the call is where it belongs nearly all the time."""
    state, now_s, climbs, seconds_at = LadderState(), 0.0, [], dict.fromkeys(Rung, 0.0)
    for _ in range(round(600 / TICK_S)):
        before = state.rung
        load = IDLE if before >= Rung.SKIPPED_FRAMES else STRAINED
        state, now_s = lived(state, load, TICK_S, from_s=now_s)
        seconds_at[state.rung] += TICK_S
        if state.rung < before:
            climbs.append(now_s)
    gaps = [later - earlier for earlier, later in zip(climbs, climbs[1:], strict=False)]
    assert len(climbs) <= 14
    assert gaps == sorted(gaps)
    assert gaps[-1] >= LONGEST_CLIMB_AFTER_S
    assert seconds_at[Rung.SKIPPED_FRAMES] >= 560


def test_a_swing_of_load_is_followed_down_and_back_up() -> None:
    """A minute of load that the fourth rung bears, then none: down within ten seconds, and all the way up again."""
    state, now_s = LadderState(), 0.0
    for _ in range(round(60 / TICK_S)):
        state, now_s = lived(state, STRAINED if state.rung < Rung.SLOWER_HANDS else BETWEEN, TICK_S, from_s=now_s)
        if now_s == 10:
            assert state.rung is Rung.SLOWER_HANDS
    assert state.rung is Rung.SLOWER_HANDS
    state, _ = lived(state, IDLE, 60, from_s=now_s)
    assert state.rung is Rung.FULL


@given(
    st.lists(
        st.builds(
            Measured,
            late_share=st.floats(0, 1),
            age_p95_ms=st.none() | st.floats(0, 500),
            unread_share=st.floats(0, 1),
            busy_share=st.floats(0, 1),
            loop_lag_ms=st.floats(0, 300),
            hearing_backlog_ms=st.floats(0, 2_000),
            others_strained=st.booleans(),
            costs_most=st.booleans(),
            turn=st.booleans(),
        ),
        max_size=200,
    )
)
def test_whatever_is_measured_rungs_change_one_at_a_time_and_never_quickly(measurements: list[Measured]) -> None:
    """Strain and room exclude each other; between two changes there is a pause, before a climb a long one; and a call
    is degraded for a reason, or not at all."""
    state, changed_ns = LadderState(), None
    for tick, measured in enumerate(measurements):
        now_ns = round(tick * TICK_S * NS_PER_S)
        assert not (strain(measured) and has_room(measured))
        after = step(state, measured, now_ns)
        assert abs(after.rung - state.rung) <= 1
        assert bool(after.because) == (after.rung is not Rung.FULL)
        if after.rung != state.rung:
            least_s = SETTLE_S if after.rung > state.rung else CLIMB_AFTER_S
            if changed_ns is not None and state.rung is not Rung.FULL:
                assert now_ns - changed_ns >= least_s * NS_PER_S
            changed_ns = now_ns
            assert after.entered_ns == now_ns
        state = after


def test_every_rung_has_rates_and_words_and_asks_for_no_more_than_the_one_above() -> None:
    """Going down never reads or asks for more of anything."""
    assert set(RATES) == set(IN_WORDS) == set(Rung)
    never = float("inf")
    for above, below in zip(Rung, list(Rung)[1:], strict=False):
        for part in ("frames_hz", "hands_hz", "expression_hz", "asked_fps", "asked_width_px"):
            before, after = getattr(RATES[above], part), getattr(RATES[below], part)
            if below is not Rung.LISTENING_ONLY or part.startswith(("asked", "frames")):
                assert (never if after is None else after) <= (never if before is None else before), (below, part)


@pytest.mark.parametrize(
    ("sent_hz", "rate_hz"), [(30, 12), (60, 30), (30, 30), (15, 12), (8, 12), (30, 5), (29.97, 30)]
)
def test_the_gate_lets_through_the_rate_that_is_wanted(sent_hz: float, rate_hz: float) -> None:
    """On average, and evenly; of a camera that sends less, every frame."""
    gate = RateGate()
    at_s = [number / sent_hz for number in range(round(20 * sent_hz))]
    let_in_s = [at for at in at_s if gate.admits(round(at * NS_PER_S), rate_hz)]
    assert len(let_in_s) / 20 == pytest.approx(min(sent_hz, rate_hz), rel=0.02)
    gaps = [later - earlier for earlier, later in zip(let_in_s, let_in_s[1:], strict=False)]
    assert max(gaps) <= 2 / min(sent_hz, rate_hz)


def test_frames_that_the_network_bunches_are_all_let_through() -> None:
    """A camera of just the rate that is wanted loses nothing to arrivals up to 15 ms early or late."""
    gate, random = RateGate(), Random(3)
    at_s = [number / 30 + random.uniform(-0.015, 0.015) for number in range(900)]
    assert all(gate.admits(round((1 + at) * NS_PER_S), 30) for at in at_s)


def test_the_gate_outlives_jumps_of_the_clock_and_bursts() -> None:
    """Three frames of a burst come through, and neither a jump back nor a pause closes or opens the gate for long."""
    gate = RateGate()
    assert gate.admits(1_000 * NS_PER_S, 10)
    burst = [gate.admits(2_000 * NS_PER_S + millisecond * 1_000_000, 10) for millisecond in range(30)]
    assert sum(burst) <= 3
    back = [gate.admits(500 * NS_PER_S + round(number / 30 * NS_PER_S), 10) for number in range(90)]
    assert sum(back) == pytest.approx(30, abs=2)
    assert not gate.admits(3_000 * NS_PER_S, 0)


def test_the_document_names_every_rung_with_its_figures() -> None:
    """docs/load.md says what each rung asks for and reads."""
    document = (REPOSITORY / "docs" / "load.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", document, re.MULTILINE))
    assert list(rows) == [rung.name.lower() for rung in Rung]
    for above, below in zip(Rung, list(Rung)[1:-1], strict=False):
        for part in ("frames_hz", "hands_hz", "expression_hz", "asked_fps", "asked_width_px"):
            figure = getattr(RATES[below], part)
            if figure != getattr(RATES[above], part):
                assert f"{figure:g}" in rows[below.name.lower()], (below, part)
    for figure in (BUDGET_MS, LOOP_LAG_MS, 100 * LATE_SHARE, RELAPSE_S, LONGEST_CLIMB_AFTER_S):
        assert f"{figure:g}" in document
