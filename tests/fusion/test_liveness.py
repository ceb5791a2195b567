"""A face that never moves within itself is called still, however the picture of it is moved; a living one is not."""

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S
from agent.core.settings import ModelSettings
from agent.fusion.liveness import STILL_AFTER_S, LivenessState, step
from agent.inference.registry import Registry

with np.load(Registry.load(ModelSettings().folder).path("canonical_face")) as _file:
    FACE_PX: NDArray[np.float64] = _file["points_cm"].astype(np.float64) * (12, -12, -12) + (320, 240, 0)
HZ = 15


def watched(
    seconds: float,
    *,
    shape: NDArray[np.float64] | None = None,
    every_s: float | None = None,
    noise_px: float = 0.4,
    blinks_can_be_seen: bool = True,
    blinks_at_s: float | None = None,
    state: LivenessState | None = None,
    from_s: float = 1.0,
) -> LivenessState:
    """A photograph swayed, scaled and sheared before the camera; `shape` is added for half of each `every_s`."""
    rng = np.random.default_rng(0)
    state = state or LivenessState()
    for number in range(round(seconds * HZ)):
        at_s = from_s + number / HZ
        points = FACE_PX.copy()
        if shape is not None and every_s is not None and at_s % every_s < every_s / 2:
            points += shape
        sway = np.array(
            [[1 + 0.1 * np.sin(at_s), 0.05 * np.sin(0.7 * at_s)], [0.04 * np.cos(at_s), 1 - 0.05 * np.sin(at_s)]]
        )
        points[:, :2] = (points[:, :2] - 300) @ sway + (300 + 30 * np.sin(0.9 * at_s), 300)
        points[:, :2] += rng.normal(0, noise_px, (468, 2))
        blinked = blinks_at_s is not None and number == round((blinks_at_s - from_s) * HZ)
        state = step(
            state,
            points.astype(np.float32),
            round(at_s * NS_PER_S),
            blinked=blinked,
            talks=False,
            blinks_can_be_seen=blinks_can_be_seen,
        )
    return state


def test_a_photograph_is_still_after_a_while() -> None:
    """Before that it is unknown; a hint is given only on enough evidence."""
    assert watched(STILL_AFTER_S - 1).liveness == "unknown"
    assert watched(STILL_AFTER_S + 1).liveness == "still"


def test_a_blink_is_life() -> None:
    """One blink is enough for the next seconds, and a face that was called still can be seen to live after all."""
    assert watched(STILL_AFTER_S + 1, blinks_at_s=8).liveness == "moving"
    still = watched(STILL_AFTER_S + 1)
    assert watched(3, state=still, from_s=STILL_AFTER_S + 2, blinks_at_s=STILL_AFTER_S + 3).liveness == "moving"


def test_a_face_that_moves_within_itself_lives() -> None:
    """A jaw that drops now and then is no sway of a photograph."""
    jaw = np.zeros((468, 3))
    jaw[FACE_PX[:, 1] > FACE_PX[14, 1], 1] = 18
    assert watched(30, shape=jaw, every_s=5).liveness == "moving"


def test_where_blinks_cannot_be_seen_nothing_is_called_still() -> None:
    """With too few pictures for blinks, their absence says nothing."""
    assert watched(3 * STILL_AFTER_S, blinks_can_be_seen=False).liveness == "unknown"
