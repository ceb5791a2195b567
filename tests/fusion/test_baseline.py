"""A resting face that looks a little sad or angry is set right; a clear expression never is, however long it lasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.types import EXPRESSIONS
from agent.fusion.baseline import MOST_SHIFT, Baseline

FRAME_MS = 66


def distribution(**named: float) -> NDArray[np.float32]:
    rest = (1 - sum(named.values())) / (len(EXPRESSIONS) - len(named))
    return np.array([named.get(name, rest) for name in EXPRESSIONS], np.float32)


def taught(
    seconds: float, shown: NDArray[np.float32], *, weight: float = 1.0, before: Baseline | None = None
) -> Baseline:
    baseline = before or Baseline()
    first_ms = 1_000 if baseline.last_ns is None else baseline.last_ns // NS_PER_MS
    for number in range(round(seconds * 1_000 / FRAME_MS) + 1):
        baseline = baseline.taught(shown, weight, (first_ms + number * FRAME_MS) * NS_PER_MS)
    return baseline


def best(probabilities: NDArray[np.float32]) -> str:
    return EXPRESSIONS[int(probabilities.argmax())]


@pytest.mark.parametrize("feature", ["sadness", "anger", "contempt"])
def test_a_resting_face_is_neutral_once_known(feature: str) -> None:
    """A face that at rest is read as mildly sad becomes neutral, and sadness beyond that still shows."""
    resting = distribution(**{feature: 0.55, "neutral": 0.38})
    baseline = taught(12, resting)
    assert best(resting) == feature and best(baseline.applied(resting)) == "neutral"
    clearly = distribution(**{feature: 0.9, "neutral": 0.07})
    assert best(baseline.applied(clearly)) == feature
    other = distribution(happiness=0.7, neutral=0.2)
    assert best(baseline.applied(other)) == "happiness"


def test_off_until_there_is_enough_evidence() -> None:
    """In the first seconds nothing is changed; then it sets in little by little."""
    resting = distribution(sadness=0.55, neutral=0.38)
    assert taught(3.5, resting).strength == 0
    np.testing.assert_array_equal(taught(3.5, resting).applied(resting), resting)
    assert 0 < taught(6, resting).strength < 1
    assert taught(12, resting).strength == 1


@pytest.mark.parametrize("label", [name for name in EXPRESSIONS if name != "neutral"])
@pytest.mark.parametrize("prob", [0.75, 0.8, 0.95])
def test_a_clear_expression_held_from_the_start_stays(label: str, prob: float) -> None:
    """Ten minutes of a clear expression from the first picture on are not taken for features."""
    held = distribution(**{label: prob, "neutral": 0.15 * (1 - prob) / 0.2})
    baseline = taught(600, held)
    assert best(baseline.applied(held)) == label


def test_poor_pictures_teach_nothing() -> None:
    """What is hardly trusted is no evidence of a resting face, and gaps are no time watched."""
    resting = distribution(sadness=0.55, neutral=0.38)
    assert taught(60, resting, weight=0.4).strength == 0
    baseline = Baseline()
    for number in range(100):
        baseline = baseline.taught(resting, 1.0, (1 + number) * 1_000 * NS_PER_MS)
    assert baseline.strength == 0


def test_a_neutral_face_is_left_alone() -> None:
    """Somebody who rests neutral has nothing to be set right."""
    neutral = distribution(neutral=0.9)
    baseline = taught(60, neutral)
    sad = distribution(sadness=0.6, neutral=0.3)
    np.testing.assert_allclose(baseline.applied(sad), sad, atol=0.01)


def test_it_follows_within_minutes_and_not_seconds() -> None:
    """A mild frown of ten seconds is a feeling, of ten minutes a way to hold one's face."""
    frown = distribution(anger=0.55, neutral=0.38)
    known = taught(120, distribution(neutral=0.9))
    assert best(taught(10, frown, before=known).applied(frown)) == "anger"
    assert best(taught(600, frown, before=known).applied(frown)) == "neutral"


@given(
    hnp.arrays(np.float32, (8,), elements=st.floats(0.0078125, 1, width=32)),
    hnp.arrays(np.float32, (8,), elements=st.floats(0.0078125, 1, width=32)),
)
def test_the_shift_is_bounded(shown: NDArray[np.float32], seen: NDArray[np.float32]) -> None:
    """Whatever was learned, a distribution stays one and no odds against neutral change by more than the bound."""
    shown, seen = shown / shown.sum(), seen / seen.sum()
    baseline = taught(20, shown)
    after = baseline.applied(seen)
    assert after.sum() == pytest.approx(1, abs=1e-5)
    moved = np.log(after / after[0]) - np.log(seen / seen[0])
    assert moved.max() <= 1e-4 and moved.min() >= -MOST_SHIFT - 1e-4
