"""Disturbs training faces the way webcams, lighting, codecs and loose crops do."""

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.training.faces import FACE_SIDE_PX

_CENTRE_PX = (FACE_SIDE_PX - 1) / 2
_EYES_PX = np.array([[15.2, 18.8], [32.9, 18.8]])
"""Where FER2013's faces have their eyes, as measured for `agent.perception.expression`."""


def augment(faces: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A disturbed copy of (n, 48, 48) grey faces: spectacled, moved, mirrored, blurred, compressed, relit, covered."""
    return np.stack([_disturbed(face, rng) for face in faces])


def _disturbed(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    return _cover(_relight(_degrade(_move(_spectacle(face, rng), rng), rng), rng), rng)


def _spectacle(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Now and then a pair of glasses, clear or dark, before the eyes."""
    if rng.random() >= 0.08:
        return face
    worn = face.copy()
    size = (int(rng.integers(5, 8)), int(rng.integers(4, 7)))
    rim, glass = int(rng.integers(10, 110)), int(rng.integers(0, 90))
    centres = [tuple(int(round(place)) for place in eye) for eye in _EYES_PX + rng.normal(0, 0.7, 2)]
    dark = rng.random() < 0.3
    for centre in centres:
        if dark:
            cv2.ellipse(worn, centre, size, 0, 0, 360, glass, cv2.FILLED)
        cv2.ellipse(worn, centre, size, 0, 0, 360, rim, 1, cv2.LINE_AA)
    (left, height), (right, _) = centres
    cv2.line(worn, (left + size[0], height), (right - size[0], height), rim, 1, cv2.LINE_AA)
    return worn


def _move(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    angle = np.deg2rad(rng.normal(0, 8))
    scale = np.exp(rng.normal(0, 0.08))
    stretch = np.exp(rng.normal(0, 0.04))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    linear = scale * np.array([[np.cos(angle) * stretch, -np.sin(angle)], [np.sin(angle), np.cos(angle) / stretch]])
    linear[:, 0] *= mirror
    shift = rng.uniform(-4, 4, size=2) + _CENTRE_PX - linear @ np.array([_CENTRE_PX, _CENTRE_PX])
    matrix = np.vstack([np.column_stack([linear, shift]), [0, 0, 1]])
    # A slight turn of the head: one side nearer to the camera, hence larger.
    turn = np.array([[1, 0, 0], [0, 1, 0], [*rng.normal(0, (0.002, 0.0012)), 1]])
    turn[2, 2] -= turn[2, :2].sum() * _CENTRE_PX
    moved = cv2.warpPerspective(
        face, turn @ matrix, face.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, dtype=np.uint8)


def _degrade(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.15:
        side = int(rng.integers(26, FACE_SIDE_PX))
        small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
        face = np.asarray(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 85))
        _, coded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
        face = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return face


def _relight(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.2:
        return face
    lit = face.astype(np.float32) / 255
    lit = lit ** np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.3:
        ramp = np.linspace(-1, 1, FACE_SIDE_PX, dtype=np.float32) * rng.uniform(-0.25, 0.25)
        lit = lit * (1 + (ramp[None, :] if rng.random() < 0.7 else ramp[:, None]))
    lit = lit * rng.uniform(0.8, 1.2) + rng.uniform(-0.1, 0.1)
    if rng.random() < 0.3:
        lit = lit + rng.normal(0, rng.uniform(0.01, 0.03), size=lit.shape)
    return np.asarray(np.clip(lit * 255, 0, 255), dtype=np.uint8)


def _cover(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.3:
        height, width = rng.integers(6, 18, size=2)
        top, left = rng.integers(0, FACE_SIDE_PX - height), rng.integers(0, FACE_SIDE_PX - width)
        face = face.copy()
        face[top : top + height, left : left + width] = rng.integers(0, 256)
    return face
