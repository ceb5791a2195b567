"""Gestures over time are told from everything else that people do, at uneven frame rates, on simulated customers."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.signals import GestureValue
from agent.core.types import VisionReading
from agent.fusion.gestures import GestureState, step, without_face
from tests.fusion.filming import filmed
from tests.fusion.simulated_people import MEANT, QUIET, nodding, shaken_camera, waving

RATES_HZ = (8, 10, 15, 30)
TRUE_RUNS = 40
QUIET_RUNS, QUIET_S = 10, 30


def events(readings: Iterable[VisionReading], *, reads_faces: bool = True) -> list[str]:
    """Names of the dynamic gestures in order."""
    state, names = GestureState(), []
    for reading in readings:
        state, findings = step(state, reading, reads_faces=reads_faces)
        values = [finding.value for finding in findings]
        names += [value.name for value in values if isinstance(value, GestureValue) and value.dynamic]
    return names


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", QUIET)
def test_five_minutes_without_a_gesture(name: str) -> None:
    """Whatever else people do for five simulated minutes, at most one gesture is seen in it."""
    rng = np.random.default_rng(7)
    counts: Counter[str] = Counter()
    for run in range(QUIET_RUNS):
        track = QUIET[name](rng, QUIET_S)
        counts.update(events(filmed(track, rng, fps=(5, *RATES_HZ)[run % 5])))
    assert counts.total() <= 1, counts


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", MEANT)
def test_a_gesture_is_seen(name: str) -> None:
    """Nineteen of twenty simulated gestures are seen, at 8 to 30 frames a second, and once."""
    rng = np.random.default_rng(8)
    seen = [events(filmed(MEANT[name](rng), rng, fps=RATES_HZ[run % 4])) for run in range(TRUE_RUNS)]
    found = sum(name in names for names in seen)
    assert found >= 0.95 * TRUE_RUNS
    assert sum(names.count(name) for names in seen) <= 1.05 * found


def test_too_few_frames_show_no_nod() -> None:
    """At five frames a second a nod is not told from a look down, so nothing is claimed."""
    rng = np.random.default_rng(9)
    assert [events(filmed(nodding(rng), rng, fps=5)) for _ in range(10)] == [[]] * 10


def test_without_consent_to_the_face_hands_are_still_read() -> None:
    """Without the face most waves are seen, by how high in the picture they are, and no nod is; what was known of the
    face is forgotten."""
    rng = np.random.default_rng(10)
    assert events(filmed(nodding(rng), rng, fps=15), reads_faces=False) == []
    waves = [events(filmed(waving(rng), rng, fps=15), reads_faces=False) for _ in range(12)]
    assert sum("wave" in names for names in waves) >= 7
    state = GestureState()
    for reading in filmed(nodding(rng), rng, fps=15):
        state, _ = step(state, reading)
    assert without_face(state).head.samples == ()
    assert without_face(state).cover.face is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0, 1_500), min_size=1, max_size=60), st.booleans())
def test_any_times_are_survived(seed: int, gaps_ms: list[float], backwards: bool) -> None:
    """Frames at any times, the same time twice and long gaps included, give events of known names and no error."""
    rng = np.random.default_rng(seed)
    source = list(filmed(shaken_camera(rng, 4), rng, fps=15))
    at = np.cumsum(gaps_ms) / 1_000 * 15
    places = np.clip(at.astype(int), 0, len(source) - 1)
    chosen = [source[place] for place in (places[::-1] if backwards else places)]
    assert set(events(chosen)) <= set(MEANT)
