"""Blinks are counted once, at any rate that shows them, and eyes are closed by this person's own measure."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S
from agent.fusion.eyes import EyesState, step

OPEN = 0.09


def watched(
    eyes_open: Callable[[float], float | None],
    seconds: float,
    *,
    hz: float,
    jitter: float = 0.15,
    noise: float = 0.0015,
    seed: int = 0,
    state: EyesState | None = None,
    from_s: float = 1.0,
) -> EyesState:
    """Eyes read at about `hz` times a second, unevenly and with the mesh's noise."""
    rng = np.random.default_rng(seed)
    state = state or EyesState()
    at_s = from_s
    while at_s < from_s + seconds:
        true = eyes_open(at_s)
        reading = None if true is None else true + rng.normal(0, noise)
        state = step(state, reading, round(at_s * NS_PER_S))
        at_s += (1 + rng.uniform(-jitter, jitter)) / hz
    return state


def blinking(every_s: float, took_s: float, *, level: float = OPEN) -> Callable[[float], float]:
    """Lids that come down to where the mesh shows them closed and up again, evenly."""

    def eyes_open(at_s: float) -> float:
        phase_s = at_s % every_s
        if phase_s > took_s:
            return level
        return level - (level - 0.048) * math.sqrt(math.sin(math.pi * phase_s / took_s))

    return eyes_open


@pytest.mark.parametrize("hz", [12.5, 15, 30])
@pytest.mark.parametrize("took_s", [0.16, 0.25, 0.4])
def test_blinks_are_counted_once(hz: float, took_s: float) -> None:
    """Of 40 simulated blinks at least 36 are counted, and none twice."""
    state = watched(blinking(3.1, took_s), 40 * 3.1, hz=hz, seed=round(hz))
    assert 36 <= state.blinks <= 40
    assert state.blinks_seen == state.blinks
    assert state.blinks_per_min == pytest.approx(60 / 3.1, rel=0.2)


@pytest.mark.parametrize("hz", [5, 8, 10])
def test_too_few_pictures_say_nothing_of_blinks(hz: float) -> None:
    """Below twelve readings a second neither a count nor a rate is given; closed eyes still are."""
    state = watched(blinking(3.1, 0.2), 60, hz=hz)
    assert state.blinks_seen is None and state.blinks_per_min is None
    assert state.closed is False
    state = watched(lambda at_s: 0.05, 2, hz=hz, state=state, from_s=61)
    assert state.closed is True


@pytest.mark.parametrize("hz", [12.5, 15, 30])
def test_smiles_glances_and_noise_are_no_blinks(hz: float) -> None:
    """Five minutes of eyes that narrow in a smile, look down for a second and tremble: at most one blink."""

    def eyes_open(at_s: float) -> float:
        smile = 0.014 * (at_s % 10 > 6)
        down = 0.02 * (2 < at_s % 10 < 3)
        return OPEN - smile - down + 0.002 * math.sin(7 * at_s)

    assert watched(eyes_open, 300, hz=hz, noise=0.002).blinks <= 1


def test_one_misread_picture_is_no_blink() -> None:
    """At 30 pictures a second, a single one with closed eyes is shorter than any blink."""
    state = EyesState()
    for number in range(300):
        state = step(state, 0.048 if number % 60 == 30 else OPEN, (number + 1) * NS_PER_S // 30)
    assert state.blinks == 0


def test_eyes_that_stay_closed_are_closed_and_no_blink() -> None:
    """Two seconds of closed eyes are a state with its length, not a blink."""
    state = watched(lambda at_s: OPEN, 5, hz=15)
    assert state.closed is False and state.closed_ms(6 * NS_PER_S) == 0
    state = watched(lambda at_s: 0.052, 2, hz=15, state=state, from_s=6)
    assert state.closed is True
    assert state.closed_ms(8 * NS_PER_S) == pytest.approx(2000, abs=150)
    state = watched(lambda at_s: OPEN, 1, hz=15, state=state, from_s=8)
    assert state.closed is False and state.blinks == 0


@pytest.mark.parametrize(("level", "closed"), [(0.066, 0.040), (0.11, 0.056)])
def test_narrow_and_wide_eyes_have_their_own_measure(level: float, closed: float) -> None:
    """What is open for one person is closed for another: each is known after a while."""
    state = watched(lambda at_s: level, 40, hz=15)
    assert state.closed is False
    assert watched(lambda at_s: closed, 1, hz=15, state=state, from_s=41).closed is True


def test_somebody_who_comes_in_with_closed_eyes() -> None:
    """Closed eyes are no reference for open ones."""
    assert watched(lambda at_s: 0.05, 5, hz=15).closed is True


def test_hidden_eyes_are_unknown() -> None:
    """Nothing is said of eyes that are not seen, the time is not counted, and a gap is no blink."""
    state = watched(blinking(3, 0.2), 30, hz=15)
    blinks, rate = state.blinks, state.blinks_per_min
    state = watched(lambda at_s: None, 20, hz=15, state=state, from_s=31)
    assert state.closed is None
    assert (state.blinks, state.blinks_per_min) == (blinks, rate)


@given(st.lists(st.tuples(st.integers(-50, 3000), st.one_of(st.none(), st.floats(0, 0.3))), max_size=80))
def test_any_readings_at_any_times(readings: list[tuple[int, float | None]]) -> None:
    """Whatever comes, also backwards in time, counts only grow and rates are not negative."""
    state, at_ms = EyesState(), 1_000
    for gap_ms, eyes_open in readings:
        at_ms = max(1, at_ms + gap_ms)
        after = step(state, eyes_open, at_ms * 1_000_000)
        assert after.blinks - state.blinks in (0, 1)
        assert after.blinks_per_min is None or after.blinks_per_min >= 0
        assert eyes_open is not None or after.closed is None
        state = after
