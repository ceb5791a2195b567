"""How closely two pipelines agree on where the landmarks of the same frames lie."""

from itertools import permutations

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.frame_passes import Pass

_RIGHT_EYE, _LEFT_EYE = 33, 263
"""Outer corners, the ends of what is called the interocular distance here."""
_WRIST, _MIDDLE_KNUCKLE = 0, 9
SAME_HAND = 0.5
"""Two hands are the same one when their landmarks lie within this many palm lengths of each other on average."""


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """Between the landmarks of two pipelines, over all landmarks of all frames in which both found the thing."""

    matched: int
    """Faces or hands that both found."""
    median_percent: float
    p95_percent: float
    unit: str
    """What the percentages are of."""


def face_distance(ours: Pass, theirs: Pass) -> Distance | None:
    """Over the 468 points of the mesh; None when no frame has both meshes."""
    both = ours.has_face & theirs.has_face
    reference = theirs.faces_px[both]
    eyes_px = np.linalg.norm(reference[:, _RIGHT_EYE] - reference[:, _LEFT_EYE], axis=1)
    apart_px = np.linalg.norm(ours.faces_px[both] - reference, axis=2)
    return _distance(apart_px, eyes_px, "distance between the outer corners of the eyes")


def hand_distance(ours: Pass, theirs: Pass) -> Distance | None:
    """Over the 21 points of hands that both found and that lie on each other; None when there is no such hand."""
    apart, palms = [], []
    for mine, reference in zip(ours.hands_px, theirs.hands_px, strict=True):
        for hand, other in _pairs(_found(mine), _found(reference)):
            apart_px = np.linalg.norm(hand - other, axis=1)
            palm_px = np.linalg.norm(other[_MIDDLE_KNUCKLE] - other[_WRIST])
            if apart_px.mean() < SAME_HAND * palm_px:
                apart.append(apart_px)
                palms.append(palm_px)
    return _distance(np.array(apart), np.array(palms), "length of the palm, wrist to middle knuckle")


def _found(hands_px: NDArray[np.float32]) -> NDArray[np.float32]:
    return hands_px[np.isfinite(hands_px[:, 0, 0])]


def _pairs(
    mine: NDArray[np.float32], others: NDArray[np.float32]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The pairing of two frames' hands, each used once, that lies closest altogether."""
    fewer, more = (mine, others) if len(mine) <= len(others) else (others, mine)
    best = min(
        permutations(range(len(more)), len(fewer)),
        key=lambda order: sum(float(np.abs(fewer[i] - more[j]).mean()) for i, j in enumerate(order)),
    )
    pairs = [(fewer[i], more[j]) for i, j in enumerate(best)]
    return pairs if fewer is mine else [(one, other) for other, one in pairs]


def _distance(apart_px: NDArray[np.float32], unit_px: NDArray[np.float32], unit: str) -> Distance | None:
    if not len(apart_px):
        return None
    median, p95 = np.percentile(100 * apart_px / unit_px[:, None], [50, 95])
    return Distance(
        matched=len(apart_px), median_percent=round(float(median), 2), p95_percent=round(float(p95), 2), unit=unit
    )
