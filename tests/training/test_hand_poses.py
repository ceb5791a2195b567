"""Hands are seen from elsewhere without changing, and those that are made up show no sign."""

import numpy as np

from agent.core.types import GESTURES
from agent.training.hand_poses import SignlessPoses, flattened, turned
from agent.training.hands import NONE, Hands
from tests.training.test_hands import some_hands


def test_turning_keeps_lengths() -> None:
    """A hand that is turned in depth and in the picture is as large as before, up to the shaking of its landmarks."""
    before = some_hands(50)
    after = turned(before, np.random.default_rng(1), tilt_rad=0.5, spin_rad=0.5)
    spans = [np.linalg.norm(one.points[:, 9] - one.points[:, 0], axis=1) for one in (before, after)]
    np.testing.assert_allclose(spans[1], spans[0], rtol=0.15, atol=2)
    assert before.left is not None and after.left is not None
    assert 0 < (before.left != after.left).mean() < 0.2, "some sides are wrong on purpose"


def test_flat_hands_stay_flat() -> None:
    """Hands without depth are tilted as a picture on paper is, and get no depth from it."""
    flat = flattened(some_hands(40), np.random.default_rng(0), 1.0)
    tilted = turned(flat, np.random.default_rng(1), tilt_rad=0.5, spin_rad=0.0)
    assert not tilted.points[..., 2].any()
    assert tilted.points[..., :2].any()


def test_some_hands_lose_their_depth() -> None:
    """The share that is asked for, and nothing else of them."""
    hands = some_hands(400)
    some = flattened(hands, np.random.default_rng(0), 0.3)
    lost = ~some.points[..., 2].any(axis=1)
    assert 0.2 < lost.mean() < 0.4
    np.testing.assert_array_equal(some.points[..., :2], hands.points[..., :2])


def signs() -> Hands:
    """An open hand and a fist, each as a right and a left one, with the palm where it is in both."""
    fingers = np.array([[-30, -20], [-20, -80], [0, -85], [18, -80], [35, -70]], float)
    open_hand, fist = np.zeros((21, 3)), np.zeros((21, 3))
    for finger, knuckle in enumerate(fingers):
        for joint in range(4):
            open_hand[1 + 4 * finger + joint, :2] = knuckle * (1 + 0.3 * joint)
            fist[1 + 4 * finger + joint] = (*knuckle * (1 - 0.1 * joint), -10.0 * joint)
    points = np.stack([open_hand, fist, open_hand * (-1, 1, 1), fist * (-1, 1, 1)]).astype(np.float32) + 200
    sign = np.array([GESTURES.index(name) for name in ("open_palm", "fist")] * 2)
    return Hands(points=points, left=np.array([False, False, True, True]), sign=sign, source=np.arange(4))


def test_signless_poses_lie_between_open_and_closed() -> None:
    """Every made-up hand keeps the palm of a real one; its fingers are bent, stretched or half-way, and it is none."""
    made = SignlessPoses(signs()).make(np.random.default_rng(0), 300)
    assert (made.sign == NONE).all() and made.points.shape == (300, 21, 3)
    assert made.left is not None and 0.3 < made.left.mean() < 0.7
    reach = np.linalg.norm(made.points[:, 4::4] - made.points[:, :1], axis=2)
    longest, shortest = (np.linalg.norm(row[4::4] - row[0], axis=1) for row in signs().points[:2])
    assert (reach <= longest * 1.01).all() and (reach >= shortest * 0.97).all()
    stretched = (reach > 0.95 * longest).sum(axis=1)
    assert (stretched < 5).all(), "a hand with all fingers stretched is an open palm"
    knuckles = made.points[:, [5, 9, 13, 17]] - made.points[:, :1]
    assert np.allclose(np.abs(knuckles), np.abs(signs().points[0, [5, 9, 13, 17]] - signs().points[0, 0]), atol=1e-3)
