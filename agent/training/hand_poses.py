"""Hands that were never filmed: real ones seen from elsewhere, and poses between and beside the signs."""

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.training.hands import NONE, Hands

JITTER = 0.015
"""Deviation of landmarks in palm lengths."""
WRONG_SIDE = 0.05
"""Share of hands that are shown as the other hand, as the side is sometimes read wrongly."""

HALF_OPEN = 0.4
"""Share of made-up hands with all fingers half bent; the others show fingers that no sign shows together."""
_SIGNLESS = np.array(
    [
        *((0, 1, 1, 1, 0), (1, 1, 1, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1), (1, 1, 0, 0, 1)),
        *((0, 1, 0, 0, 1), (0, 0, 1, 1, 0), (0, 0, 0, 1, 1), (1, 1, 1, 1, 0)),
    ],
    np.float64,
)
"""Thumb, index, middle, ring and little finger: 1 stretched, 0 bent."""
_STRETCHED, _BENT = GESTURES.index("open_palm"), GESTURES.index("fist")
_PALMS = [GESTURES.index(name) for name in ("open_palm", "victory", "pointing", "fist")]
"""Signs whose palms face the camera or turn away from it upright, as they do between signs."""
_KNUCKLE_OF = np.repeat([1, 5, 9, 13, 17], 4)
"""Where each finger's four landmarks begin: the thumb's at its base."""


def turned(hands: Hands, rng: np.random.Generator, *, tilt_rad: float, spin_rad: float) -> Hands:
    """The hands seen from elsewhere: tilted in depth, spun in the picture, landmarks shaken, sides now and then wrong.
    Hands without depth tilt like a flat picture, and stay flat."""
    count = len(hands)
    placed = hands.points - hands.points[:, :1]
    flat = ~placed[..., 2].any(axis=1)
    placed = np.einsum("nij,npj->npi", _tilts(rng.normal(0, tilt_rad, (count, 2))), placed)
    angle = rng.normal(0, spin_rad, count)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = placed[..., 0], placed[..., 1]
    points = np.stack([cosine * x - sine * y, sine * x + cosine * y, placed[..., 2]], axis=2)
    palm = np.linalg.norm(points[:, 9, :2], axis=1)[:, None, None]
    points = points + rng.normal(0, JITTER, points.shape) * palm
    points[flat, :, 2] = 0
    known = hands.left if hands.left is not None else rng.random(count) < 0.5
    left = known ^ (rng.random(count) < WRONG_SIDE)
    return Hands(points=points.astype(np.float32), left=left, sign=hands.sign, source=hands.source)


def flattened(hands: Hands, rng: np.random.Generator, share: float) -> Hands:
    """The hands, a share of which has lost its depth, so that both kinds are learnt."""
    points = hands.points.copy()
    points[rng.random(len(hands)) < share, :, 2] = 0
    return Hands(points=points, left=hands.left, sign=hands.sign, source=hands.source)


class SignlessPoses:
    """Makes hands that show no sign from real ones: the palm of one, fingers of others, or half-way between them."""

    def __init__(self, hands: Hands) -> None:
        """`hands` know their side and depth, and stretched and bent ones are among them."""
        assert hands.left is not None
        self._left, self._source = hands.left, hands.source
        placed = _right_handed(hands.points.astype(np.float64) - hands.points[:, :1], hands.left)
        self._axes, self._length = _palm_axes(placed)
        self._local = np.einsum("nij,npj->npi", self._axes, placed) / self._length[:, None, None]
        self._palms = np.flatnonzero(np.isin(hands.sign, _PALMS))
        self._stretched = np.flatnonzero(hands.sign == _STRETCHED)
        self._bent = np.flatnonzero(hands.sign == _BENT)

    def make(self, rng: np.random.Generator, count: int) -> Hands:
        """`count` hands, each on the palm of a real one, in its place and as it was turned."""
        palm, stretched, bent = (rng.choice(rows, count) for rows in (self._palms, self._stretched, self._bent))
        share = np.repeat(_stretching(rng, count), 4, axis=1)[:, :, None]
        finger = slice(1, None)
        local = self._local[palm].copy()
        tips = [self._local[rows][:, finger] - self._local[rows][:, _KNUCKLE_OF] for rows in (stretched, bent)]
        local[:, finger] = local[:, _KNUCKLE_OF] + share * tips[0] + (1 - share) * tips[1]
        points = np.einsum("nji,npj->npi", self._axes[palm], local) * self._length[palm][:, None, None]
        points = _right_handed(points, self._left[palm])
        return Hands(
            points=points.astype(np.float32),
            left=self._left[palm],
            sign=np.full(count, NONE, dtype=np.int64),
            source=self._source[palm],
        )


def _stretching(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(n, 5) how far each finger is stretched, from 0 to 1, thumb first."""
    share = _SIGNLESS[rng.integers(0, len(_SIGNLESS), count)]
    half = rng.random(count) < HALF_OPEN
    middling = rng.uniform(0.35, 0.65, (count, 1)) + rng.normal(0, 0.08, (count, 5))
    share[half] = np.clip(middling[half], 0.2, 0.8)
    return share


def _right_handed(placed: NDArray[np.float64], left: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Left hands mirrored into right ones, or back again."""
    return placed * np.where(left, np.array([[-1.0], [1.0], [1.0]]), 1.0).T[:, None, :]


def _palm_axes(placed: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3, 3) rows across the palm, along it and out of it, for hands about their wrists; and (n,) palm lengths."""
    along = placed[:, 9]
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
    along = along / length[:, None]
    out = np.cross(placed[:, 5], placed[:, 17])
    out -= (out * along).sum(axis=1, keepdims=True) * along
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    return np.stack([np.cross(along, out), along, out], axis=1), length


def _tilts(angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3, 3) rotations about the upright and the level axis."""
    (cos_y, cos_x), (sin_y, sin_x) = np.cos(angle_rad).T, np.sin(angle_rad).T
    zero, one = np.zeros(len(angle_rad)), np.ones(len(angle_rad))
    upright = np.array([[cos_y, zero, sin_y], [zero, one, zero], [-sin_y, zero, cos_y]])
    level = np.array([[one, zero, zero], [zero, cos_x, -sin_x], [zero, sin_x, cos_x]])
    return np.asarray(np.moveaxis(upright, 2, 0) @ np.moveaxis(level, 2, 0))
