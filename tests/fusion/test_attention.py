"""Attention is relative to where this customer's head usually points, and holds through glances."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import NS_PER_MS
from agent.core.types import Attention, HeadPose
from agent.fusion.attention import SETTLED_MS, AttentionState, step


def pose(yaw_deg: float = 0, pitch_deg: float = 0) -> HeadPose:
    return HeadPose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=0)


def watched(
    parts: Iterable[tuple[float, HeadPose | None]], *, hz: float = 15, noise_deg: float = 1.0
) -> tuple[AttentionState, list[tuple[float, Attention]]]:
    """So many seconds of each pose; the state at the end, and what was said at each time in seconds."""
    rng = np.random.default_rng(0)
    state, said, at_ms = AttentionState(), [], 1_000.0
    for seconds, head in parts:
        until_ms = at_ms + seconds * 1_000
        while at_ms < until_ms:
            seen = head and pose(head.yaw_deg + rng.normal(0, noise_deg), head.pitch_deg + rng.normal(0, noise_deg))
            state = step(state, seen, round(at_ms * NS_PER_MS))
            said.append((at_ms / 1_000, state.attention))
            at_ms += 1_000 / hz
    return state, said


@pytest.mark.parametrize("hz", [5, 15, 30])
def test_looking_away_and_back(hz: float) -> None:
    """A turn of the head counts after a moment, at any rate, and so does coming back."""
    _, said = watched([(5, pose()), (3, pose(yaw_deg=45)), (3, pose())], hz=hz)
    away = [at_s for at_s, attention in said if attention is Attention.AWAY]
    assert 6 + SETTLED_MS / 1e3 <= away[0] <= 6.8
    assert 9 + SETTLED_MS / 1e3 - 2 / hz <= away[-1] <= 9.8


def test_a_glance_is_not_looking_away() -> None:
    """A fifth of a second to the side changes nothing."""
    _, said = watched([(4, pose()), (0.2, pose(yaw_deg=50)), (4, pose()), (0.2, pose(pitch_deg=-45)), (2, pose())])
    assert {attention for _, attention in said} == {Attention.SCREEN}


def test_the_limits_have_hysteresis() -> None:
    """A head that wavers about the limit is one thing or the other, and does not flicker."""
    parts = [(4.0, pose())] + [(0.4, pose(yaw_deg=30 + 3 * (-1) ** number)) for number in range(20)]
    _, said = watched(parts, noise_deg=0.5)
    changes = sum(before is not after for (_, before), (_, after) in zip(said, said[1:], strict=False))
    assert changes <= 1


@pytest.mark.parametrize("yaw", [20, -20])
def test_a_camera_beside_the_screen_is_learned(yaw: float) -> None:
    """Somebody whose screen is 20 degrees from the camera looks away when turned from the screen, on either side."""
    state, said = watched([(6, pose(yaw)), (2, pose(yaw * 1.9)), (2, pose(yaw)), (2, pose(-yaw * 0.9))])
    assert state.usual_yaw_deg == pytest.approx(yaw, abs=2)
    by_second = {int(at_s): attention for at_s, attention in said}
    assert by_second[6] is Attention.SCREEN
    assert by_second[8] is Attention.SCREEN, "18 degrees beyond the screen is still within reach of the eyes"
    assert by_second[12] is Attention.AWAY, "38 degrees from the screen, though only 18 from the camera"


def test_the_screen_is_not_believed_to_be_behind_the_customer() -> None:
    """Somebody who begins the call talking to a neighbour is away, and is not taken for one whose screen is there."""
    state, said = watched([(8, pose(yaw_deg=65)), (4, pose())])
    assert all(attention is Attention.AWAY for at_s, attention in said if at_s < 9)
    assert said[-1][1] is Attention.SCREEN
    assert abs(state.usual_yaw_deg) < 2


def test_the_usual_pose_follows_slowly() -> None:
    """Leaning over for a minute moves what is usual by some degrees, a look away not at all."""
    still, _ = watched([(5, pose()), (60, pose(yaw_deg=15))])
    assert 4 < still.usual_yaw_deg < 12
    away, _ = watched([(5, pose()), (60, pose(yaw_deg=50))])
    assert abs(away.usual_yaw_deg) < 1


def test_no_face_and_closed_eyes_are_unknown() -> None:
    """Nothing is claimed of a head that is not seen, nor of one whose eyes are closed for long."""
    state, said = watched([(5, pose()), (2, None)])
    assert said[-1][1] is Attention.UNKNOWN
    now_ns = 8_100 * NS_PER_MS
    assert step(state, pose(), now_ns, eyes_closed_ms=300).attention is Attention.SCREEN
    assert step(state, pose(), now_ns, eyes_closed_ms=1_500).attention is Attention.UNKNOWN


def test_shares_and_rates_are_over_watched_time() -> None:
    """A third of the time away, four times a minute; unknown at first, and unmoved by time without a face."""
    state, _ = watched([(10, pose())])
    assert state.away_share is None and state.look_aways_per_min is None
    state, _ = watched([(10, pose()), (5, pose(yaw_deg=50))] * 12)
    assert state.away_share == pytest.approx(1 / 3, abs=0.08)
    assert state.look_aways_per_min == pytest.approx(4, abs=1)
    unwatched, _ = watched([(10, pose()), (5, pose(yaw_deg=50))] * 12 + [(30, None)])
    assert unwatched.away_share == pytest.approx(state.away_share)


@given(
    st.lists(
        st.tuples(st.integers(-100, 3000), st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.floats(-90, 90)))),
        max_size=60,
    )
)
def test_any_poses_at_any_times(readings: list[tuple[int, tuple[float, float] | None]]) -> None:
    """Whatever comes, the usual pose stays within its bounds and shares between 0 and 1."""
    state, at_ms = AttentionState(), 1_000
    for gap_ms, angles in readings:
        at_ms = max(1, at_ms + gap_ms)
        state = step(state, pose(*angles) if angles else None, at_ms * NS_PER_MS)
        assert abs(state.usual_yaw_deg) <= 22 and abs(state.usual_pitch_deg) <= 16
        assert state.away_share is None or 0 <= state.away_share <= 1
        assert (state.attention is Attention.UNKNOWN) == (angles is None)
