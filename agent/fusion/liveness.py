"""A hint at photographs: a face that has not blinked, talked or moved within itself for long is called still."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_S

STILL_AFTER_S = 12.0
"""People who listen blink every three to six seconds and rarely hold out for twelve."""
COMPARED_OVER_S = 2.5
"""The mesh is compared with what it was this long ago at most, so that slow changes of light do not count."""
MOVED = 0.03
"""Root mean square of what no shift, turn, stretch or shear of the picture explains, over the distance of the eyes'
outer corners. A photograph moved, turned and slightly tilted in a hand stays below 0.025 nine times in ten; faces that
smile, speak or turn a few degrees exceed it."""
MOVED_FOR_READINGS = 3
"""So many readings in a row: the mesh model jumps now and then even on a photograph."""

_EYE_CORNERS = (33, 263)
_EVERY = 4
"""Every fourth of the 468 points is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """A mesh to compare with: its points with a column of ones, and the solution of the least squares."""

    at_ns: int
    points: NDArray[np.float64] = field(repr=False)
    solve: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessState:
    anchor: _Anchor | None = None
    moved_readings: int = 0
    alive_ns: int | None = None
    """When the face last blinked, talked or moved within itself; else since when it was watched."""
    ever_alive: bool = False
    liveness: Literal["moving", "still", "unknown"] = "unknown"


def step(
    state: LivenessState,
    landmarks_px: NDArray[np.float32],
    now_ns: int,
    *,
    blinked: bool,
    talks: bool,
    blinks_can_be_seen: bool,
) -> LivenessState:
    """One reading of the (468, 3) mesh. Where blinks cannot be seen, only movement can be told, not its absence."""
    points = landmarks_px[::_EVERY, :2].astype(np.float64)
    anchor, moved_readings = state.anchor, 0
    if anchor is None or not 0 <= now_ns - anchor.at_ns <= COMPARED_OVER_S * NS_PER_S:
        anchor = _anchor(points, now_ns)
    else:
        eyes_px = float(np.hypot(*(landmarks_px[_EYE_CORNERS[0], :2] - landmarks_px[_EYE_CORNERS[1], :2])))
        if _unexplained_px(anchor, points) > MOVED * max(eyes_px, 1.0):
            moved_readings = state.moved_readings + 1
    alive = blinked or talks or moved_readings >= MOVED_FOR_READINGS
    state = replace(
        state,
        anchor=anchor,
        moved_readings=moved_readings,
        alive_ns=now_ns if alive or state.alive_ns is None or not blinks_can_be_seen else state.alive_ns,
        ever_alive=state.ever_alive or alive,
    )
    assert state.alive_ns is not None
    if now_ns - state.alive_ns >= STILL_AFTER_S * NS_PER_S:
        return replace(state, liveness="still", ever_alive=False)
    return replace(state, liveness="moving" if state.ever_alive else "unknown")


def _anchor(points: NDArray[np.float64], at_ns: int) -> _Anchor:
    with_ones = np.column_stack((points, np.ones(len(points))))
    solve = np.linalg.solve(with_ones.T @ with_ones + 1e-6 * np.eye(3), with_ones.T)
    return _Anchor(at_ns=at_ns, points=with_ones, solve=np.asarray(solve, np.float64))


def _unexplained_px(anchor: _Anchor, points: NDArray[np.float64]) -> float:
    """Root mean square distance of the points from the anchor's after the affine map that fits best."""
    left = points - anchor.points @ (anchor.solve @ points)
    return float(np.sqrt((left * left).sum() / len(points)))
