"""A mouth that speaks is told from one that is held open, smiles, yawns or is hidden."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.fusion.mouth import MouthState, step


def shares(
    mouth_open: Callable[[float], float | None], seconds: float, *, hz: float, seed: int = 0
) -> dict[str, float]:
    """Share of the time for which the mouth was said to talk, not to talk, and to be unknown."""
    rng = np.random.default_rng(seed)
    state, said, at_s = MouthState(), [], 1.0
    while at_s < 1 + seconds:
        true = mouth_open(at_s)
        reading = None if true is None else max(0.0, true + rng.normal(0, 0.0015))
        state = step(state, reading, round(at_s * NS_PER_S))
        said.append(str(state.talks))
        at_s += (1 + rng.uniform(-0.15, 0.15)) / hz
    return {word: said.count(word) / len(said) for word in ("True", "False", "None")}


def speech(seed: int) -> Callable[[float], float]:
    """Syllables of 120 to 350 ms, lips parted by 0.02 to 0.09 in each, a pause of a third of a second now and then."""
    rng = np.random.default_rng(seed)
    times, gaps = [0.0], [0.0]
    while times[-1] < 60:
        if rng.random() < 0.08:
            times.append(times[-1] + 0.33)
            gaps.append(gaps[-1])
        for gap in (rng.uniform(0.02, 0.09), rng.uniform(0, 0.012)):
            times.append(times[-1] + rng.uniform(0.06, 0.175))
            gaps.append(gap)
    return lambda at_s: float(np.interp(at_s, times, gaps))


@pytest.mark.parametrize("hz", [5, 8, 12, 15, 24, 30])
def test_speech_talks(hz: float) -> None:
    """Simulated speech is seen most of the time from five pictures a second on."""
    talks = np.mean([shares(speech(seed), 30, hz=hz, seed=seed)["True"] for seed in range(6)])
    assert talks > (0.6 if hz < 8 else 0.8)


@pytest.mark.parametrize("hz", [5, 12, 15, 30])
@pytest.mark.parametrize(
    "mouth_open",
    [
        lambda at_s: 0.0,
        lambda at_s: 0.09,
        lambda at_s: 0.08 * (at_s % 8 > 4),
        lambda at_s: 0.12 * max(0.0, math.sin(2 * math.pi * at_s / 5)),
        lambda at_s: 0.05 + 0.004 * math.sin(9 * at_s),
    ],
    ids=["closed", "held open", "smiles that come and go", "slow yawns", "trembling mesh"],
)
def test_other_mouths_do_not_talk(hz: float, mouth_open: Callable[[float], float]) -> None:
    """In five minutes a mouth that does not speak is not once taken for one that does."""
    said = shares(mouth_open, 300, hz=hz)
    assert said["True"] == 0 and said["False"] > 0.95


def test_the_first_moments_and_rare_pictures_are_unknown() -> None:
    """Silence must be watched before it is called so, often enough."""
    assert shares(lambda at_s: 0.0, 0.7, hz=15)["None"] == 1
    assert shares(speech(1), 30, hz=3)["None"] == 1


def test_a_hidden_mouth_is_unknown_and_begins_anew() -> None:
    """What a hand hides is not read, and what was known of it before is not carried on."""
    state = MouthState()
    for number in range(60):
        state = step(state, 0.04 * (number % 4 < 2), (number + 1) * 66 * NS_PER_MS)
    assert state.talks is True
    state = step(state, None, 61 * 66 * NS_PER_MS)
    assert state.talks is None
    assert step(state, 0.0, 62 * 66 * NS_PER_MS).talks is None


@given(st.lists(st.tuples(st.integers(-50, 2000), st.one_of(st.none(), st.floats(0, 0.5))), max_size=60))
def test_any_readings_at_any_times(readings: list[tuple[int, float | None]]) -> None:
    """Whatever comes, what is remembered stays bounded and talking needs recent turns of the lips."""
    state, at_ms = MouthState(), 1_000
    for gap_ms, mouth_open in readings:
        at_ms = max(1, at_ms + gap_ms)
        state = step(state, mouth_open, at_ms * NS_PER_MS)
        assert len(state.turns_ns) <= len(readings)
        assert not state.talks or len(state.turns_ns) >= 2
