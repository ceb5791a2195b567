"""What the gesture model knows of a hand: its shape wherever, however large and from whichever side it is seen."""

import numpy as np
from numpy.typing import NDArray

FEATURES = 128
_WRIST = 0
_INDEX_KNUCKLE, _LITTLE_KNUCKLE = 5, 17
_KNUCKLES = (5, 9, 13, 17)
_THUMB_BASE, _THUMB_TIP = 2, 4
_TIPS = (4, 8, 12, 16, 20)
_ONE_TIP, _OTHER_TIP = np.triu_indices(len(_TIPS), 1)
_JOINTS = np.array([[0, 1, 2, 3, 4], [0, 5, 6, 7, 8], [0, 9, 10, 11, 12], [0, 13, 14, 15, 16], [0, 17, 18, 19, 20]])
"""From the wrist to each fingertip."""
_SMALLEST_PALM_PX = 1e-3


def gesture_features(points: NDArray[np.floating], left: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, 128) for hands (n, 21, 2 or 3): the same wherever a hand is, however large, and for the mirrored other hand.

    x to the right, y down and z away from the camera, all in one scale; two columns stand for a hand of unknown depth,
    which is taken as flat. `left` (n,) says which are left hands.

    In the picture's plane (59): the landmarks with the palm upright, in palm lengths from the wrist (40); where palm
    and thumb point (4), which tells thumbs up from thumbs down; distances between fingertips (10) and from the wrist to
    each (5). In space (69): each landmark's depth (20); where the palm faces (3); how far each finger is bent at its
    joints (15) and how far its bones stand off the palm (15); those fifteen distances again; how much of the palm's
    length the picture shows (1).
    """
    placed = points - points[:, _WRIST : _WRIST + 1]
    if placed.shape[2] == 2:
        placed = np.concatenate([placed, np.zeros_like(placed[..., :1])], axis=2)
    placed[..., 0] *= np.where(left, -1, 1)[:, None]
    flat_length, length = (_lengths(placed[:, _KNUCKLES, :axes]).mean(axis=1) for axes in (2, 3))
    flat = placed[..., :2] / np.maximum(flat_length, _SMALLEST_PALM_PX)[:, None, None]
    solid = placed / np.maximum(length, _SMALLEST_PALM_PX)[:, None, None]
    shown = flat_length / np.maximum(length, _SMALLEST_PALM_PX)
    parts = [*_in_the_plane(flat), *_in_space(solid), shown[:, None]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _in_the_plane(hands: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    up = _unit(hands[:, _KNUCKLES, :].mean(axis=1))
    right = np.stack([-up[:, 1], up[:, 0]], axis=1)
    across = (hands * right[:, None]).sum(axis=2)
    along = -(hands * up[:, None]).sum(axis=2)
    upright = np.stack([across, along], axis=2)[:, 1:].reshape(len(hands), -1)
    thumb = hands[:, _THUMB_TIP] - hands[:, _THUMB_BASE]
    return [upright, up, thumb, *_reaches(hands)]


def _in_space(hands: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    facing = _unit(_cross(hands[:, _INDEX_KNUCKLE], hands[:, _LITTLE_KNUCKLE]))
    bones = _unit(np.diff(hands[:, _JOINTS], axis=2))
    straight = (bones[:, :, 1:] * bones[:, :, :-1]).sum(axis=3).reshape(len(hands), -1)
    off_palm = (bones[:, :, 1:] * facing[:, None, None]).sum(axis=3).reshape(len(hands), -1)
    return [hands[:, 1:, 2], facing, straight, off_palm, *_reaches(hands)]


def _reaches(hands: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """Distances between fingertips, and from the wrist to each."""
    tips = hands[:, _TIPS, :]
    return [_lengths(tips[:, _ONE_TIP] - tips[:, _OTHER_TIP]), _lengths(tips)]


def _lengths(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(np.sqrt((vectors * vectors).sum(axis=-1)))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(vectors / np.maximum(_lengths(vectors), 1e-6)[..., None])


def _cross(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.floating]:
    x, y, z = one.T
    u, v, w = other.T
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=1)
